"""Salesforce's words, as its REST API writes them. Unknown fields are ignored."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Text = Annotated[str | None, BeforeValidator(_none_if_blank)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{15,18}$")]


class _Theirs(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Session(_Theirs):
    """It does not say for how long."""

    access_token: str = Field(min_length=1, repr=False)
    instance_url: str = Field(pattern=r"^https?://[^\s?#/]+$")


class LoginError(_Theirs):
    error: Text = None


class QueryResult(_Theirs):
    """Rows are made sense of one by one. What is left stands behind ``next_records_url``."""

    total_size: int = Field(alias="totalSize")
    done: bool
    records: list[Any]
    next_records_url: str | None = Field(
        default=None,
        alias="nextRecordsUrl",
        pattern=r"^/services/data/v\d{2,3}\.0/query/[A-Za-z0-9-]+$",
    )


class Error(_Theirs):
    """Answers that refuse hold a list of these."""

    code: Text = Field(default=None, alias="errorCode")
    message: str = ""


class User(_Theirs):
    name: Text = Field(default=None, alias="Name")
    email: Text = Field(default=None, alias="Email")


class _Record(_Theirs):
    """``custom`` has the fields that the settings name, as they came."""

    id: Id = Field(alias="Id")
    name: Text = Field(default=None, alias="Name")
    owner_id: Text = Field(default=None, alias="OwnerId")
    owner: User | None = Field(default=None, alias="Owner")
    currency: Text = Field(default=None, alias="CurrencyIsoCode")
    modified: AwareDatetime = Field(alias="SystemModstamp")
    deleted: bool = Field(default=False, alias="IsDeleted")


class Account(_Record):
    parent_id: Text = Field(default=None, alias="ParentId")


class Opportunity(_Record):
    account_id: Text = Field(default=None, alias="AccountId")
    stage: Text = Field(default=None, alias="StageName")
    is_closed: bool = Field(alias="IsClosed")
    is_won: bool = Field(alias="IsWon")
    amount: Decimal | None = Field(default=None, alias="Amount")
    close_date: date | None = Field(default=None, alias="CloseDate")
