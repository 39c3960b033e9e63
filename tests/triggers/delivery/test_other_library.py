"""What the standard's library for JavaScript says of our signatures."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from apps.triggers.delivery.signing import new_secret, signed

VERSION = "1.0.0"
CHECK = """
import { Webhook } from "standardwebhooks";
import { readFileSync } from "node:fs";
const said = JSON.parse(readFileSync(0, "utf8")).map(({ secret, body, headers }) => {
  try { return new Webhook(secret).verify(body, headers).place; } catch (error) { return error.name; }
});
console.log(JSON.stringify(said));
"""


def installed() -> Path:
    """A folder that holds the library, kept between sessions."""
    folder = Path(tempfile.gettempdir()) / f"tieout-standardwebhooks-{VERSION}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "node_modules" / "standardwebhooks").exists():
        words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact",
                 f"standardwebhooks@{VERSION}"]  # fmt: skip
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.skip(f"npm cannot install standardwebhooks here: {done.stderr[-200:]}")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="Node is not installed"
)
def test_the_library_for_javascript_believes_each_and_none_that_was_changed() -> None:
    folder = installed()
    (folder / "check.mjs").write_text(CHECK)
    now, told = int(time.time()), []
    for place in range(20):
        old, new = new_secret(), new_secret()
        body = json.dumps({"place": place, "to": "Café → ¥"})
        headers = signed([new, old], id=f"evt_{place}", at=now, body=body.encode())
        told += [
            {"secret": new, "body": body, "headers": headers},
            {"secret": old, "body": body, "headers": headers},
            {"secret": new, "body": body + " ", "headers": headers},
            {"secret": new_secret(), "body": body, "headers": headers},
            {"secret": new, "body": body, "headers": {**headers, "webhook-id": "evt_other"}},
        ]
    done = subprocess.run(
        ["node", "check.mjs"], cwd=folder, input=json.dumps(told), capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    refused = "WebhookVerificationError"
    assert json.loads(done.stdout) == [
        said for place in range(20) for said in (place, place, refused, refused, refused)
    ]
