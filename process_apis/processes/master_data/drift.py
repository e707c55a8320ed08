"""Where systems disagree: a copy that is not as its owner says.

Who owns what is fixed here, per attribute: of people the HCM, of clients the ERP. An owner that
says nothing of an attribute disagrees with nobody. Pairs are found by natural keys, all at once.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.schemas import DriftKind, DriftPage, DriftView

# By number, or where one of the two has none by address. Two joins and not one with OR, which would
# hold everybody against everybody.
_PEOPLE = """
    SELECT copy, owner FROM worker AS copy
    JOIN employee AS owner ON owner.number_key = copy.number_key
    UNION ALL
    SELECT copy, owner FROM worker AS copy
    JOIN employee AS owner ON owner.email_key = copy.email_key
    WHERE owner.number_key IS NULL OR copy.number_key IS NULL
"""
_OF_PEOPLE = """
    ('name', (owner).name, (copy).name),
    ('email', CASE WHEN (owner).email_key <> coalesce((copy).email_key, '')
                   THEN (owner).email END, (copy).email),
    ('hire_date', (owner).hire_date::text, (copy).hire_date::text),
    ('termination_date', (owner).termination_date::text, (copy).termination_date::text)
"""

_CLIENTS = """
    SELECT copy, owner FROM account AS copy JOIN client AS owner ON owner.code = copy.code
"""
_OF_CLIENTS = "('name', (owner).name, (copy).name)"


def _differing(kind: str, pairs: str, attributes: str) -> str:
    """Whoever could be several is left out."""
    return f"""
        SELECT '{kind}' AS kind, (copy).name, attribute, (owner).owner_connection,
               (owner).owner_external_id, owner_value, (copy).owner_connection AS copy_connection,
               (copy).owner_external_id AS copy_external_id, copy_value
        FROM (
            SELECT copy, owner, count(*) OVER (PARTITION BY (copy).id) AS owners,
                   count(*) OVER (PARTITION BY (owner).id, (copy).owner_connection) AS copies
            FROM ({pairs}) AS found
            WHERE (owner).vanished_at IS NULL AND (copy).vanished_at IS NULL AND EXISTS (
                SELECT FROM known_connection AS one JOIN known_connection AS other
                  ON one.legal_entities && other.legal_entities
                WHERE one.name = (owner).owner_connection AND other.name = (copy).owner_connection)
        ) AS pair
        CROSS JOIN LATERAL (VALUES {attributes}) AS its (attribute, owner_value, copy_value)
        WHERE owners = 1 AND copies = 1
    """  # noqa: S608 - our own SQL


_DRIFT = text(
    f"""
    SELECT drift.*, concat_ws(' ', kind, copy_connection, copy_external_id, attribute)
        COLLATE "C" AS place
    FROM ({_differing("worker", _PEOPLE, _OF_PEOPLE)}
          UNION ALL {_differing("client", _CLIENTS, _OF_CLIENTS)}) AS drift
    WHERE owner_value IS NOT NULL AND owner_value IS DISTINCT FROM copy_value
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:connection AS text) IS NULL OR copy_connection = :connection)
      AND concat_ws(' ', kind, copy_connection, copy_external_id, attribute)
          COLLATE "C" > coalesce(:after, '')
    ORDER BY place LIMIT :limit
    """  # noqa: S608 - our own SQL
)


async def drift(
    transaction: AsyncConnection,
    kind: DriftKind | None,
    connection: str | None,
    after: str | None,
    limit: int,
) -> DriftPage:
    """One page of what differs, by record and attribute.

    :param connection: whose copies.
    :param after: `next_after` of the page before.
    """
    asked = {"kind": kind, "connection": connection, "after": after, "limit": limit + 1}
    rows = (await transaction.execute(_DRIFT, asked)).mappings().all()
    page = rows[:limit]
    return DriftPage(
        drift=[DriftView.model_validate(dict(row)) for row in page],
        next_after=page[-1]["place"] if len(rows) > limit else None,
    )
