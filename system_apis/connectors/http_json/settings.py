"""Options of one connection to an ERP with an HTTP and JSON interface of its own."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from system_apis.capabilities.erp.schemas import Domain, LegalEntity, ReversalMode
from system_apis.connectors.http_json.mapping import SAMPLE, body_of
from system_apis.connectors.http_json.sections import (
    BatchSettings,
    DeletingSettings,
    LookupSettings,
    MasterSettings,
    PostingSettings,
    ReadingSettings,
    RefusalSettings,
    UpdatingSettings,
    refuse,
)


class Authentication(BaseModel):
    """How calls prove who they come from."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    scheme: Literal["none", "bearer", "header", "basic"] = "none"
    token: SecretStr | None = Field(default=None, description="For `bearer`.")
    header: str = Field(
        default="X-Api-Key", pattern=r"^[A-Za-z0-9-]+$", description="Name, for `header`."
    )
    api_key: SecretStr | None = Field(default=None, description="For `header`.")
    user: str | None = Field(default=None, description="For `basic`.")
    password: SecretStr | None = Field(default=None, description="For `basic`.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        by_scheme: dict[str, dict[str, SecretStr | str | None]] = {
            "none": {},
            "bearer": {"token": self.token},
            "header": {"api_key": self.api_key},
            "basic": {"user": self.user, "password": self.password},
        }
        needed = by_scheme[self.scheme]
        refuse([f"{name} is missing" for name, value in needed.items() if not value])
        refuse(
            [
                f"{name} holds characters that no HTTP header may hold"
                for name, value in needed.items()
                if isinstance(value, SecretStr)
                and not (
                    value.get_secret_value().isascii() and value.get_secret_value().isprintable()
                )
            ]
        )
        return self

    @property
    def secrets(self) -> list[str]:
        """Values that must not be shown."""
        held = [self.token, self.api_key, self.password]
        return [each.get_secret_value() for each in held if each is not None]


class HttpJsonSettings(BaseModel):
    """Where the ERP is, how it is asked, and what its answers mean."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="Paths are added to it.",
        examples=["https://erp.example.com/api"],
    )
    timeout_seconds: float = Field(default=20.0, gt=0, le=300, description="Longest single call.")
    settle_seconds: int = Field(
        default=60, ge=0, le=86_400, description="How long a call nobody waits for may still act."
    )
    concurrency: int = Field(default=32, ge=1, le=100, description="Calls at a time.")
    requests_per_second: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="Calls that may start within a second; all workers share it, whichever "
        "process of the system tier they call.",
    )
    batches_at_a_time: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Requests of postings to us at a time, from all workers together; else as many "
        "as come.",
    )
    max_batch: int = Field(default=200, ge=1, le=200, description="Postings per request to us.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent with every call; nothing that is secret."
    )
    idempotency: Literal["native_replay", "marker_search", "none"] = Field(
        default="none",
        description="`native_replay`: a repeated key gets the first answer again; "
        "`marker_search`: our key stands in the line and is looked up before anything is sent; "
        "`none`: a person settles what is unknown.",
    )
    idempotency_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="Header that carries the posting key, whether it is honoured or not.",
    )
    negative_quantity: bool = Field(
        default=False,
        description="It takes negative hours: a posted line is taken back by one beside it.",
    )
    credits_invoices: bool = Field(
        default=False, description="People credit invoices in it; invoiced lines are free then."
    )
    authentication: Authentication = Authentication()
    posting: PostingSettings
    batch: BatchSettings | None = None
    refusals: RefusalSettings = RefusalSettings()
    lookup: LookupSettings | None = None
    reading: ReadingSettings | None = None
    deleting: DeletingSettings | None = None
    updating: UpdatingSettings | None = None
    legal_entities: list[LegalEntity] = Field(
        default_factory=list, description="Companies, where the ERP has no list of them."
    )
    masters: dict[Domain, MasterSettings] = Field(
        default_factory=dict,
        description="Lists of the ERP by name: legal-entities, workers, clients, projects, tasks, "
        "periods. What is left out counts as empty.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        key = SAMPLE["posting_key"]
        sent_in_body = key in str(body_of(self.posting.fields, SAMPLE))
        faults = []
        if self.idempotency == "native_replay":
            if self.batch is None and self.idempotency_header is None and not sent_in_body:
                faults.append("native_replay needs idempotency_header, or posting_key in a field")
            if self.batch is not None and not self.batch.recognises_keys:
                faults.append("native_replay with a batch needs batch.recognises_keys")
        if self.idempotency == "marker_search" and self.lookup is None:
            faults.append("marker_search needs a lookup")
        if self.lookup is not None and not sent_in_body and self.idempotency_header is None:
            faults.append("posting_key is sent nowhere, so that no look-up can find it")
        if self.legal_entities and "legal-entities" in self.masters:
            faults.append("legal_entities stand both in the options and in masters")
        for name, master in self.masters.items():
            faults += master.faults(name)
        refuse([*faults, *self._taking_back_faults(key)])
        return self

    def _taking_back_faults(self, key: str) -> list[str]:
        """What was done to a line that has to be found out by reading it."""
        faults = []
        for name, section in (("deleting", self.deleting), ("updating", self.updating)):
            if section is not None and self.reading is None:
                faults.append(f"{name} needs a reading, which tells what became of the line")
        if self.updating is not None and self.reading is not None:
            fields = self.updating.fields or self.posting.fields
            if "posting_key" in self.reading.fields and key not in str(body_of(fields, SAMPLE)):
                faults.append("updating has to write posting_key, since the reading shows it")
        return faults

    @property
    def reversal_modes(self) -> list[ReversalMode]:
        """How what was posted is taken back, as far as it is configured."""
        modes = {
            ReversalMode.NEGATIVE_LINE: self.negative_quantity,
            ReversalMode.DELETE_UNINVOICED: self.deleting is not None,
            ReversalMode.UPDATE_IN_PLACE: self.updating is not None,
            ReversalMode.CREDIT: self.credits_invoices,
        }
        return [mode for mode, can in modes.items() if can] or [ReversalMode.NONE]

    @property
    def postings_per_second(self) -> float | None:
        """What the rate means for postings; a look-up before them costs a call, too."""
        if self.requests_per_second is None:
            return None
        lines = self.batch.size if self.batch is not None else 1
        return self.requests_per_second * lines / (2 if self.looks_up_first else 1)

    @property
    def looks_up_first(self) -> bool:
        """Whether a posting is looked for before it is sent."""
        return self.lookup is not None and self.idempotency != "native_replay"
