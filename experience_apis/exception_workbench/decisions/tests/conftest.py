"""The fixtures are those of the whole tier."""

from experience_apis.tests.fixtures import (  # noqa: F401  pytest finds fixtures by name
    api,
    identity,
    process_tier,
    served_process_tier,
    settings,
    signed_in,
)
