"""Settings of the process tier, from the environment (`TIMEPOST_PROCESS_…`)."""

from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from process_apis.processes.master_data.threshold import ThresholdSettings
from process_apis.processes.watching.settings import WatchSettings
from process_apis.timing import Timing
from shared import configuration
from shared.configuration import StoppableTierSettings
from shared.identity import IdentitySettings
from shared.web import WebSettings

PREFIX = "TIMEPOST_PROCESS_"

S = TypeVar("S", bound=BaseSettings)


class ProcessIdentity(IdentitySettings):
    """This tier reads and posts through the system tier, so its client is not optional."""

    audience: str = "timepost-process"
    client_id: str = "timepost-process"
    client_secret: SecretStr = Field(min_length=1, description="For calling the system tier.")


class DatabaseSettings(BaseSettings):
    """Where the sub-ledger is: all that a migration needs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr = Field(description="postgresql://user:password@host/database")


class ProcessSettings(DatabaseSettings, StoppableTierSettings):
    """One object for the API and the workers: they run from one image."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    system_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the system tier, without /v1."
    )
    identity: ProcessIdentity
    web: WebSettings = WebSettings(max_body_bytes_by_prefix={"/v1/events": 16 * 1024 * 1024})
    pool_size: int = Field(
        default=8,
        ge=2,
        le=100,
        description="Database connections of a process; under load twice.",
    )
    worker_concurrency: int = Field(
        default=8, ge=1, le=64, description="Stages that one worker works on at a time."
    )
    worker_gap_seconds: float = Field(
        default=0.25,
        ge=0,
        le=10,
        description="Least time from one beginning of a busy stage to its next: what comes"
        " meanwhile is done together. A stage that has rested begins at once.",
    )
    sweep_every_seconds: int = Field(
        default=300, ge=5, description="How often each tracker is swept for what no webhook told."
    )
    compare_every_seconds: int = Field(
        default=3600,
        ge=60,
        description="How often each tracker that can list its entries is compared with what is"
        " held, by worker and week: that is what finds deletions that nobody told.",
    )
    sweep_days: int = Field(
        default=62,
        ge=7,
        description="Window of work dates in which approvals and entries are compared.",
    )
    masters_every_seconds: int = Field(
        default=900,
        ge=5,
        description="How often the masters of each ERP, HCM, CRM and directory are read.",
    )
    masters_whole_every_seconds: int = Field(
        default=86400,
        ge=60,
        description="How often all of them are read where a system can tell what changed: only"
        " that finds what vanished without a word.",
    )
    masters_keep_diffs_days: int = Field(
        default=90,
        ge=1,
        description="How long the lines of a run's diff are kept; those that a person has let"
        " through stay.",
    )
    masters_threshold: ThresholdSettings = ThresholdSettings()
    approvals_file: Path | None = Field(
        default=None,
        description="TOML file of approvals that Timepost gives itself (see"
        " [approvals](approvals.md)); without it, the trackers give all of them.",
    )
    ownership_file: Path | None = Field(
        default=None,
        description="TOML file of who owns which attribute of masters (see [masters](masters.md));"
        " without it, each has its usual owner.",
    )
    group_roles_fresh_seconds: int = Field(
        default=3600,
        ge=60,
        description="How old the latest reading of a directory may be whose groups give roles;"
        " an older one gives none (see [identity](identity.md)).",
    )
    push_masters: dict[str, str] = Field(
        default_factory=dict,
        description="Trackers that are given an ERP's clients, projects and tasks, and which ERP's:"
        ' JSON, such as `{"clockify-us": "tryton-us01"}` (see [masters](masters.md)).',
    )
    timing: Timing = Timing()
    watch: WatchSettings = WatchSettings()


def read_settings(kind: type[S]) -> S:
    """Settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    return configuration.read_settings(kind, "the process tier")
