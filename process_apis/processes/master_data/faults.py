"""Rows that make no sense, and are not taken over: per kind, as statements that mark them.

Each says why, in words for whoever mends the row in its own system.
"""

from process_apis.processes.master_data.tables import MasterKind

LISTED_TWICE = """
    UPDATE master_data_staged AS staged SET fault = 'is listed twice, with different values'
    WHERE run_id = :run AND kind = :kind AND external_id IN (
        SELECT external_id FROM master_data_staged WHERE run_id = :run AND kind = :kind
        GROUP BY external_id HAVING count(*) > 1)
"""

_ENDS_BEFORE_IT_STARTS = """
    UPDATE master_data_staged SET fault = format('ends on %s, before it starts on %s',
        facts ->> '{end}', facts ->> '{start}')
    WHERE run_id = :run AND kind = :kind AND fault IS NULL
      AND CAST(facts ->> '{end}' AS date) < CAST(facts ->> '{start}' AS date)
"""

_UNKNOWN_CURRENCY = """
    UPDATE master_data_staged SET fault = format('%s is no currency', facts ->> 'currency')
    WHERE run_id = :run AND kind = :kind AND fault IS NULL
      AND NOT (facts ->> 'currency' = ANY(:currencies))
"""

# Who was here first stays: one of those that share a key may have had it before. If none had, none
# of them is taken over, because choosing would be guessing. Closed and left ones may share a key
# with their successors. Where only what changed was listed, what is known counts as well.
_SHARED_KEY = """
    WITH keyed AS (
        SELECT staged.position, staged.external_id, facts ->> '{within}' AS within,
               facts ->> '{key}' AS key, coalesce(known.{key} = facts ->> '{key}', false) AS held
        FROM master_data_staged AS staged
        LEFT JOIN {table} AS known ON known.owner_connection = :owner
            AND known.owner_external_id = staged.external_id AND known.vanished_at IS NULL
        WHERE staged.run_id = :run AND staged.kind = :kind AND staged.fault IS NULL
          AND facts ->> '{key}' <> '' AND {live}
        UNION ALL
        SELECT NULL, owner_external_id, facts ->> '{within}', facts ->> '{key}', true
        FROM {table} AS known CROSS JOIN LATERAL (SELECT to_jsonb(known) AS facts) AS its
        WHERE :partial AND owner_connection = :owner AND vanished_at IS NULL
          AND known.{key} IN (SELECT facts ->> '{key}' FROM master_data_staged AS listed
                              WHERE listed.run_id = :run AND listed.kind = :kind)
          AND known.{key} <> '' AND {live} AND NOT EXISTS (
              SELECT FROM master_data_staged AS staged WHERE staged.run_id = :run
                AND staged.kind = :kind AND staged.external_id = known.owner_external_id)
    ), shared AS (
        SELECT within, key, (array_agg(external_id ORDER BY position))[1:4] AS those
        FROM keyed GROUP BY within, key HAVING count(*) > 1
    )
    UPDATE master_data_staged AS staged
    SET fault = format('{words} %s belongs to several: %s', keyed.key,
                       array_to_string(shared.those, ', '))
    FROM keyed JOIN shared ON shared.key = keyed.key
        AND shared.within IS NOT DISTINCT FROM keyed.within
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.position = keyed.position
      AND NOT keyed.held
"""

_OVERLAPPING = """
    WITH dated AS (
        SELECT position, staged.external_id, facts ->> 'name' AS name,
               facts ->> 'legal_entity_external_id' AS entity,
               CAST(facts ->> 'start_date' AS date) AS first_day,
               CAST(facts ->> 'end_date' AS date) AS last_day,
               coalesce(known.start_date = CAST(facts ->> 'start_date' AS date)
                        AND known.end_date = CAST(facts ->> 'end_date' AS date), false) AS held
        FROM master_data_staged AS staged
        LEFT JOIN accounting_period AS known ON known.owner_connection = :owner
            AND known.owner_external_id = staged.external_id AND known.vanished_at IS NULL
        WHERE run_id = :run AND kind = :kind AND fault IS NULL
    )
    UPDATE master_data_staged AS staged
    SET fault = format('overlaps with %s (%s to %s)', other.name, other.first_day, other.last_day)
    FROM dated JOIN dated AS other ON other.entity = dated.entity
        AND other.position <> dated.position
        AND other.first_day <= dated.last_day AND dated.first_day <= other.last_day
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.position = dated.position
      AND NOT dated.held
"""


