"""The pages about automation: each link leads somewhere, and their programs do what they say."""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.automation.node import ROOT, installed, node

PAGES = [*(ROOT / "docs/automation").glob("*.md"), *(ROOT / "docs/automation").glob("*/README.md")]
LINK = re.compile(r"\]\(([^)#\s]+)?(#[\w-]+)?\)")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"id":"evt_1","type":"invoice.paid","data":{"number":"Café 7"}}'
HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_each_link_leads_somewhere(page: Path) -> None:
    found = LINK.findall(page.read_text(encoding="utf-8"))
    assert found, "a page without any link"
    for path, anchor in found:
        if path.startswith("https://"):
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), path
        if anchor:
            assert anchor[1:] in anchors(there), f"{path}{anchor}"


def anchors(page: Path) -> set[str]:
    """As the hosts of repositories make them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def program(language: str) -> str:
    text = (ROOT / "docs/automation/signatures.md").read_text(encoding="utf-8")
    [found] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(found)


def signed(at: datetime, body: str = BODY, id: str = "evt_1") -> dict[str, str]:
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(id, at, body),
    }


def test_the_program_in_python_reads_what_is_genuine_alone() -> None:
    known: dict[str, Any] = {}
    exec(program("python"), known)
    read, now = known["read_event"], datetime.now(UTC).replace(microsecond=0)

    assert read(BODY.encode(), signed(now), SECRET) == json.loads(BODY)
    for headers, body in (
        (signed(now), BODY + " "),
        (signed(now - timedelta(minutes=6)), BODY),
        ({**signed(now), "webhook-signature": "odd"}, BODY),
        ({}, BODY),
    ):
        with pytest.raises(WebhookVerificationError):
            read(body.encode(), headers, SECRET)


@pytest.mark.slow
def test_the_program_in_javascript_reads_what_is_genuine_alone() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    came = [
        (signed(now), BODY),
        (signed(now), BODY + " "),
        (signed(now - timedelta(minutes=6)), BODY),
    ]
    script = (
        program("javascript")
        + f"""
const came = {json.dumps(came)};
const read = ([headers, body]) => {{
  try {{ return readEvent(Buffer.from(body), headers, {json.dumps(SECRET)}); }} catch {{ return null; }}
}};
process.stdout.write(JSON.stringify(came.map(read)));
"""
    )
    done = subprocess.run(
        [node(), "-e", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={"NODE_PATH": str(installed(HERE / "packages"))},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [json.loads(BODY), None, None]
