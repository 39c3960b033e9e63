"""Canaries: secrets and customers' data that were planted are found where they belong and nowhere else.

Searched: the log of all loggers as production writes it, what the queue keeps of a task that really
fails, every page, the whole database as it lies on the disk, mails, and files.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_q.models import Failure
from django_q.tasks import async_task

from apps.billing.models import Customer
from apps.connections.models import Connection, Grant
from apps.connections.oauth import Pair
from apps.connections.sealed import seal, seal_secrets
from apps.core.tracebacks import PlainFormatter
from apps.staff.models import User
from apps.triggers.api import keys
from apps.triggers.models import Scope
from tests.all_rights import make_almighty
from tests.backoffice.fuzzing import Fuzzer, keys_of
from tests.backoffice.people import PASSWORD
from tests.backoffice.world import WholeWorld
from tests.staff.entrance.visitor import links_leave
from tests.sync.queue.test_queue import _connections_stay, carried_out  # noqa: F401 # a fixture

TYPED = "canary-typed-password-7f3a"
ACCESS, REFRESH = "canary-access-token-91bc", "canary-refresh-token-22de"
FILLED_IN, CLIENT_SECRET = "canary-filled-in-secret-5a", "canary-client-secret-c4"
MAIL_PASSWORD, PASSPHRASE = "canary-mail-password-d0", "canary passphrase of an archive"
CUSTOMER = "canary-customer@bell.example"


class Log(logging.Handler):
    """What production would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(PlainFormatter("{levelname} {name} {message}", style="{"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Log]:
    handler, root = Log(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # Statements with their values are written with DEBUG alone.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield handler
    root.setLevel(before)
    root.removeHandler(handler)


def rows_on_disk() -> Iterator[tuple[str, str]]:
    """(table and column, text) of every value as the database holds it: nothing is opened."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [each[0] for each in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes | memoryview):
                        value = bytes(value).decode("latin-1")
                    yield f"{table}.{name}", str(value)


def grant_with_canaries(of: Connection) -> None:
    grant = of.grant
    assert grant is not None
    pair = Pair(
        access_token=ACCESS, refresh_token=REFRESH,
        access_expires_at=grant.access_expires_at, refresh_expires_at=grant.refresh_expires_at, refresh_hard_expires_at=None,
    )  # fmt: skip
    fields = seal(grant, pair) | seal_secrets(grant, {"password": FILLED_IN})
    Grant.objects.filter(pk=grant.pk).update(**fields)


def shown(client: Client, addresses: list[str]) -> Iterator[tuple[str, str]]:
    for address in addresses:
        answer = client.get(address)
        raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
        yield address, raw.decode("utf-8", "replace") + str(answer.headers)


@pytest.mark.slow
def test_no_canary_is_found_where_it_does_not_belong(
    whole: WholeWorld,
    people: dict[str, User],
    browse: Callable[[str], Client],
    log: Log,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings.EMAIL_HOST_PASSWORD = MAIL_PASSWORD
    settings.LEDGER_CLIENTS = {**settings.LEDGER_CLIENTS, "QUICKBOOKS_CLIENT_SECRET": CLIENT_SECRET}
    settings.PRIVATE_FILES_DIR = str(tmp_path)
    customer = Customer.objects.get(name="Bell & Daughters")
    customer.email = CUSTOMER
    customer.save()
    grant_with_canaries(whole.connection)
    made = keys.make_key(
        people["Fay"], name="Canary", companies=[whole.company], scopes=[Scope.READ]
    )
    # A hash of no time stands in for the real one, which no test waits for; it is as far from the text.
    wrong = Client()
    wrong.post("/accounts/login/", {"login": "fay@example.com", "password": TYPED})
    Client().post("/accounts/login/", {"login": "fay@example.com", "password": PASSWORD})
    Client().get("/api/v1/me", headers={"Authorization": f"Bearer {made.text}"})
    Client().get("/api/v1/me", headers={"Authorization": f"Bearer {made.text[:-1]}x"})
    Client().post("/accounts/password/reset/", {"email": "fay@example.com"})
    links_leave()
    taken = browse("Ada").post(
        reverse("admin:billing_company_archive", args=[whole.company.pk]),
        {"passphrase": PASSPHRASE, "again": PASSPHRASE},
    )
    archive = b"".join(taken.streaming_content) if taken.streaming else taken.content

    assert len(archive) > 10_000
    assert mail.outbox

    # A task and a page that really fail, with what they held in hand.
    from apps.backoffice.lists.customers import CustomerAdmin
    from apps.sync import tasks

    def fails(*_: Any, **__: Any) -> Any:
        customer = Customer.objects.get(email=CUSTOMER)
        raise RuntimeError(f"{customer.email} {ACCESS} {FILLED_IN} {made.text}")

    monkeypatch.setattr(tasks, "wake_the_due", fails)
    async_task("apps.sync.tasks.tick")
    (failed,) = carried_out()
    assert not failed["success"]
    root = make_almighty("root@example.com", PASSWORD)
    everything = Client(raise_request_exception=False)
    everything.force_login(root)
    with monkeypatch.context() as patch:
        patch.setattr(CustomerAdmin, "get_queryset", fails)
        broken = everything.get(reverse("admin:billing_customer_changelist"))
    assert broken.status_code == 500

    # Every address, as it is meant.
    fuzzer = Fuzzer({"Root": root}, keys_of(whole.records), seed=1)
    addresses = [
        fuzzer._path(pattern, name, 0)
        for pattern, name in fuzzer.patterns
        if "logout" not in pattern
    ]
    pages = dict(shown(everything, addresses))
    assert len(pages) > 400

    secrets = {TYPED, ACCESS, REFRESH, FILLED_IN, CLIENT_SECRET, MAIL_PASSWORD, PASSPHRASE,
               PASSWORD, made.text, made.text[4:47], settings.SECRET_KEY, settings.TOKEN_KEYS[0],
               settings.FILE_KEYS[0]}  # fmt: skip
    found = [
        (where, one)
        for where, text in [
            *rows_on_disk(),
            *pages.items(),
            ("the page that failed", broken.content.decode()),
            ("the log", "\n".join(log.lines)),
            ("the archive", archive.decode("latin-1")),
            *((f"mail “{each.subject}”", each.message().as_string()) for each in mail.outbox),
            *(
                (str(each), each.read_bytes().decode("latin-1"))
                for each in tmp_path.rglob("*")
                if each.is_file()
            ),
        ]
        for one in secrets
        if one in text
    ]
    assert found == []

    # A customer's data stands in rows and pages that are about it, and nowhere else.
    assert any(CUSTOMER in text for text in pages.values()), "the canary is alive"
    told = {"the log": "\n".join(log.lines), "the page that failed": broken.content.decode(),
            "the archive": archive.decode("latin-1")}  # fmt: skip
    told |= {
        name: text for name, text in rows_on_disk() if name.startswith(("django_q", "staff_sec"))
    }
    assert [where for where, text in told.items() if CUSTOMER in text] == []
    assert len(log.lines) > 100
    assert any("RuntimeError" in line and "in fails" in line for line in log.lines)
    assert Failure.objects.get(name=failed["name"]).result.endswith("RuntimeError")