# Without a first day it began before all others; without a last day it lasts.
_OVERLAPPING_ASSIGNMENTS = """
    WITH dated AS (
        SELECT position, staged.external_id, facts ->> 'worker_external_id' AS worker,
               coalesce(CAST(facts ->> 'valid_from' AS date), '-infinity') AS first_day,
               coalesce(CAST(facts ->> 'valid_to' AS date), 'infinity') AS last_day,
               coalesce(known.worker_external_id = facts ->> 'worker_external_id'
                   AND known.valid_from IS NOT DISTINCT FROM CAST(facts ->> 'valid_from' AS date)
                   AND known.valid_to IS NOT DISTINCT FROM CAST(facts ->> 'valid_to' AS date),
                   false) AS held
        FROM master_data_staged AS staged
        LEFT JOIN assignment AS known ON known.owner_connection = :owner
            AND known.owner_external_id = staged.external_id AND known.vanished_at IS NULL
        WHERE run_id = :run AND kind = :kind AND fault IS NULL
        UNION ALL
        SELECT NULL, owner_external_id, worker_external_id, coalesce(valid_from, '-infinity'),
               coalesce(valid_to, 'infinity'), true
        FROM assignment AS known
        WHERE :partial AND owner_connection = :owner AND vanished_at IS NULL AND NOT EXISTS (
            SELECT FROM master_data_staged AS staged WHERE staged.run_id = :run
              AND staged.kind = :kind AND staged.external_id = known.owner_external_id)
    )
    UPDATE master_data_staged AS staged
    SET fault = format('overlaps with %s of the same worker', other.external_id)
    FROM dated JOIN dated AS other ON other.worker = dated.worker
        AND other.external_id <> dated.external_id
        AND other.first_day <= dated.last_day AND dated.first_day <= other.last_day
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.position = dated.position
      AND NOT dated.held
"""

_NEGATIVE = """
    UPDATE master_data_staged SET fault = format('its {name} is negative: %s', facts ->> '{name}')
    WHERE run_id = :run AND kind = :kind AND fault IS NULL
      AND CAST(facts ->> '{name}' AS numeric) < 0
"""

# UNION, not UNION ALL: whoever leads into a cycle without being part of it comes to an end as well.
_CYCLE = """
    WITH RECURSIVE edge AS (
        SELECT external_id AS child, facts ->> 'parent_external_id' AS parent
        FROM master_data_staged
        WHERE run_id = :run AND kind = :kind AND fault IS NULL
        UNION ALL
        SELECT owner_external_id, parent_external_id FROM {table} AS known
        WHERE :partial AND owner_connection = :owner AND vanished_at IS NULL AND NOT EXISTS (
            SELECT FROM master_data_staged AS staged WHERE staged.run_id = :run
              AND staged.kind = :kind AND staged.external_id = known.owner_external_id)
    ), above AS (
        SELECT child, parent FROM edge WHERE parent IS NOT NULL
        UNION
        SELECT above.child, edge.parent FROM above JOIN edge ON edge.child = above.parent
        WHERE edge.parent IS NOT NULL AND above.parent <> above.child
    )
    UPDATE master_data_staged SET fault = 'is a part of itself in the hierarchy'
    WHERE run_id = :run AND kind = :kind AND fault IS NULL
      AND external_id IN (SELECT child FROM above WHERE parent = child)
"""


def _dated(start: str, end: str) -> str:
    return _ENDS_BEFORE_IT_STARTS.format(start=start, end=end)


def _shared(table: str, key: str, within: str, words: str, live: str = "true") -> str:
    return _SHARED_KEY.format(table=table, key=key, within=within, words=words, live=live)


def _cycle(table: str) -> str:
    return _CYCLE.format(table=table)


_OPEN = "facts ->> 'status' = 'OPEN'"
_ACTIVE = "facts ->> 'active' = 'true'"
_COMPANY = "legal_entity_external_id"

# Per kind, in this order: a row that has one fault is not asked for others.
OF_KIND: dict[MasterKind, tuple[str, ...]] = {
    MasterKind.LEGAL_ENTITY: (_UNKNOWN_CURRENCY, _shared("legal_entity", "code", "", "code")),
    MasterKind.WORKER: (
        _dated("hire_date", "termination_date"),
        _shared("worker", "number_key", _COMPANY, "number", "facts ->> 'termination_date' IS NULL"),
    ),
    MasterKind.CLIENT: (_shared("client", "code", "", "code"),),
    MasterKind.PROJECT: (
        _dated("start_date", "end_date"),
        _shared("project", "code_key", _COMPANY, "code", _OPEN),
    ),
    MasterKind.TASK: (
        _dated("start_date", "end_date"),
        _shared("task", "code", "project_external_id", "code", _OPEN),
    ),
    MasterKind.PERIOD: (_dated("start_date", "end_date"), _OVERLAPPING),
    MasterKind.EMPLOYEE: (
        _dated("hire_date", "termination_date"),
        _shared("employee", "number_key", "", "number", "facts ->> 'termination_date' IS NULL"),
        _shared("employee", "email_key", "", "address", "facts ->> 'termination_date' IS NULL"),
    ),
    MasterKind.ORG_UNIT: (_cycle("org_unit"), _shared("org_unit", "code", "", "code", _ACTIVE)),
    MasterKind.COST_CENTRE: (
        _dated("valid_from", "valid_to"),
        _cycle("cost_centre"),
        _shared("cost_centre", "code", "legal_entity", "code", _ACTIVE),
    ),
    MasterKind.ASSIGNMENT: (_dated("valid_from", "valid_to"), _OVERLAPPING_ASSIGNMENTS),
    MasterKind.ACCOUNT: (_cycle("account"), _shared("account", "code", "", "code")),
    MasterKind.ENGAGEMENT: (
        _dated("start_date", "end_date"),
        _UNKNOWN_CURRENCY,
        _NEGATIVE.format(name="value"),
        _shared("engagement", "code", "", "code"),
    ),
    MasterKind.USER: (_shared("directory_user", "email_key", "", "address", _ACTIVE),),
    MasterKind.GROUP: (),
}
