"""Fixtures that several rooms of the house share, and the look back at the whole suite.

Every answer of the simulated ledgers and every body that the product's line sends are noted
throughout a session (each worker has its own) and held against the recorded shapes and the
published schemas when it ends: what deviates fails the run.
"""

import gc
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django_q.signals import post_spawn

from tests import template_database
from tests.contract.xsd_names import schema
from tests.freshbooks_twin import FreshBooksTwin
from tests.sandbox import shape_rules
from tests.sandbox.freshbooks import shape_rules as freshbooks_shapes
from tests.sandbox.xero import shape_rules as xero_shapes
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

BODIES_SENT: set[bytes] = set()
LOOKED_BACK: dict[str, Any] = {}
PUBLISHED = "/v3/company/"  # below it lies the API whose schemas are published
ENTITIES = ("Customer", "Item", "Invoice", "Payment", "JournalEntry", "Attachable")  # sent alone


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: a worker often waits for the simulated ledgers, or a disk."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what uses no database: it is the same on each",
    )


@pytest.hookimpl(tryfirst=True)  # before the marks choose what runs
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_variants_to_the_slow_run(items)
    # What takes longest begins first, alone at the end it would hold up the rest: tests with processes
    # of their own, then those of a browser.
    longest = ("processes", "browser")
    items.sort(key=lambda each: [each.get_closest_marker(name) is None for name in longest])
    if not config.getoption("--database-only"):
        return
    use = [each for each in items if uses_the_database(each)]
    used = set(use)
    config.hook.pytest_deselected(items=[each for each in items if each not in used])
    items[:] = use


