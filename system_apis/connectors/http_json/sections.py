"""The sections of the options: each compiles its expressions and tries them when it is read.

A mapping of answers can only be tried over an answer. So each section that reads answers asks
for an example of one, as the ERP gives it; a typo then shows at the start and not at month-end.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import from_json

from system_apis.capabilities.erp.schemas import (
    AccountingPeriod,
    Client,
    Domain,
    ErrorClass,
    LegalEntity,
    PostedLine,
    Project,
    Task,
    Worker,
)
from system_apis.connectors.http_json.expressions import Expression
from system_apis.connectors.http_json.mapping import (
    SAMPLE,
    SAMPLE_LOOKUP,
    Unreadable,
    body_of,
    elements,
    empty_fields,
    mapping_faults,
    names_in,
    needed_fields,
    record_of,
)

MODELS: dict[Domain, type[BaseModel]] = {
    "legal-entities": LegalEntity,
    "workers": Worker,
    "clients": Client,
    "projects": Project,
    "tasks": Task,
    "periods": AccountingPeriod,
}

Method = Literal["POST", "PUT", "PATCH"]
HttpStatus = Annotated[int, Field(ge=100, le=599)]
Path = Annotated[str, Field(pattern=r"^/[^\s?#]*$")]
Fields = dict[str, Expression]


def refuse(faults: Sequence[str]) -> None:
    """
    :raises ValueError: there are faults; its text is all of them.
    """
    if faults:
        raise ValueError("; ".join(faults))


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        # A ValueError and no TypeError: pydantic turns only those into faults.
        raise ValueError("must be an answer of the ERP, as JSON in a text")  # noqa: TRY004
    try:
        return from_json(value)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


Example = Annotated[Any, BeforeValidator(_parsed)]


class Section(BaseModel):
    """Base of the sections."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Paging(Section):
    """How a list goes on. Without it, one call gives the whole list."""

    style: Literal["page", "offset", "cursor"] = Field(
        description="What the parameter counts: page, offset, or cursor.", examples=["page"]
    )
    parameter: str = Field(
        description="Name of the query parameter that says where to go on.", examples=["page"]
    )
    first: int = Field(default=1, ge=0, description="Number of the first page, for `page`.")
    size_parameter: str | None = Field(default=None, description="Query parameter for the size.")
    size: int = Field(default=200, ge=1, le=500, description="Elements to ask for at once.")
    following: Expression | None = Field(
        default=None, description="Where an answer tells the next cursor, for `cursor`."
    )

    @model_validator(mode="after")
    def _can_go_on(self) -> Self:
        refuse(["following is missing"] if self.style == "cursor" and not self.following else [])
        return self


_LINE_EXAMPLE = '{"id": 17, "person": "E1", "project": "P1", "date": "2026-11-16", "hours": 1.5}'


class PostingSettings(Section):
    """How one line is posted, and what the answer to it tells."""

    method: Method = "POST"
    path: Path = Field(examples=["/hours"])
    fields: Fields = Field(
        min_length=1,
        description="Names in the ERP's document, and where their values stand in a posting.",
        examples=[{"reference": "posting_key", "person": "worker_id", "hours": "hours(minutes)"}],
    )
    accepted: Expression | None = Field(
        default=None, description="Has to be true of a 2xx answer, where 200 may be a failure."
    )
    answer: Fields = Field(
        description="Fields of the line in the answer; `external_id` at least. What is left out "
        "counts as it was sent.",
        examples=[{"external_id": "id"}],
    )
    example: Example = Field(
        description="An answer of the ERP to a posting that it took.", examples=['{"id": 17}']
    )

    @model_validator(mode="after")
    def _works(self) -> Self:
        faults = empty_fields("fields", self.fields, SAMPLE, list(self.fields), "a sample posting")
        faults += _answer_faults(self.answer, self.example, self.accepted)
        faults += _path_faults(self.path, SAMPLE)
        refuse(faults)
        body_of(self.fields, SAMPLE)
        return self


