"""A worker of its own for the test of four: meets the others at the server, then asks for a token.

`prepare` makes the tables and a grant that has ended, and prints its id; `meet ID` prints the
version and a digest of the token it may use.
"""

import hashlib
import os
import sys
import urllib.request
from datetime import timedelta

import django


def main(url: str, act: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from apps.connections.models import Grant
    from apps.connections.oauth import Pair
    from apps.connections.tokens import access_token, seal
    from tests.connections.paper import CLIENTS, register
    from tests.template_database import migrate

    register(url)
    settings.LEDGER_CLIENTS = dict(CLIENTS)
    if act == "prepare":
        migrate()
        grant = Grant(system="paper", environment="test")
        ended = timezone.now() - timedelta(minutes=1)
        pair = Pair(
            access_token="access-ended",
            refresh_token=arguments[0],
            access_expires_at=ended,
            refresh_expires_at=None,
            refresh_hard_expires_at=None,
        )
        for name, value in seal(grant, pair).items():
            setattr(grant, name, value)
        grant.save()
        sys.stdout.write(f"{grant.pk}\n")
        return
    grant = Grant.objects.get(pk=arguments[0])
    with urllib.request.urlopen(url + "/everybody") as answer:
        answer.read()
    token = access_token(grant)
    version = Grant.objects.values_list("token_version", flat=True).get(pk=grant.pk)
    sys.stdout.write(f"{version} {hashlib.sha256(token.encode()).hexdigest()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
