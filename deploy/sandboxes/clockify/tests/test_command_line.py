"""Started as its own process, as the demo starts it."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2
from typer.testing import CliRunner

from deploy.sandboxes.clockify.seed import FOLLOWED_EVENTS, Seeded, app


def test_it_tells_where_it_listens_and_can_be_seeded(firm_file: Path) -> None:
    module = ["-m", "deploy.sandboxes.clockify"]
    command = [sys.executable, *module, "--port", "0", "--firm", str(firm_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            arguments = [
                ready["url"],
                "--firm",
                str(firm_file),
                "--webhooks",
                "http://127.0.0.1:9/h",
            ]
            result = CliRunner().invoke(app, arguments)
            seeded = Seeded.model_validate_json(result.stdout)
            headers = {"X-Api-Key": seeded.firm.api_key}
            account = httpx2.get(f"{seeded.base_url}/v1/user", headers=headers).json()
        finally:
            process.terminate()

    assert seeded.firm.model_dump() == ready["firm"]
    assert len(seeded.webhook_tokens) == len(FOLLOWED_EVENTS)
    assert account["activeWorkspace"] == seeded.firm.workspace_id
