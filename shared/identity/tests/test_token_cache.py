"""The cache of tokens stays within its bound."""

from datetime import timedelta

from pydantic import SecretStr

from shared.identity.tests.conftest import NOW
from shared.identity.token_cache import TokenCache
from shared.identity.token_endpoint import IssuedToken
from shared.values import FixedClock


async def test_the_oldest_token_makes_room(clock: FixedClock) -> None:
    cache = TokenCache(clock, capacity=2)
    fetched: list[str] = []

    async def obtain(name: str) -> str:
        async def fetch() -> IssuedToken:
            fetched.append(name)
            expiry = NOW + timedelta(minutes=5)
            return IssuedToken(value=SecretStr(name), issued_at=NOW, expires_at=expiry)

        return (await cache.get(name, fetch)).value.get_secret_value()

    for name in ("a", "b", "c", "c", "b", "a"):
        assert await obtain(name) == name

    assert fetched == ["a", "b", "c", "a"]