class BatchSettings(Section):
    """How several lines are posted in one call."""

    method: Method = "POST"
    path: Path = Field(examples=["/hours/batch"])
    size: int = Field(default=50, ge=1, le=200, description="Lines per call.")
    body: Expression | None = Field(
        default=None, description="The document around the list of lines; else the list itself."
    )
    outcomes: Expression = Field(
        description="Where the answer tells what became of each line.", examples=["results"]
    )
    reference: Expression | None = Field(
        default=None, description="Our key in an outcome; else outcomes are in the lines' order."
    )
    status: Expression | None = Field(
        default=None,
        description="An HTTP status in an outcome, for the rules; else an outcome counts as 200.",
    )
    accepted: Expression | None = Field(
        default=None, description="Has to be true of an outcome that was taken."
    )
    answer: Fields | None = Field(
        default=None, description="Fields of the line in an outcome; else as for single posts."
    )
    recognises_keys: bool = Field(
        default=False, description="The ERP knows a line again by the key in it."
    )
    atomic: bool = Field(default=False, description="One bad line refuses the whole call.")
    example: Example = Field(
        description="An answer to a batch with a line that was taken, which comes first.",
        examples=['{"results": [{"id": 17}]}'],
    )

    @model_validator(mode="after")
    def _works(self) -> Self:
        try:
            first, *_ = elements(self.outcomes, self.example)
        except (Unreadable, ValueError):
            refuse([f"outcomes = {self.outcomes.text!r} yields no outcome over the example"])
        if self.body is not None and self.body([{}]) is None:
            refuse([f"body = {self.body.text!r} yields nothing over a list of lines"])
        named = {"reference": self.reference, "status": self.status}
        given = {name: each for name, each in named.items() if each is not None}
        faults = empty_fields("batch", given, first, list(given), "the example's first outcome")
        if self.answer is not None or self.accepted is not None:
            faults += _answer_faults(self.answer, first, self.accepted)
        refuse(faults)
        return self


class RuleSettings(Section):
    """One row of the catalogue of refusals; the first that matches decides."""

    status: list[HttpStatus] = Field(default_factory=list, description="Empty for any.")
    when: Expression | None = Field(default=None, description="Has to be true of the body.")
    error_class: ErrorClass = Field(alias="class")
    outcome: Literal["rejected", "retry", "in_doubt", "already_posted"] | None = Field(
        default=None, description="Instead of what follows from the class."
    )

    @model_validator(mode="after")
    def _speaks_of_something(self) -> Self:
        refuse([] if self.status or self.when else ["a rule needs status, or when, or both"])
        return self


class RefusalSettings(Section):
    """What the ERP's answers mean where they are no success."""

    code: Expression | None = Field(default=None, description="Where the error's code stands.")
    message: Expression | None = Field(default=None, description="Where its words stand.")
    rules: list[RuleSettings] = Field(default_factory=list)


class LookupSettings(Section):
    """How a line is found again by our key."""

    path: Path = Field(examples=["/hours/by-reference/{posting_key}"])
    query: Fields = Field(
        default_factory=dict,
        description="Query parameters, from posting_key, worker_id, work_date.",
    )
    items: Expression | None = Field(default=None, description="Where the list of lines stands.")
    fields: Fields = Field(
        description="Fields of a line, `posting_key` among them.",
        examples=[
            {
                "external_id": "id",
                "posting_key": "reference",
                "legal_entity_id": "'DE'",
                "worker_id": "person",
                "work_date": "date",
                "minutes": "minutes(hours)",
            }
        ],
    )
    exact: bool = Field(
        default=True,
        description="The query finds lines with the key and no others. If false, it only narrows "
        "the search, and lines with other keys are passed over.",
    )
    missing_statuses: list[HttpStatus] = Field(
        default_factory=list, description="Statuses that mean: there is no such line."
    )
    paging: Paging | None = None
    example: Example = Field(
        description="An answer with at least one line.",
        examples=["[" + _LINE_EXAMPLE.replace("{", '{"reference": "' + "0f" * 32 + '", ') + "]"],
    )

    @model_validator(mode="after")
    def _works(self) -> Self:
        asked = empty_fields("query", self.query, SAMPLE_LOOKUP, list(self.query), "a sample key")
        refuse(asked + _path_faults(self.path, SAMPLE_LOOKUP))
        key = SAMPLE["posting_key"]
        sent = [query(SAMPLE_LOOKUP) for query in self.query.values()]
        if self.exact and key not in str(sent) and "posting_key" not in names_in(self.path):
            refuse(["neither path nor query holds posting_key: then exact must be false"])
        _refuse_records(PostedLine, self.items, self.fields, self.example, {"posting_key"})
        return self


