"""What is kept of a body or an answer is without a secret."""

import re

SECRET_NAMES = (
    rb"(?:access|refresh|id|session|auth|csrf)[_-]?token|client[_-]?secret|authorization|password"
    rb"|api[_-]?key|session(?:[_-]?id)?"
)
SECRETS = (
    re.compile(rb'("(?:' + SECRET_NAMES + rb')"\s*:\s*")[^"]*(")', re.I),
    re.compile(rb"(<(?:" + SECRET_NAMES + rb")>)[^<]*(</)", re.I),
    re.compile(rb"((?:^|&)(?:" + SECRET_NAMES + rb")=)[^&\s]*()", re.I),
)


def redacted(body: bytes) -> bytes:
    """Without anything that looks like a token, in JSON, XML or a form."""
    for secret in SECRETS:
        body = secret.sub(rb"\1***\2", body)
    return body
