"""Names of accounts that are brought in line with their owner, on the stand-in."""

from datetime import timedelta

from deploy.sandboxes.salesforce.tests.fixtures import Org
from shared.http_client import Request, Response
from system_apis.capabilities.repairing import Repairer
from system_apis.capabilities.repairs import RepairMade, RepairStatus, RepairToMake
from system_apis.connectors.salesforce.tests.conftest import Open, port_answering


def repair(number: str, seen: str | None, wanted: str) -> RepairToMake:
    return RepairToMake(
        reference=f"r-{number}",
        kind="client",
        external_id=number,
        attribute="name",
        seen=seen,
        wanted=wanted,
    )


async def repaired(port: Repairer, org: Org, *items: RepairToMake) -> list[RepairMade]:
    return list(await port.repair(items, org.clock.now() + timedelta(seconds=30)))


def writes(org: Org) -> int:
    return sum(each.startswith("PATCH") for each in org.store.requests)


async def test_a_name_is_written_once_also_when_the_session_has_ended(
    org: Org, open_port: Open
) -> None:
    port, account = open_port(), org.store.add("Account", Name="Alder Bank")
    await port.check()
    org.store.faults.expired |= org.store.sessions
    item = repair(account.id, "Alder Bank", "Alder Bank plc")

    first = await repaired(port, org, item)
    second = await repaired(port, org, item)

    assert account.values["Name"] == "Alder Bank plc"
    assert [(each.status, each.written) for each in first + second] == [
        (RepairStatus.DONE, True),
        (RepairStatus.DONE, False),
    ]
    assert writes(org) == 1


async def test_what_was_changed_meanwhile_or_deleted_stays(org: Org, open_port: Open) -> None:
    changed = org.store.add("Account", Name="Alder & Oak")
    gone = org.store.add("Account", Name="Birch AG")
    org.store.delete(gone)

    made = await repaired(
        open_port(),
        org,
        repair(changed.id, "Alder Bank", "Alder Bank plc"),
        repair(gone.id, "Birch AG", "Birch SE"),
        repair("x' OR Name != '", "Birch AG", "Birch SE"),
    )

    assert [each.status for each in made] == [RepairStatus.CHANGED] * 3
    assert (changed.values["Name"], writes(org)) == ("Alder & Oak", 0)


async def test_the_reserve_of_calls_is_left_to_others(org: Org, open_port: Open) -> None:
    account = org.store.add("Account", Name="Alder Bank")
    port = open_port()
    await port.check()
    org.store.calls = org.store.most_calls
    item = repair(account.id, "Alder Bank", "Alder Bank plc")

    (made,) = await repaired(port, org, item)

    assert (made.status, writes(org)) == (RepairStatus.RETRY, 0)


async def test_a_rule_of_the_org_and_a_locked_record_are_told_apart(org: Org) -> None:
    def answering(status: int, code: str) -> Repairer:
        def answer(request: Request) -> Response:
            if request.method == "GET":
                rows = [{"Id": "001Hd0000000001AAA", "Name": "Alder Bank"}]
                return Response(200, json={"totalSize": 1, "done": True, "records": rows})
            return Response(status, json=[{"message": "secret", "errorCode": code}])

        return port_answering(answer, org.clock)

    item = repair("001Hd0000000001AAA", "Alder Bank", "Alder Bank plc")
    rule = answering(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")

    (refused,) = await repaired(rule, org, item)
    (locked,) = await repaired(answering(400, "UNABLE_TO_LOCK_ROW"), org, item)

    assert refused.status is RepairStatus.REFUSED
    assert refused.message is not None
    assert refused.message.endswith("FIELD_CUSTOM_VALIDATION_EXCEPTION.")
    assert locked.status is RepairStatus.RETRY
