"""The app's clock, for routes."""

from typing import Annotated

from process_apis.provided import provided
from shared.values import Clock

TheClock = Annotated[Clock, provided("clock")]
