"""People's e-mail addresses, by which ERPs know them; entries only carry names."""

from datetime import datetime, timedelta

from shared.values import Clock
from system_apis.connectors.redmine.client import Forbidden, NotThere, RedmineClient
from system_apis.connectors.redmine.platform_models import User


class People:
    """Reads each person once in a while."""

    def __init__(self, client: RedmineClient, clock: Clock, keep_for: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._keep_for = keep_for
        self._known: dict[int, tuple[datetime, User | None]] = {}

    async def find(self, number: int) -> User | None:
        """None if Redmine does not show the person: then their entries carry the name only."""
        now = self._clock.now()
        read_at, user = self._known.get(number, (None, None))
        if read_at is None or now - read_at >= self._keep_for:
            user = await self._read(number)
            self._known[number] = (now, user)
        return user

    async def _read(self, number: int) -> User | None:
        try:
            return await self._client.user(number)
        except (NotThere, Forbidden):
            return None
