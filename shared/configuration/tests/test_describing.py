"""What an operator is told about settings."""

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.configuration import REQUIRED, Setting, described


class _Kitchen(BaseModel):
    spoons: int = Field(default=3, description="How many.")
    knives: tuple[str, ...] = ("bread",)


class _LargeKitchen(_Kitchen):
    spoons: int = 40


class _HouseSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="HOUSE_")

    lights: bool = True
    plan: Path = Path("/somewhere/plan.toml")
    owner: str | None = None
    key: SecretStr = Field(description="Of the front door.")
    kitchen: _LargeKitchen = _LargeKitchen(knives=("fish", "meat"))


def test_each_setting_has_its_variable_default_and_meaning() -> None:
    assert described(_HouseSettings) == [
        Setting("HOUSE_KEY", REQUIRED, "Of the front door."),
        Setting("HOUSE_LIGHTS", "true", ""),
        Setting("HOUSE_PLAN", "plan.toml", ""),
        Setting("HOUSE_OWNER", "", ""),
        Setting("HOUSE_KITCHEN__SPOONS", "40", "How many."),
        Setting("HOUSE_KITCHEN__KNIVES", '["fish", "meat"]', ""),
    ]
