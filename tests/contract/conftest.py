"""The benches, of which each system brings its own, and the stage of the deepest connector.

A test that asks for `bench`, `ours` or `open_bench` runs on every bench that has what it needs:
`@has(...)` says so by a fact of their capabilities, `@of_kinds(...)` by the kinds of record it goes
through. What a system has not makes no test of it: nothing is skipped.
"""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.port import Connector, Settings
from tests.connectors.quickbooks.bench import SYSTEM as QUICKBOOKS
from tests.contract.bench import Bench, System
from tests.contract.benches import found_benches
from tests.contract.courier import PlainCourier
from tests.contract.live import Live, in_haste
from tests.contract.needs import KEPT, KINDS, NEEDS, stands_alone
from tests.contract.ours import Ours
from tests.contract.stage import Stage
from tests.contract.xsd_names import schema
from tests.sandbox_server import SandboxServer

BENCHES = found_benches()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The benches of a test, and the kinds of record on each."""
    if "bench_of" not in metafunc.fixturenames:
        return
    needs, kinds = (getattr(metafunc.function, name, ()) for name in (NEEDS, KINDS))
    names = [
        name for name, each in BENCHES.items() if all(needed(each.capabilities) for needed in needs)
    ]
    assert names, f"{metafunc.function.__name__}: no bench has what it needs"
    if "kind" not in metafunc.fixturenames:
        names = [name for name in names if BENCHES[name].takes(None)]
        metafunc.parametrize("bench_of", names, indirect=True, ids=names)
        return
    keeps = getattr(metafunc.function, KEPT, lambda system, kind: True)
    pairs = [
        (name, kind)
        for name in names
        for kind in kinds
        if stands_alone(BENCHES[name].capabilities, kind)
        and BENCHES[name].takes(kind)
        and keeps(BENCHES[name], kind)
    ]
    assert pairs, f"{metafunc.function.__name__}: no bench has any of its kinds"
    ids = [f"{name}-{kind.value}" for name, kind in pairs]
    metafunc.parametrize(("bench_of", "kind"), pairs, indirect=["bench_of"], ids=ids)


@pytest.fixture(scope="session")
def simulations(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Callable[..., Bench]]]:
    """What opens a company of a system; its simulation runs from the first to the end."""
    running: dict[str, Callable[..., Bench]] = {}
    with ExitStack() as stack:

        def opener(name: str) -> Callable[..., Bench]:
            if name not in running:
                running[name] = BENCHES[name].start(request, stack)
            return running[name]

        yield opener


@pytest.fixture
def bench_of(request: pytest.FixtureRequest) -> System:
    """The system of this test."""
    return BENCHES[request.param]


@pytest.fixture
def open_bench(
    bench_of: System, simulations: Callable[[str], Callable[..., Bench]]
) -> Callable[..., Bench]:
    return simulations(bench_of.called)


@pytest.fixture
def bench(open_bench: Callable[..., Bench]) -> Bench:
    """A company of its own."""
    return open_bench()


@pytest.fixture
def live(
    request: pytest.FixtureRequest, bench_of: System, open_bench: Callable[..., Bench], db: None
) -> Live:
    """A company of ours, live on one of theirs."""
    in_haste(request)
    found: Live = bench_of.live(request, open_bench)
    return found


@pytest.fixture
def ours(bench: Bench) -> Ours:
    """A company of ours beside it."""
    return Ours(bench)


@pytest.fixture
def open_stage(sandbox_server: SandboxServer) -> Iterator[Callable[..., Stage]]:
    """Opens books of their own, as a profile of the simulated ledgers sets them up, with the
    connector told what the company says of itself. What was sent is held against the schemas."""
    opened: list[Stage] = []

    def open_books(profile: str = "us_no_tax", **chosen: Any) -> Stage:
        realm = sandbox_server.open_company("Contract Company", profile=profile, **chosen)
        courier = PlainCourier(sandbox_server.connect(realm))
        settings = Settings(
            remote_company_id=realm,
            home_currency="",
            today=lambda: date(2026, 11, 20),
            now=lambda: datetime.now(UTC),
        )
        connect: Callable[[Settings], Connector] = registry.system(
            QUICKBOOKS.capabilities.system
        ).connect
        company = connect(settings).company(courier)
        settings = dataclasses.replace(
            settings,
            home_currency=company.home_currency,
            tax_regime=company.tax_regime,
            multi_currency=company.multi_currency,
        )
        opened.append(Stage(sandbox_server, realm, connect(settings), courier, company))
        return opened[-1]

    yield open_books
    for stage in opened:
        assert deviations(stage.courier) == []


@pytest.fixture
def stage(open_stage: Callable[..., Stage]) -> Stage:
    """Books without sales tax, in dollars only."""
    return open_stage()


def deviations(courier: PlainCourier) -> list[str]:
    """Where a body sent says what the schemas do not know; nothing to hold it against: none."""
    known = schema()
    found: list[str] = []
    for item in courier.writes if known else []:
        head: dict[str, Any] = {
            name: value
            for name, value in item.items()
            if name in ("bId", "operation", "optionsData")
        }
        found += known.deviations("BatchItemRequest", head) if known else []
        for entity in item.keys() - head.keys():
            found += known.deviations(entity, item[entity]) if known else []
    return found
