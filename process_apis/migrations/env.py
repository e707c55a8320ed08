"""Alembic's entry: runs on the connection that `process_apis.migrate` hands over."""

from alembic import context

from process_apis.schema import metadata

connection = context.config.attributes["connection"]


def is_ours(
    _object: object, name: str | None, type_: str, _reflected: bool, _compare_to: object
) -> bool:
    """The wake-up queue's own tables are its library's business."""
    return not (type_ == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=connection,
    target_metadata=metadata,
    include_object=is_ours,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
