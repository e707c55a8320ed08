"""The ownership file that the page shows is one that is read, and its table is what holds."""

import tomllib
from pathlib import Path
from typing import get_args

from process_apis.processes.exceptions.schemas import OwnerRole
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES
from process_apis.processes.master_data.ownership.configuration import (
    ForLegalEntities,
    GroupRole,
    Role,
    RuleTable,
    read_ownership,
)
from tests.documentation.pages import examples, table_rows, text_of

PAGE = "docs/masters.md"


def test_the_ownership_file_of_the_page_is_valid_and_shows_every_key(tmp_path: Path) -> None:
    (example,) = examples(text_of(PAGE), "toml")
    path = tmp_path / "ownership.toml"
    path.write_text(example, encoding="utf-8")

    ownership = read_ownership(path)
    assert (len(ownership.tables), len(ownership.roles)) == (3, 1)
    document = tomllib.loads(example)
    keys = {*document["worker"]["termination_date"], *document["client"]["name"]}
    assert keys == set(RuleTable.model_fields)
    (special,) = document["worker"]["termination_date"]["legal_entities"]
    assert set(special) == set(ForLegalEntities.model_fields)
    assert set(document["roles"][0]) == set(GroupRole.model_fields)


def test_groups_stand_for_the_roles_that_there_are() -> None:
    assert set(get_args(Role)) == {each.value for each in OwnerRole}


def test_the_page_names_every_attribute_its_keepers_and_its_usual_owner() -> None:
    told = {}
    for row in table_rows(text_of(PAGE), "Who owns what"):
        subject, _, names = row[0].partition(": ")
        for name in names.replace("`", "").split(", ") if names else ():
            told[subject, name] = (row[1].split(" (")[0].casefold(), row[2].casefold())
    assert set(told) == set(ATTRIBUTES)
    for key, (keepers, owner) in told.items():
        assert owner == ATTRIBUTES[key].owner
        assert keepers.startswith(ATTRIBUTES[key].systems[0])