class ReadingSettings(Section):
    """How a line is read by the ERP's own id."""

    path: Path = Field(description="Holds {external_id}.", examples=["/hours/{external_id}"])
    item: Expression | None = Field(default=None, description="Where the line stands.")
    fields: Fields = Field(
        description="Fields of a line.",
        examples=[
            {
                "external_id": "id",
                "legal_entity_id": "'DE'",
                "worker_id": "person",
                "work_date": "date",
                "minutes": "minutes(hours)",
            }
        ],
    )
    missing_statuses: list[HttpStatus] = Field(
        default=[404, 410], description="Statuses that mean: there is no such line."
    )
    example: Example = Field(description="An answer with a line.", examples=[_LINE_EXAMPLE])

    @model_validator(mode="after")
    def _works(self) -> Self:
        refuse(_path_faults(self.path, {"external_id": "1"}))
        if "external_id" not in names_in(self.path):
            refuse(["path holds no {external_id}"])
        line = self.item(self.example) if self.item else self.example
        _refuse_records(PostedLine, None, self.fields, [line], set())
        return self


class DeletingSettings(Section):
    """How a line that no invoice holds is removed."""

    method: Literal["DELETE", "POST", "PUT", "PATCH"] = "DELETE"
    path: Path = Field(
        description="Holds {target_line}, or `fields` do.", examples=["/hours/{target_line}"]
    )
    fields: Fields = Field(
        default_factory=dict, description="The document of the call; without any there is none."
    )
    accepted: Expression | None = Field(
        default=None, description="Has to be true of a 2xx answer, where 200 may be a failure."
    )
    gone_statuses: list[HttpStatus] = Field(
        default=[404, 410], description="Statuses that mean: it is not there any more."
    )

    @model_validator(mode="after")
    def _works(self) -> Self:
        refuse(_target_faults(self.path, self.fields))
        return self


class UpdatingSettings(Section):
    """How a line that no invoice holds is rewritten, where the ERP itself keeps its history."""

    method: Literal["PUT", "PATCH", "POST"] = "PUT"
    path: Path = Field(
        description="Holds {target_line}, or `fields` do.", examples=["/hours/{target_line}"]
    )
    fields: Fields = Field(
        default_factory=dict, description="The document of the call; else as for a new line."
    )
    accepted: Expression | None = Field(
        default=None, description="Has to be true of a 2xx answer, where 200 may be a failure."
    )

    @model_validator(mode="after")
    def _works(self) -> Self:
        refuse(_target_faults(self.path, self.fields))
        return self


class MasterSettings(Section):
    """One list of the ERP."""

    path: Path = Field(examples=["/employees"])
    query: dict[str, str] = Field(default_factory=dict, description="Fixed query parameters.")
    items: Expression | None = Field(default=None, description="Where the list stands.")
    fields: Fields
    paging: Paging | None = None
    changed_since: str | None = Field(
        default=None, description="Query parameter for an instant; else always the whole list."
    )
    example: Example = Field(description="An answer with at least one element.")

    def faults(self, domain: Domain) -> list[str]:
        """What is wrong with it as this list, in words."""
        place = f"masters.{domain}"
        try:
            _refuse_records(MODELS[domain], self.items, self.fields, self.example, set())
        except ValueError as error:
            return [f"{place}: {error}"]
        return []


def _answer_faults(answer: Fields | None, example: Any, accepted: Expression | None) -> list[str]:
    faults: list[str] = []
    if answer is not None:
        faults += mapping_faults("answer", answer, PostedLine.model_fields, {"external_id"})
        faults += empty_fields("answer", answer, example, list(answer), "the example")
    if accepted is not None and not accepted(example):
        faults.append(f"accepted = {accepted.text!r} is not true of the example")
    return faults


def _path_faults(path: str, known: dict[str, Any]) -> list[str]:
    unknown = [name for name in names_in(path) if name not in known]
    return [f"path holds {{{name}}}, which is not known here" for name in unknown]


def _target_faults(path: str, fields: Fields) -> list[str]:
    faults = empty_fields("fields", fields, SAMPLE, list(fields), "a sample posting")
    faults += _path_faults(path, SAMPLE)
    named = [each.text for each in fields.values()]
    if "target_line" not in names_in(path) and not any("target_line" in each for each in named):
        faults.append("neither path nor fields hold target_line")
    return faults


def _refuse_records(
    model: type[BaseModel],
    items: Expression | None,
    fields: Fields,
    example: Any,
    besides: set[str],
) -> None:
    needed = needed_fields(model, besides)
    refuse(mapping_faults("fields", fields, model.model_fields, needed))
    try:
        found = elements(items, example)
    except Unreadable as error:
        raise ValueError(f"items yields nothing over the example: {error}") from None
    if not found:
        raise ValueError("the example holds no element to try the fields over")
    refuse(empty_fields("fields", fields, found[0], needed, "the example"))
    try:
        record_of(model, fields, found[0])
    except Unreadable as error:
        raise ValueError(f"fields do not fit the example: {error}") from None
