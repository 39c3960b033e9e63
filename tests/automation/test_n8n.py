"""The n8n workflows: as they import, and the node that verifies against what is really signed and sent."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.automation.node import ROOT, installed, node

FOLDER = ROOT / "docs/automation/n8n"
WORKFLOWS = sorted(FOLDER.glob("*.json"))
HERE = Path(__file__).resolve().parent


def workflow(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_imports_whole(path: Path) -> None:
    """Each connection leads from and to a node, each node is reached, and no credential is in it."""
    kept = workflow(path.name)
    nodes = {each["name"]: each for each in kept["nodes"]}
    assert len(nodes) == len(kept["nodes"]) == len({each["id"] for each in kept["nodes"]})
    reached = {
        end["node"]
        for outputs in kept["connections"].values()
        for ends in outputs["main"]
        for end in ends
    }
    assert set(kept["connections"]) <= set(nodes)
    assert reached <= set(nodes)
    begins = [
        name
        for name, each in nodes.items()
        if each["type"].lower().endswith(("webhook", "trigger"))
    ]
    notes = {name for name, each in nodes.items() if each["type"].endswith("stickyNote")}
    first = [name for name in begins if name not in reached]
    assert len(first) == 1
    assert set(nodes) == reached | notes | set(first)
    assert kept["active"] is False
    assert all(
        cred["id"] == "" for each in nodes.values() for cred in each.get("credentials", {}).values()
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_posts_to_tieout_is_done_once(path: Path) -> None:
    for each in workflow(path.name)["nodes"]:
        asked = each["parameters"]
        if asked.get("method") == "POST" and "tieout.example.com" in asked["url"]:
            named = {
                head["name"]: head["value"] for head in asked["headerParameters"]["parameters"]
            }
            assert "submittedAt" in named["Idempotency-Key"], each["name"]
            assert ("If-Match" in named) == asked["url"].endswith("/issue")


def test_the_node_runs_the_code_that_is_shown() -> None:
    nodes = {each["name"]: each for each in workflow("paid-invoice.json")["nodes"]}
    shown = (FOLDER / "verify-event.js").read_text(encoding="utf-8")
    assert nodes["Verify"]["parameters"]["jsCode"] == shown
    assert nodes["Events from Tieout"]["parameters"]["options"] == {"rawBody": True}


# --- What is really sent --------------------------------------------------------------------------


def verified(headers: dict[str, str], body: bytes, secret: str, memory: Any = None) -> Any:
    came = {
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "secret": secret,
        "memory": memory or {},
    }
    command = [node(), str(HERE / "n8n.js"), str(FOLDER / "paid-invoice.json"), "Verify"]
    done = subprocess.run(
        command,
        input=json.dumps(came),
        capture_output=True,
        text=True,
        timeout=60,
        env={"NODE_PATH": str(installed(HERE / "packages"))},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.django_db
def test_what_is_delivered_is_genuine_and_new_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.triggers.delivery.sending import send_due
    from tests.factories import make_company
    from tests.triggers.happened import happen, listen
    from tests.triggers.receiver import receiving

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    company = make_company()
    with receiving() as receiver:
        secret = listen(company, receiver).secrets[0]
        [event] = happen(company, 1)
        send_due()
    [got] = receiver.got
    headers = dict(got.headers)

    said = verified(headers, got.body, secret)
    assert said["given"] == [
        {"json": {"genuine": True, "again": False, "event": json.loads(event.body)}}
    ]
    assert said["library"] == json.loads(event.body)
    again = verified(headers, got.body, secret, said["memory"])
    assert again["given"][0]["json"]["again"] is True
    assert said["memory"] == again["memory"] == {"taken": [event.public_id]}

    old = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    two = f"v1,{'A' * 43}= {headers['webhook-signature']}"
    for changed, body, genuine in (
        ({**headers, "webhook-signature": two}, got.body, True),
        (headers, got.body + b" ", False),
        (old, got.body, False),
        ({**headers, "webhook-id": "evt_1"}, got.body, False),
        ({**headers, "webhook-signature": ""}, got.body, False),
        ({name: value for name, value in headers.items() if "webhook" not in name}, b"{}", False),
    ):
        said = verified(changed, body, secret)
        assert said["given"][0]["json"]["genuine"] is genuine, changed
        assert (said["library"] is not None) is genuine
