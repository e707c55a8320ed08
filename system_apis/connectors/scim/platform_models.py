"""SCIM's words (RFC 7643, RFC 7644). Unknown attributes are ignored."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


# An attribute without a value may be left out, null or, from many services, an empty string.
Text = Annotated[str | None, BeforeValidator(_none_if_blank)]


class _Theirs(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Meta(_Theirs):
    last_modified: AwareDatetime | None = Field(default=None, alias="lastModified")


class FullName(_Theirs):
    formatted: Text = None
    given_name: Text = Field(default=None, alias="givenName")
    family_name: Text = Field(default=None, alias="familyName")


class Email(_Theirs):
    value: Text = None
    type: Text = None
    primary: bool = False


class Manager(_Theirs):
    value: Text = None


class Enterprise(_Theirs):
    employee_number: Text = Field(default=None, alias="employeeNumber")
    cost_center: Text = Field(default=None, alias="costCenter")
    organization: Text = None
    division: Text = None
    department: Text = None
    manager: Manager | None = None


class User(_Theirs):
    """``active`` may be left out, and means true then (RFC 7643 leaves it open)."""

    id: str
    user_name: str = Field(alias="userName")
    name: FullName | None = None
    display_name: Text = Field(default=None, alias="displayName")
    title: Text = None
    user_type: Text = Field(default=None, alias="userType")
    active: bool = True
    emails: list[Email] = []
    meta: Meta = Meta()
    enterprise: Enterprise = Field(default=Enterprise(), alias=ENTERPRISE)


class Member(_Theirs):
    """``type`` is User or Group; services that leave it out tell by the address."""

    value: str
    type: Text = None
    ref: Text = Field(default=None, alias="$ref")


class Group(_Theirs):
    """A group that has nobody in it has no attribute `members`."""

    id: str
    display_name: str = Field(alias="displayName")
    members: list[Member] | None = None
    meta: Meta = Meta()


class ListResponse(_Theirs):
    """A page; without hits there may be no `Resources`."""

    total_results: int = Field(alias="totalResults", ge=0)
    resources: list[Any] = Field(default=[], alias="Resources")


class Error(_Theirs):
    scim_type: Text = Field(default=None, alias="scimType")
