"""`timepost replay …`: see what would be sent, have it sent, watch it, stop it."""

import asyncio
from typing import Annotated, Any

import typer

from deploy.operator_settings import read_settings
from deploy.process_calls import connected, told_plainly
from deploy.replays.client import Replays
from deploy.replays.scope import Options, scope_of

replay = typer.Typer(
    name="replay",
    no_args_is_help=True,
    help="Judge again, and send, what was given up, blocked or parked.",
)

Json = dict[str, Any]
_OVER = ("DONE", "STOPPED", "FAILED")

Entry = Annotated[str | None, typer.Option(help="One entry, as CONNECTION:ID of the tracker.")]
Problem = Annotated[str | None, typer.Option(help="Fingerprint that cases share.")]
Delivery = Annotated[str | None, typer.Option(help="One delivery, as CONNECTION:ID.")]
Trace = Annotated[str | None, typer.Option(help="One upload, as CONNECTION:TRACE-ID.")]
From = Annotated[str | None, typer.Option("--from", help="Received from this instant on.")]
To = Annotated[str | None, typer.Option("--to", help="Received before this instant.")]
Connection = Annotated[str | None, typer.Option(help="A tracker's or an ERP's.")]
States = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only BLOCKED, DEAD_LETTER or PARKED; may repeat."),
]


@replay.command("show")
def show(
    *,
    entry: Entry = None,
    problem: Problem = None,
    delivery: Delivery = None,
    trace: Trace = None,
    received_from: From = None,
    received_to: To = None,
    connection: Connection = None,
    state: States = None,
    lines: Annotated[int, typer.Option(help="Lines to print.", min=1, max=500)] = 20,
) -> None:
    """Dry run: print what would be sent and what would still fail. Changes nothing.

    Example: `timepost replay show --connection tryton-main --state DEAD_LETTER`
    """
    with told_plainly():
        typed = Options(entry, problem, delivery, trace, received_from, received_to, connection)
        scope = scope_of(typed)
        shown = asyncio.run(_with(lambda replays: replays.rehearse(scope, state or [], lines)))
    for line in shown["lines"]:
        typer.echo(_line(line))
    rest = shown["total"]["lines"] - len(shown["lines"])
    if rest > 0:
        typer.echo(f"... and {rest} more")
    for failing in shown["would_fail"]:
        typer.echo(f"{failing['lines']} would fail: {failing['code']}")
    if shown["would_wait"]["lines"]:
        typer.echo(f"{shown['would_wait']['lines']} would wait for others of their entries.")
    for paused in shown["paused"]:
        typer.echo(f"{paused} is paused: the replay is refused until it is resumed.")
    sent = shown["would_send"]
    typer.echo(f"{sent['lines']} would be sent, {sent['minutes'] / 60:.2f} hours.")
    typer.echo(f"hash: {shown['hash']}")


@replay.command("start")
def start(
    *,
    shown: Annotated[str, typer.Option("--hash", help="Of the dry run (`timepost replay show`).")],
    entry: Entry = None,
    problem: Problem = None,
    delivery: Delivery = None,
    trace: Trace = None,
    received_from: From = None,
    received_to: To = None,
    connection: Connection = None,
    state: States = None,
) -> None:
    """Replay what a dry run showed, and follow it; refused if anything would differ.

    Ctrl-C ends the following, not the replay.

    Example: `timepost replay start --connection tryton-main --state DEAD_LETTER --hash 3f…`
    """
    with told_plainly():
        typed = Options(entry, problem, delivery, trace, received_from, received_to, connection)
        scope = scope_of(typed)

        async def start_and_follow(replays: Replays) -> Json:
            started = await replays.start(scope, state or [], shown)
            typer.echo(f"replay {started['id']}")
            return await _followed(replays, started["id"])

        _tell(asyncio.run(_with(start_and_follow)))


@replay.command("reread")
def reread(
    *,
    entry: Entry = None,
    problem: Problem = None,
    delivery: Delivery = None,
    trace: Trace = None,
    received_from: From = None,
    received_to: To = None,
    connection: Connection = None,
) -> None:
    """Have entries read again in their tracker; what is as it was changes nothing.

    Example: `timepost replay reread --entry clockify-main:64f0`
    """
    with told_plainly():
        typed = Options(entry, problem, delivery, trace, received_from, received_to, connection)
        scope = scope_of(typed)
        asked = asyncio.run(_with(lambda replays: replays.reread(scope)))
    typer.echo(f"{asked['entries']} read again")


@replay.command("follow")
def follow(replay_id: Annotated[str, typer.Argument(help="Id of the replay.")]) -> None:
    """Show how far a replay is, until it is over; exit code 1 if it was given up.

    Example: `timepost replay follow 0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4c01`
    """
    with told_plainly():
        _tell(asyncio.run(_with(lambda replays: _followed(replays, replay_id))))


@replay.command("stop")
def stop(replay_id: Annotated[str, typer.Argument(help="Id of the replay.")]) -> None:
    """Stop a replay after the batch that is under way.

    Example: `timepost replay stop 0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4c01`
    """
    with told_plainly():
        stopped = asyncio.run(_with(lambda replays: replays.stop(replay_id)))
    typer.echo(f"{stopped['state']}: {stopped['done']} of {stopped['lines']} lines done")


async def _with(work: Any) -> Json:
    async with connected(read_settings()) as calls:
        return dict(await work(Replays(calls)))


async def _followed(replays: Replays, replay_id: str, every: float = 1.0) -> Json:
    seen = await replays.read(replay_id)
    with typer.progressbar(length=seen["lines"], label="Replaying") as bar:
        bar.update(seen["done"])
        while seen["state"] not in _OVER:
            await asyncio.sleep(every)
            before, seen = seen["done"], await replays.read(replay_id)
            bar.update(seen["done"] - before)
    return seen


def _tell(seen: Json) -> None:
    typer.echo(
        f"{seen['state']}: {seen['sent_on']} sent on, {seen['still_fails']} still failing, "
        f"{seen['waits']} waiting, {seen['changed']} changed since the dry run, "
        f"{seen['gone']} moved by something else"
    )
    where = ", ".join(f"{total} {state}" for state, total in seen["postings"].items())
    typer.echo(f"their postings now: {where}")
    if seen["state"] == "FAILED":
        raise typer.Exit(1)


def _line(line: Json) -> str:
    who = line["worker_id"] or line["worker"] or "?"
    what = "/".join(filter(None, (line["project_id"] or line["project"], line["task_id"])))
    verdict = "send" if line["would_be"] == "READY" else line["would_be"].lower()
    why = "".join(f"\n    {reason['code']}: {reason['sentence']}" for reason in line["reasons"])
    return (
        f"{verdict:<8} {line['connection']}:{line['entry_external_id']} v{line['version']}  "
        f"{line['kind'].lower()} {line['leg'].lower()}  {line['work_date']}  "
        f"{line['minutes'] / 60:.2f} h  worker {who}, project {what}  {line['posting_key']}{why}"
    )
