"""Every problem says on the wire what it is, who acts next and what to do."""

from collections.abc import Iterator

import pytest

from shared.problems import FieldError, TimepostProblem, TooManyRequests, ValidationFailed


def all_kinds(root: type[TimepostProblem] = TimepostProblem) -> Iterator[type[TimepostProblem]]:
    for kind in root.__subclasses__():
        if kind.__module__ == TimepostProblem.__module__:
            yield kind
            yield from all_kinds(kind)


@pytest.mark.parametrize("kind", sorted(set(all_kinds()), key=str))
def test_a_document_names_code_next_actor_and_action(kind: type[TimepostProblem]) -> None:
    document = kind("Something specific happened.").document("request-1")

    assert document.type == f"urn:timepost:problem:{document.code}"
    assert document.detail == "Something specific happened."
    assert document.instance == "request-1"
    assert 400 <= document.status <= 599
    assert document.action.endswith(".")
    assert document.kind in {"retryable", "needs_correction", "needs_operator", "outcome_unknown"}


def test_codes_are_told_apart_and_fields_and_waits_are_carried() -> None:
    codes = [kind.default_code for kind in set(all_kinds()) if kind.__subclasses__() == []]
    assert len(codes) == len(set(codes))

    fault = FieldError(field="body.minutes", message="is negative")
    assert ValidationFailed("Wrong.", errors=[fault]).document().errors == [fault]
    assert TooManyRequests("Slow down.", retry_after=7).headers["Retry-After"] == "7"
