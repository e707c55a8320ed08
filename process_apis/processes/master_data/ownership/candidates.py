"""Which records of ERPs may differ from other systems': a little more than do, found all at once.

What really differs is said by `claims` and `rules`, which look at these few.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

AT_ONCE = 5000

_TODAY = (
    ":today BETWEEN coalesce(place.valid_from, '-infinity')"
    " AND coalesce(place.valid_to, 'infinity')"
)

# One join for each key and not one with OR, which would hold everybody against everybody.
_EMPLOYEES = "\n UNION ALL \n".join(
    f"""
    SELECT anchor.id, anchor.owner_connection, anchor.legal_entity_external_id,
           employee.owner_connection AS hcm, employee.owner_external_id AS employee,
           anchor.email_key,
           employee.name <> anchor.name OR (employee.email_key, employee.hire_date,
               employee.termination_date) IS DISTINCT FROM (anchor.email_key, anchor.hire_date,
               anchor.termination_date) AS differs
    FROM worker AS anchor JOIN employee ON employee.{key} = anchor.{key}
    WHERE anchor.vanished_at IS NULL AND employee.vanished_at IS NULL
    """  # noqa: S608 - our own SQL
    for key in ("number_key", "email_key")
)

_WORKERS = f"""
    WITH pair AS ({_EMPLOYEES}), placed AS (
        SELECT pair.id, pair.email_key, company.code, company.name, place.legal_entity,
               coalesce(centre.code, place.cost_centre_code) AS cost_centre
        FROM pair
        JOIN assignment AS place ON place.owner_connection = pair.hcm
          AND place.worker_external_id = pair.employee
        LEFT JOIN cost_centre AS centre ON centre.owner_connection = place.owner_connection
          AND centre.owner_external_id = place.cost_centre_external_id
        LEFT JOIN legal_entity AS company ON company.owner_connection = pair.owner_connection
          AND company.owner_external_id = pair.legal_entity_external_id
        WHERE place.vanished_at IS NULL AND {_TODAY}
    )
    SELECT id FROM pair WHERE differs
    UNION SELECT id FROM placed
        WHERE lower(legal_entity) NOT IN (lower(code), lower(name))
    UNION SELECT placed.id FROM placed
        JOIN directory_user AS login ON login.email_key = placed.email_key
        WHERE lower(login.cost_centre) <> lower(placed.cost_centre) AND login.vanished_at IS NULL
    UNION SELECT anchor.id FROM worker AS anchor
        JOIN directory_user AS login ON login.email_key = anchor.email_key
        WHERE login.name NOT IN (anchor.name, login.user_name) AND login.vanished_at IS NULL
"""  # noqa: S608 - our own SQL

_CLIENTS = """
    SELECT anchor.id FROM client AS anchor JOIN account ON account.code = anchor.code
    WHERE account.name <> anchor.name AND account.vanished_at IS NULL
"""


def _page(kind: str, differing: str) -> str:
    return f"""
        WITH candidate AS MATERIALIZED (
            {differing}
            UNION SELECT subject_id FROM attribute_pin
                WHERE kind = '{kind}' AND released_at IS NULL
            UNION SELECT subject_id FROM settled_value WHERE kind = '{kind}'
        )
        SELECT anchor.id, owner_connection, owner_external_id
        FROM candidate JOIN {kind} AS anchor USING (id)
        WHERE vanished_at IS NULL
          AND (owner_connection, owner_external_id) >= (:connection, :external_id)
          AND (:from_there OR (owner_connection, owner_external_id) <> (:connection, :external_id))
        ORDER BY owner_connection, owner_external_id LIMIT {AT_ONCE}
    """  # noqa: S608 - our own SQL


_PAGES = {
    "client": text(_page("client", _CLIENTS)),
    "worker": text(_page("worker", _WORKERS)),
}
KINDS = tuple(_PAGES)


async def candidates(
    transaction: AsyncConnection,
    kind: str,
    place: tuple[str, str],
    today: date,
    *,
    from_there: bool,
) -> Sequence[Row[Any]]:
    """The next records that may differ, by connection and id of the ERP.

    :param place: connection and id from where on.
    :param from_there: whether the one at that place is wanted, too.
    """
    asked: dict[str, Any] = {"connection": place[0], "external_id": place[1]}
    asked["from_there"] = from_there
    if kind == "worker":
        asked["today"] = today
    return (await transaction.execute(_PAGES[kind], asked)).all()
