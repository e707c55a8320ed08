"""HubSpot's words, as its API writes them. Unknown fields are ignored."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: Any) -> Any:
    """Ids are numbers in some answers and texts in others."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str | None, BeforeValidator(_none_if_blank)]
Id = Annotated[str, BeforeValidator(_text), Field(pattern=r"^\d{1,20}$")]


class _Theirs(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Record(_Theirs):
    """A company or a deal: its properties are texts, whatever they mean."""

    id: Id
    properties: dict[str, Text]
    updated_at: AwareDatetime | None = Field(default=None, alias="updatedAt")


class ArchivedRecord(_Theirs):
    """Archived ones are no longer in lists and searches."""

    id: Id
    archived_at: AwareDatetime | None = Field(default=None, alias="archivedAt")


class _Next(_Theirs):
    after: str


class _Paging(_Theirs):
    next: _Next | None = None


class Page(_Theirs):
    """Rows are made sense of one by one."""

    results: list[Any]
    paging: _Paging = _Paging()

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging.next else None


class SearchResult(_Theirs):
    """``total`` is of all hits, not of this page."""

    total: int
    results: list[Any]


class Owner(_Theirs):
    id: Id
    email: Text = None
    first_name: Text = Field(default=None, alias="firstName")
    last_name: Text = Field(default=None, alias="lastName")


class StageMetadata(_Theirs):
    is_closed: Text = Field(default=None, alias="isClosed")
    probability: Text = None


class Stage(_Theirs):
    id: str
    label: str
    metadata: StageMetadata = StageMetadata()


class Pipeline(_Theirs):
    id: str
    stages: list[Stage] = []


class PipelineList(_Theirs):
    results: list[Pipeline]


class AssociationType(_Theirs):
    type_id: int = Field(alias="typeId")


class AssociatedCompany(_Theirs):
    company_id: Id = Field(alias="toObjectId")
    types: list[AssociationType] = Field(default=[], alias="associationTypes")


class _From(_Theirs):
    id: Id


class Association(_Theirs):
    """The companies of one deal."""

    deal: _From = Field(alias="from")
    companies: list[AssociatedCompany] = Field(alias="to")


class AssociationList(_Theirs):
    """Deals without a company stand in ``errors`` of a 207, which needs no reading: they are not
    in the results."""

    results: list[Association]


class Notice(_Theirs):
    """One event of a delivery."""

    subscription_type: str = Field(alias="subscriptionType")
    object_id: Id = Field(alias="objectId")
    object_type_id: Text = Field(default=None, alias="objectTypeId")
    occurred_at: int | None = Field(default=None, alias="occurredAt")


class Error(_Theirs):
    category: Text = None
    policy: Text = Field(default=None, alias="policyName")
