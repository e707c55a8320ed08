"""The ownership file: what it says, and what is refused at start."""

from pathlib import Path

import pytest

from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES
from process_apis.processes.master_data.ownership.configuration import read_ownership
from process_apis.processes.master_data.ownership.rules import Rule
from shared.problems import ConfigurationError

WHOLE = """
[worker.hire_date]
owners = ["hcm"]
[[worker.hire_date.legal_entities]]
codes = ["HRC-DE", "HRC-CH"]
owners = ["erp"]

[client.name]
owners = ["connection:tryton-main", "crm"]
survivorship = "most_recent"
"""


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ownership.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_its_usual_owner() -> None:
    ownership = read_ownership(None)
    assert ownership.rule(ATTRIBUTES["worker", "hire_date"], "HRC-DE") == Rule(("hcm",))
    assert ownership.rule(ATTRIBUTES["client", "name"]) == Rule(("erp",))
    assert ownership.rule(ATTRIBUTES["access", "groups"]) == Rule(("directory",))


def test_a_legal_entity_may_have_a_rule_of_its_own(tmp_path: Path) -> None:
    ownership = read_ownership(_written(tmp_path, WHOLE))
    hired = ATTRIBUTES["worker", "hire_date"]
    assert ownership.rule(hired, "HRC-CH") == Rule(("erp",))
    assert ownership.rule(hired, "HRC-US") == ownership.rule(hired) == Rule(("hcm",))
    assert ownership.rule(ATTRIBUTES["worker", "name"]) == Rule(("hcm",)), "as usual"
    names = ownership.rule(ATTRIBUTES["client", "name"])
    assert names == Rule(("connection:tryton-main", "crm"), "most_recent")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[worker.shoes]\nowners = ['hcm']", "worker.shoes", "no attribute that Timepost keeps"),
        ("[worker.name]\nowners = ['crm']", "worker.name.owners[0]", "erp and hcm and directory"),
        ("[worker.name]\nowners = ['hmc']", "worker.name.owners[0]", "match pattern"),
        ("[worker.name]\nowners = []", "worker.name.owners", "names nobody"),
        ("[worker.name]\nowners = ['hcm', 'hcm']", "worker.name.owners", "twice"),
        ("[worker.name]\nowners = ['hcm']\nowner = 'hcm'", "worker.name.owner", "not permitted"),
        (
            "[worker.name]\nowners = ['hcm']\nsurvivorship = 'loudest'",
            "worker.name.survivorship",
            "most_recent",
        ),
        (WHOLE.replace('["HRC-DE", "HRC-CH"]', "[]"), "legal_entities[0].codes", "at least 1"),
        (WHOLE.replace('owners = ["erp"]', 'owners = ["crm"]'), "legal_entities[0]", "only erp"),
        (
            WHOLE + "[[client.name.legal_entities]]\ncodes = ['X']\nowners = ['crm']",
            "client.name.legal_entities",
            "no one legal entity",
        ),
        (
            WHOLE + "[[worker.hire_date.legal_entities]]\ncodes = ['HRC-CH']\nowners = ['hcm']",
            "worker.hire_date.legal_entities[1].codes",
            "two rules",
        ),
        ("[supplier.name]\nowners = ['erp']", "supplier", "not permitted"),
        (
            "[[repairs]]\nconnection = 'sales-us'\nattributes = ['worker.legal_entity']",
            "repairs[0].attributes[0]",
            "client.name, worker.cost_centre",
        ),
        (
            "[[roles]]\ngroup = 'g1'\nrole = 'consultant'\ngrants = true",
            "roles[0].connection",
            "not any directory may",
        ),
        ("[[repairs]]\nconnection = 'a'\n[[repairs]]\nconnection = 'a'", "repairs[1]", "twice"),
    ],
)
def test_a_wrong_key_is_named_with_the_file_and_the_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(ConfigurationError) as raised:
        read_ownership(path)
    assert str(path) in raised.value.detail
    (fault,) = raised.value.errors
    assert key in fault.field
    assert reason in fault.message


def test_a_file_that_cannot_be_read_is_named_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.toml cannot be read") as raised:
        read_ownership(tmp_path / "missing.toml")
    assert "TIMEPOST_PROCESS_OWNERSHIP_FILE" in raised.value.action
    with pytest.raises(ConfigurationError, match="is not valid TOML"):
        read_ownership(_written(tmp_path, "[worker"))