def leave_variants_to_the_slow_run(items: list[pytest.Item]) -> None:
    """Of a test marked `variants` the first set of values runs by default, the others are slow; with
    `keep=n` n of them, spread over all."""
    tests: dict[str, list[pytest.Item]] = {}
    for each in items:
        if each.get_closest_marker("variants") and not each.get_closest_marker("slow"):
            tests.setdefault(each.nodeid.partition("[")[0], []).append(each)
    for sets in tests.values():
        mark = sets[0].get_closest_marker("variants")
        keep = min(mark.kwargs.get("keep", 1) if mark else 1, len(sets))
        kept = {place * len(sets) // keep for place in range(keep)}
        for place, each in enumerate(sets):
            if place not in kept:
                each.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """What is there before the first test stays: the collector of garbage need not walk over all of
    Django, and every test, again and again (some 6 % of the suite's CPU, and a fifth of the
    collecting of tests)."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)


def uses_the_database(item: pytest.Item) -> bool:
    asked = {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ()))
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("processes")
    kind = getattr(item, "cls", None) or object
    return bool(asked) or marked is not None or issubclass(kind, TransactionTestCase)


def pytest_configure() -> None:
    """People in tests sign in with passwords that are hashed in no time; the real hasher takes a
    quarter of a second each, on purpose."""
    gc.disable()  # until all tests are collected
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Most sign in without a second factor, and in another year; the tests of the entrance say otherwise.
    settings.SECOND_FACTOR = "waived"
    settings.SESSION_IDLE = settings.SESSION_LONGEST = settings.SESSION_COOKIE_AGE = 400 * 24 * 3600
    # The witness of what was sent is kept in memory, heads of the trail nowhere; their own tests give
    # them a folder.
    settings.SYNC_WITNESS_DIR = settings.TRAIL_HEADS_DIR = ""
    # A worker of the queue that is played within a test would freeze what all tests before it left.
    post_spawn.disconnect(dispatch_uid="sync.leave_out_what_stays")


@pytest.fixture(scope="session")
def django_db_setup(kept_database: None, django_db_setup: None, django_db_blocker: Any) -> None:
    """The tests' database, from a kept copy where the migrations are the ones it was made by."""
    if template_database.is_used():
        with django_db_blocker.unblock():
            template_database.keep()


@pytest.fixture
def admin_user(db: None) -> Any:
    """pytest-django's, which `admin_client` signs in: here nobody is a superuser."""
    from tests.all_rights import make_almighty

    return make_almighty("admin@example.com", "a-long-enough-password-1", name="Admin")


@pytest.fixture(autouse=True)
def _clock_not_yet_measured() -> Iterator[None]:
    """A test that put its host's clock apart leaves the next one no difference that is gone."""
    from apps.connections import clock

    yield
    clock.forget()


@pytest.fixture(scope="session")
def kept_database() -> Iterator[None]:
    memory = None
    if template_database.is_used():
        memory = template_database.copy_in()
    elif connection.vendor == "postgresql":
        template_database.copy_of_a_database()
    yield
    if memory is not None:
        memory.close()


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """The simulated ledgers, one process for the whole session."""
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    xero = XeroTwin(server)
    server.record_shapes(True)
    freshbooks = FreshBooksTwin(server)
    for other in (xero, freshbooks):
        other.control("POST", "shapes", {"recording": True})
    yield server
    answers = server.control("GET", "shapes")["answers"]
    xero_answers = xero.control("GET", "shapes")["answers"]
    freshbooks_answers = freshbooks.control("GET", "shapes")["answers"]
    server.stop()
    if shape_rules.SPECS.exists():
        assert shape_rules.deviations(answers) == [], "answered what nobody answers"
    if xero_answers and xero_shapes.RECORDED.exists():
        deviations = xero_shapes.verdicts(xero_answers)["deviations"]
        assert deviations == [], "answered as Xero what Xero never answers"
    if freshbooks_answers and freshbooks_shapes.RECORDED.exists():
        deviations = freshbooks_shapes.verdicts(freshbooks_answers)["deviations"]
        assert deviations == [], "answered as FreshBooks what FreshBooks never answers"


@pytest.fixture(autouse=True, scope="session")
def bodies_sent() -> Iterator[set[bytes]]:
    """Every body that the product's line sends, as it was sent."""
    from apps.connections.transport import HttpLine

    exchange = HttpLine.exchange

    def watched(self: Any, request: Any, **options: Any) -> Any:
        if request.writes and request.body and request.path.startswith(PUBLISHED):
            BODIES_SENT.add(as_batch(request.path, request.body))
        return exchange(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpLine, "exchange", watched)
        yield BODIES_SENT
    assert deviations_of(BODIES_SENT) == set(), "sent what the schemas do not know"


def as_batch(path: str, body: bytes) -> bytes:
    """A body that was sent alone, as the one item of a batch; a batch as it is."""
    last = path.rsplit("/", 1)[-1]
    names = {each.lower(): each for each in ENTITIES}
    if last not in names:
        return body
    return b'{"BatchItemRequest":[{"%s":%s}]}' % (names[last].encode(), body)


@pytest.fixture(autouse=True, scope="session")
def held_to_the_description(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where `XERO_OPENAPI` names Xero's description: every request to it and every answer."""
    if not os.environ.get("XERO_OPENAPI"):
        yield
        return
    from apps.connections.transport import HttpLine
    from tests.connectors.xero.described import SEEN
    from tests.contract.courier import HttpCourier

    def watched(owner: Any, name: str) -> Any:
        carried = getattr(owner, name)

        def carry(self: Any, asked: Any, *given: Any, **options: Any) -> Any:
            reply = carried(self, asked, *given, **options)
            SEEN.note(asked, reply)
            return reply

        return carry

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((HttpLine, "exchange"), (HttpCourier, "_send")):
            patch.setattr(owner, name, watched(owner, name))
        yield
    violations = SEEN.violations()
    noted = {"asked": SEEN.requests, "answered": SEEN.answers, "shapes": len(SEEN.first)}
    noted["violations"] = len(violations)
    getattr(request.config, "workeroutput", LOOKED_BACK)["xero"] = noted
    assert violations == [], "not as Xero's description has it"


def pytest_testnodedown(node: Any) -> None:
    for name, count in getattr(node, "workeroutput", {}).get("xero", {}).items():
        known = LOOKED_BACK.setdefault("xero", {})
        known[name] = known.get(name, 0) + count


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if told := LOOKED_BACK.get("xero"):
        terminalreporter.write_line(
            "Held against Xero's description: {violations} violations in {asked:,} requests and "
            "{answered:,} answers of {shapes:,} shapes".format(**told)
        )


def deviations_of(bodies: set[bytes]) -> set[str]:
    """Names, types and lengths of these batches that the schemas do not know."""
    known = schema()
    found: set[str] = set()
    for body in bodies if known is not None else ():
        for item in json.loads(body)["BatchItemRequest"]:
            entity = next(name for name in item if name not in ("bId", "operation", "optionsData"))
            found |= set(known.deviations(entity, item[entity])) if known else set()
    return found
