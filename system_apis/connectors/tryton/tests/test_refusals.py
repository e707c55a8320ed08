"""Every refusal that Tryton was made to utter, and what we call it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system_apis.capabilities.erp.schemas import ErrorClass
from system_apis.connectors.tryton.mapping import one_line
from system_apis.connectors.tryton.refusals import explain, read_refusal
from system_apis.connectors.tryton.tests import recorded_answers

MEANING = {
    "duplicate_uuid": (ErrorClass.DUPLICATE, False),
    "uuid_readonly": (ErrorClass.UNAVAILABLE, True),
    "uuid_immutable": (ErrorClass.REJECTED, False),
    "unknown_employee": (ErrorClass.WORKER_MISSING, False),
    "missing_employee": (ErrorClass.WORKER_MISSING, False),
    "before_hire": (ErrorClass.REFERENCE_INACTIVE, False),
    "after_leave": (ErrorClass.REFERENCE_INACTIVE, False),
    "unknown_work": (ErrorClass.REFERENCE_INACTIVE, False),
    "closed_project": (ErrorClass.PROJECT_CLOSED, False),
    "negative": (ErrorClass.REJECTED, False),
    "newline": (ErrorClass.REJECTED, False),
    "stale": (ErrorClass.STALE_VERSION, True),
    "unknown_company": (ErrorClass.AUTH, True),
    "others_lines": (ErrorClass.AUTH, True),
    "not_allowed_model": (ErrorClass.AUTH, True),
    "missing_read": (ErrorClass.REFERENCE_INACTIVE, False),
    "invoiced_write": (ErrorClass.INVOICED_LOCKED, False),
    "invoiced_delete": (ErrorClass.INVOICED_LOCKED, False),
    "bogus_field": (ErrorClass.UNKNOWN, False),
    "bad_type": (ErrorClass.UNKNOWN, False),
    "no_model": (ErrorClass.UNKNOWN, False),
}
# Modelled on trytond's messages: these modules are not part of the demo ERP.
UNRECORDED = [
    (["LoginException", ["password", "Password for timepost", "password"]], ErrorClass.AUTH),
    (["UserWarning", ["a_name", "Are you sure?", ""]], ErrorClass.REJECTED),
    (["UserError", ['The period "2026-03" is closed.', "", None]], ErrorClass.PERIOD_CLOSED),
    ([], ErrorClass.UNKNOWN),
    ("nonsense", ErrorClass.UNKNOWN),
]


def test_every_recorded_refusal_has_a_meaning() -> None:
    assert recorded_answers.refusals().keys() == MEANING.keys()


@pytest.mark.parametrize("name", MEANING)
def test_recorded_refusals(name: str) -> None:
    error = explain(read_refusal(recorded_answers.refusals()[name]))
    assert (error.error_class, error.retriable) == MEANING[name]


@pytest.mark.parametrize(("error", "meaning"), UNRECORDED)
def test_refusals_of_other_installations(error: object, meaning: ErrorClass) -> None:
    assert explain(read_refusal(error)).error_class is meaning


@pytest.mark.parametrize("name", ["before_hire", "closed_project", "newline", "bad_type"])
def test_what_tryton_quotes_is_left_out(name: str) -> None:
    refusal = read_refusal(recorded_answers.refusals()[name])
    error = explain(refusal, ["abc"])
    for secret in ("Lindqvist", "Warehouse", "secret", "narrative", "abc"):
        assert secret not in error.vendor_message
        assert secret not in str(refusal)
        assert secret not in repr(refusal)


def test_names_of_fields_and_models_are_kept() -> None:
    error = explain(read_refusal(recorded_answers.refusals()["before_hire"]))
    assert error.vendor_message == (
        'The value "…" for field "Employee" in record "…" of "Timesheet Line" is not valid '
        "according to its domain."
    )


@given(st.text(min_size=4))
def test_no_narrative_comes_through_a_message(narrative: str) -> None:
    """Not even one that imitates Tryton's own sentences; what is left may not hold it."""
    sent = one_line(narrative)
    quoted = f'The value "{sent}" for field "Reference" in record "(2)" is too long (5 > 4).'
    frame = quoted.replace(sent, "", 1)
    message = explain(read_refusal(["UserError", [quoted, "", None]]), [narrative, sent])
    assert not sent or sent in frame or sent not in message.vendor_message


def test_a_narrative_cannot_pass_for_trytons_words() -> None:
    narrative = "The UUID of timesheet line must be unique."
    text = f'The value "{narrative}" for field "Description" contains some invalid chars "x".'
    error = explain(read_refusal(["UserError", [text, "", None]]), [narrative])
    assert error.error_class is ErrorClass.REJECTED
    assert narrative not in error.vendor_message
