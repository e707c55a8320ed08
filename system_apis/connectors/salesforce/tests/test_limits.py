"""The org's daily calls: Timepost leaves a share to others, and waits when they are gone."""

from datetime import timedelta

import pytest

from deploy.sandboxes.salesforce.tests.fixtures import Org
from shared.problems import TooManyRequests, UpstreamUnavailable
from system_apis.connectors.salesforce.tests.conftest import Open


async def test_an_org_without_calls_is_left_alone(org: Org, open_port: Open) -> None:
    org.store.calls = org.store.most_calls

    with pytest.raises(TooManyRequests, match="within a day") as caught:
        await open_port().accounts(None, 10, None)

    assert caught.value.retry_after == 3600


async def test_too_many_long_requests_are_another_thing(org: Org, open_port: Open) -> None:
    org.store.faults.concurrent = 1
    port = open_port()

    with pytest.raises(TooManyRequests, match="at the same time") as caught:
        await port.accounts(None, 10, None)

    assert caught.value.retry_after == 30
    assert len((await port.accounts(None, 10, None)).items) == 2


async def test_the_last_calls_are_left_to_others(org: Org, open_port: Open) -> None:
    org.store.most_calls = 1000
    org.store.calls = 899
    port = open_port(reserve_percent=10)
    await port.accounts(None, 10, None)  # the 900th: from here on the reserve begins
    await port.accounts(None, 10, None)
    used = org.store.calls

    with pytest.raises(TooManyRequests) as caught:
        await port.accounts(None, 10, None)

    assert caught.value.code == "salesforce_calls_reserved"
    assert caught.value.retry_after == 3600
    assert org.store.calls == used, "nothing was asked"


async def test_after_an_hour_it_asks_again(org: Org, open_port: Open) -> None:
    """The limit is over the last 24 hours: calls come back all the time."""
    org.store.most_calls = org.store.calls = 1000
    port = open_port()
    with pytest.raises(TooManyRequests):
        await port.accounts(None, 10, None)
    org.store.calls = 100
    org.clock.advance(timedelta(minutes=59))
    with pytest.raises(TooManyRequests):
        await port.accounts(None, 10, None)

    org.clock.advance(timedelta(minutes=2))

    assert len((await port.accounts(None, 10, None)).items) == 2


async def test_maintenance_passes(org: Org, open_port: Open) -> None:
    org.store.faults.unavailable = 3

    with pytest.raises(UpstreamUnavailable):
        await open_port().accounts(None, 10, None)
