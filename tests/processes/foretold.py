"""What is foretold of real documents before they are sent, held against the ledger's own journal.

`python -m tests.processes.foretold --ledger quickbooks xero freshbooks --count 1150 --seed 8`
takes the first documents of the online-retail file beside the repository, lays VAT, discounts and a
second currency over a part of them, foretells each, sends all to the simulated ledger and compares
account by account, to the cent. Then money settles them (`foretold_money`), each act foretold and
compared likewise. Ends with 1 where less than 99 % of the documents are as foretold or stay here for
a reason that the ledger's capabilities list, or one that is foretold was booked otherwise.
"""

import argparse
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.workers import prepare_unhurried

ENOUGH = Decimal("0.99")
SHOWN = 3  # documents named per cause
FIGURES = re.compile(r"\d+\.\d\d")  # in a sentence that is one cause whatever they are
Amounts = dict[str, Decimal]  # account → debit less credit, home currency


@dataclass(frozen=True, slots=True)
class Told:
    """What was foretold: amounts, or a sentence why nothing will be booked."""

    amounts: Amounts
    sentence: str = ""
    cents: Decimal = Decimal(0)  # that may stand on another of these accounts, as it says


@dataclass(slots=True)
class Figures:
    documents: int = 0
    foretold: int = 0  # with figures
    listed: int = 0  # foretold to stay here for a reason that its capabilities list, and not there
    equal: int = 0
    differing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    silent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        told = self.equal + self.listed
        return not self.differing and told >= ENOUGH * self.documents and self.documents > 0


def run_until_nothing_is_due(books: Any) -> None:
    """Runs as ticks start them, until one of them moves nothing."""
    from apps.sync.models import SyncRecord

    before: list[tuple[str, int]] = []
    for _ in range(200):
        books.run(get=False)
        states = SyncRecord.objects.filter(connection=books.connection).values_list("state", "sent")
        after = sorted((state, sent or 0) for state, sent in states)
        if after == before:
            return
        before = after
    raise AssertionError("200 runs, and there is still something to do")


def is_as_foretold(name: str, ledger: Any, server: Any, file: Path, count: int, seed: int) -> bool:
    """Foretell each, send all, compare and report; then the same of the money that settles them."""
    from apps.billing.models import Company
    from tests.processes.foretold_money import report as report_money
    from tests.processes.foretold_money import settled
    from tests.processes.real_documents import lay_real_documents

    documents = lay_real_documents(
        file, count, seed, by_line=ledger.rounds_by_line, name=f"Online Retail {name} Ltd"
    )
    company = Company.objects.get(pk=documents[0].company_id)
    books = ledger.live(server, company, since=min(each.issue_date for each in documents))
    told = {(each.kind, each.pk): ledger.told(books, each) for each in documents}
    run_until_nothing_is_due(books)
    figures = compared(ledger, books, documents, told)
    report(name, figures)
    held = held_of(books)
    standing = [each for each in documents if (each.kind, each.pk) not in held]
    money = settled(ledger, books, standing, seed)
    report_money(money)
    good = figures.is_good and money.is_good
    print("good" if good else "NOT GOOD", flush=True)
    return good


def compared(
    ledger: Any, books: Any, documents: Iterable[Any], told: dict[tuple[str, int], Told]
) -> Figures:
    figures = Figures()
    journal = ledger.journal(books)
    held = held_of(books)
    for each in documents:
        figures.documents += 1
        figures.kinds[character(each)] += 1
        key = each.kind, each.pk
        foretold, booked = told[key], journal.get(key, {})
        name = f"{each.kind} {each.number} ({character(each)})"
        if held.get(key) and not foretold.sentence:
            figures.silent[f"foretold, and held: {held[key]}"].append(name)
        elif foretold.sentence and not booked:
            figures.listed += is_listed(books.connection.capabilities, each, foretold.sentence)
            figures.silent[FIGURES.sub("…", foretold.sentence)].append(name)
        elif foretold.sentence:
            figures.differing[f"booked, though: {foretold.sentence}"].append(name)
        else:
            figures.foretold += 1
            apart = difference(foretold.amounts, booked)
            figures.equal += not apart
            if apart:
                figures.differing[cause(apart)].append(f"{name}: {apart}")
    return figures


def is_listed(can: Any, document: Any, sentence: str) -> bool:
    """Whether the capabilities say of a case that it stays here, and this is that case."""
    if any(each in sentence for case, each in can.cannot.items() if each and case != "accounts"):
        return True
    other_cents = "works the tax out itself and would make it" in sentence
    return (
        other_cents and document.tax_mode == "inclusive" and "stays here" in can.cannot["inclusive"]
    )


def difference(told: Amounts, booked: Amounts) -> dict[str, tuple[str, str]]:
    """Account → what was foretold, and what was booked."""
    nil = Decimal(0)
    return {
        account: (f"{told.get(account, nil):f}", f"{booked.get(account, nil):f}")
        for account in sorted(told.keys() | booked.keys())
        if told.get(account, nil) != booked.get(account, nil)
    }


def cause(apart: dict[str, tuple[str, str]]) -> str:
    most = max(abs(Decimal(told) - Decimal(booked)) for told, booked in apart.values())
    return f"{', '.join(apart)} {'by cents' if most < Decimal('0.10') else 'by much'}"


def character(document: Any) -> str:
    words = [document.currency, document.tax_mode]
    if document.discount_percent or document.discount_amount:
        words.append("discount")
    return " ".join(words)


def held_of(books: Any) -> dict[tuple[str, int], str]:
    """(kind, pk) → the sentence of those that are not in their books."""
    from apps.sync.models import State, SyncRecord

    rows = SyncRecord.objects.filter(connection=books.connection).exclude(state=State.IN_THE_BOOKS)
    return {
        (each.kind, each.subject_id): f"{each.state}: {each.sentence}"
        for each in rows
        if each.kind in ("invoice", "credit_note")
    }


def report(name: str, figures: Figures) -> None:
    print(
        f"{name}: documents {figures.documents}, foretold {figures.foretold}, "
        f"equal {figures.equal}, listed to stay here {figures.listed}"
    )
    for words, number in sorted(figures.kinds.items()):
        print(f"    {number:>5} {words}")
    for title, groups in (("differs", figures.differing), ("without figures", figures.silent)):
        for sentence, names in sorted(groups.items(), key=lambda one: -len(one[1])):
            print(f"  {title}, {len(names)}: {sentence}")
            for each in names[:SHOWN]:
                print(f"      {each}")
    sys.stdout.flush()


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument(
        "--ledger", choices=("quickbooks", "xero", "freshbooks"), nargs="+", required=True
    )
    words.add_argument("--count", type=int, default=1000)
    words.add_argument("--seed", type=int, default=8)
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare_unhurried(folder)
        import django

        django.setup()
        from tests.processes.real_documents import real_file
        from tests.template_database import migrate

        file = real_file()
        if file is None:
            print("skipped: shared/data/online-retail does not lie beside the repository")
            return 0
        migrate()
        from django.conf import settings

        from tests.books import point_at
        from tests.processes.journals import JOURNALS
        from tests.sandbox_server import SandboxServer

        server = SandboxServer(folder).start()
        try:
            point_at(server, settings)
            good = [
                is_as_foretold(each, JOURNALS[each], server, file, chosen.count, chosen.seed)
                for each in chosen.ledger
            ]
        finally:
            server.stop()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
