"""What the standard's library for JavaScript says of our signatures."""

import json
import os
import subprocess
import time

import pytest

from apps.triggers.delivery.signing import new_secret, signed
from tests.automation.node import HERE, installed, node

PACKAGES = HERE / "packages"
CHECK = """
const { Webhook } = require("standardwebhooks");
const { readFileSync } = require("node:fs");
const said = JSON.parse(readFileSync(0, "utf8")).map(({ secret, body, headers }) => {
  try { return new Webhook(secret).verify(body, headers).place; } catch (error) { return error.name; }
});
console.log(JSON.stringify(said));
"""


@pytest.mark.slow
def test_the_library_for_javascript_believes_each_and_none_that_was_changed() -> None:
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
        [node(), "-e", CHECK], input=json.dumps(told), capture_output=True, text=True,
        timeout=60, check=True, env={**os.environ, "NODE_PATH": str(installed(PACKAGES))},
    )  # fmt: skip
    refused = "WebhookVerificationError"
    assert json.loads(done.stdout) == [
        said for place in range(20) for said in (place, place, refused, refused, refused)
    ]
