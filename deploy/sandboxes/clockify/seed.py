"""``python -m deploy.sandboxes.clockify.seed http://127.0.0.1:8431``: found the demo firm.

With ``--webhooks`` it also registers the webhooks that a connection needs, as an administrator
would in the vendor's settings. Prints ids, keys and the webhooks' tokens as JSON.
"""

import tomllib
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from pydantic import BaseModel

from deploy.sandboxes.clockify.app import API_PREFIX
from deploy.sandboxes.clockify.firm import Firm, Founded

FOLLOWED_EVENTS = (
    "NEW_TIME_ENTRY",
    "NEW_TIMER_STARTED",
    "TIMER_STOPPED",
    "TIME_ENTRY_UPDATED",
    "TIME_ENTRY_DELETED",
    "TIME_ENTRY_RESTORED",
    "TIME_ENTRY_SPLIT",
    "NEW_APPROVAL_REQUEST",
    "APPROVAL_REQUEST_STATUS_UPDATED",
)
_FIRM = Path(__file__).parents[2] / "local" / "firm.toml"


class Seeded(BaseModel):
    """What a connection's settings need, and what scripts need to act as a person."""

    base_url: str
    firm: Founded
    webhook_tokens: list[str]


def seed(url: str, firm: Path = _FIRM, webhooks: str | None = None) -> Seeded:
    """Found the firm in a running stand-in; repeating it gives the same ids.

    :param url: address of the stand-in, without a path.
    :param webhooks: where the webhooks of all followed events are sent, if they are wanted.
    """
    body = Firm.model_validate(tomllib.loads(firm.read_text())).model_dump()
    with httpx2.Client(base_url=url, timeout=30) as http:
        answer = http.post("/_sandbox/firm", json=body).raise_for_status()
        founded = Founded.model_validate(answer.json())
        tokens = register_webhooks(http, founded, webhooks) if webhooks else []
    return Seeded(
        base_url=url + API_PREFIX.removesuffix("/v1"), firm=founded, webhook_tokens=tokens
    )


def register_webhooks(http: httpx2.Client, founded: Founded, target: str) -> list[str]:
    """One webhook per followed event, unless it is there; gives their tokens.

    :param http: client whose base URL is the stand-in's address.
    """
    address = f"{API_PREFIX}/workspaces/{founded.workspace_id}/webhooks"
    headers = {"X-Api-Key": founded.api_key}
    listed = http.get(address, headers=headers).raise_for_status().json()["webhooks"]
    there = {(hook["webhookEvent"], hook["url"]): hook["authToken"] for hook in listed}
    for event in FOLLOWED_EVENTS:
        if (event, target) not in there:
            body = {
                "name": f"timepost {event.lower()}",
                "url": target,
                "webhookEvent": event,
                "triggerSourceType": "WORKSPACE_ID",
                "triggerSource": [founded.workspace_id],
            }
            made = http.post(address, json=body, headers=headers).raise_for_status().json()
            there[event, target] = made["authToken"]
    return [token for (_, url), token in there.items() if url == target]


app = typer.Typer()


@app.command()
def main(
    url: str,
    firm: Annotated[Path, typer.Option(help="The firm's data.")] = _FIRM,
    webhooks: Annotated[str | None, typer.Option(help="Register webhooks to this URL.")] = None,
) -> None:
    typer.echo(seed(url, firm, webhooks).model_dump_json(indent=2))


if __name__ == "__main__":
    app()
