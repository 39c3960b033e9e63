"""One comparison and several workers: one is killed in the middle, one stalls until another has it.

`uv run python -m tests.processes.comparing` ends with 1 where two compared at once, where one that was
lost stays lost, or where who lost it still wrote. Both databases, as `crash`.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.processes.ledgers import LEDGERS, books_of
from tests.processes.workers import ended, prepare, stand_still, started, stood_still

AT_ONCE = 3


def standing_still_in_its_third_call() -> None:
    from apps.connections.courier import ReadCourier

    exchange, calls = ReadCourier._exchange, [0]

    def watched(self: Any, request: Any) -> Any:
        calls[0] += 1
        if calls[0] == 3:
            stand_still()
        return exchange(self, request)

    ReadCourier._exchange = watched  # type: ignore[method-assign]


def at_once(key: int) -> list[str]:
    """What several workers with the same task said."""
    from apps.reconciliation.tasks import carry_out

    reader, writer = os.pipe()
    start_at = time.time() + 0.3

    def work() -> None:
        time.sleep(max(0.0, start_at - time.time()))
        os.write(writer, f"{carry_out(key)}\n".encode())

    for child in [started(work) for _ in range(AT_ONCE)]:
        ended(child)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return pipe.read().splitlines()


def stalled(key: int) -> int:
    """A worker that has begun it and stands still in a call."""
    from apps.reconciliation.tasks import carry_out

    def work() -> None:
        standing_still_in_its_third_call()
        carry_out(key)

    child = started(work)
    assert stood_still(child), "it was to stop in the middle"
    return child


def its_hold_runs_out(key: int) -> None:
    from django.utils import timezone

    from apps.reconciliation.models import KeptComparison

    late = timezone.now() - timedelta(seconds=1)
    assert KeptComparison.objects.filter(pk=key, held_until__gt=late).update(held_until=late)


def tasks_of(key: int) -> int:
    from django_q.models import OrmQ

    from apps.reconciliation.holds import TASK

    queued = [each.task for each in OrmQ.objects.all()]
    return sum((each["func"], tuple(each["args"])) == (TASK, (key,)) for each in queued)


def play(books: Any, show: Callable[[str], object]) -> None:
    from apps.reconciliation.keeping import ask
    from apps.reconciliation.models import KeptComparison
    from apps.reconciliation.tasks import compare_the_due
    from apps.sync.models import Run

    none = "Another has it, or it has ended."
    key = ask(books.connection, None).pk
    assert tasks_of(key) == 1

    first = stalled(key)
    assert at_once(key) == [none] * AT_ONCE, "while one has it, no other begins"
    os.kill(first, signal.SIGKILL)
    ended(first)
    compare_the_due()
    assert tasks_of(key) == 1, "until its hold runs out nothing is queued"
    its_hold_runs_out(key)
    compare_the_due()
    compare_the_due()
    assert tasks_of(key) == 2, "then it is, once"
    show("killed: queued anew")

    second = stalled(key)
    its_hold_runs_out(key)
    said = at_once(key)
    assert sorted(said)[:-1] == [none] * (AT_ONCE - 1), said
    assert sorted(said)[-1].startswith("Both sides agree"), said
    done = KeptComparison.objects.get(pk=key)
    assert (done.state, done.agrees, done.times_begun) == ("done", True, 3)
    show("stalled: another took it up, and one alone")

    os.kill(second, signal.SIGCONT)
    ended(second)
    after = KeptComparison.objects.get(pk=key)
    assert (after.ended_at, after.found) == (done.ended_at, done.found), "who lost it wrote"
    outcomes = Run.objects.filter(connection=books.connection, duty="proof").order_by("pk")
    assert list(outcomes.values_list("outcome", flat=True)) == ["stopped", "stopped", "done"]
    assert not outcomes.filter(ended_at=None).exists()
    show("stalled: it wrote nothing when it woke")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        import django

        django.setup()
        from django.conf import settings

        from tests.books import point_at
        from tests.factories import (
            make_company,
            make_customer,
            make_invoice,
            make_item,
            make_payment,
        )
        from tests.sandbox_server import SandboxServer
        from tests.template_database import migrate

        migrate()
        server = SandboxServer(folder).start()
        try:
            point_at(server, settings)
            ledger = LEDGERS["quickbooks"]()
            books = books_of(ledger, server, make_company(legal_name=f"Compared {os.getpid()}"))
            books.go_live()
            customer, item = make_customer(books.company), make_item(books.company)
            invoice = make_invoice(customer=customer, lines=[(item, 1, "9.99")])
            make_payment(invoice=invoice, method=books.method)
            for _ in range(2):
                books.run()
            play(books, lambda said: sys.stdout.write(f"{said}\n"))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
