"""One trace from the tracker's webhook to the ERP's line."""

from opentelemetry import trace

from process_apis.tests import firm
from process_apis.tests.conftest import Tier

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_one_trace_leads_from_the_hint_to_the_erp(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    parent = f"00-{TRACE}-00f067aa0ba902b7-01"

    await tier.hint("a1", kind="approval", traceparent=parent)
    await tier.settle()

    posted = tier.system.traceparents["/erp/v1/tryton-main/postings"]
    read = tier.system.traceparents["/time-tracking/v1/clockify-main/approvals/lookup"]
    assert posted.split("-")[1] == TRACE
    assert read.split("-")[1] == TRACE
    steps = [step for step in await tier.lineage() if step["what"] in ("created", "posted")]
    assert [step["trace_id"] for step in steps] == [TRACE, TRACE]
    assert not trace.get_current_span().get_span_context().is_valid
