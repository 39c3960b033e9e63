"""Reads what happened, turns it into events, and never twice.

Of one company at a time: whoever reads holds the company's `Listening` row, in the transaction that
writes the events and marks what it read. Another worker finds it held and leaves; a worker that dies
has read nothing.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.billing.models import Change
from apps.connections.clock import now
from apps.triggers.events.facts import Changes, Fact
from apps.triggers.events.holding import held
from apps.triggers.events.lost_and_broken import look_at_books
from apps.triggers.events.of_customers import customer_facts
from apps.triggers.events.of_documents import credit_note_facts, invoice_facts
from apps.triggers.events.of_money import money_facts
from apps.triggers.events.of_records import read_news
from apps.triggers.events.overdue import look_at_due_dates
from apps.triggers.events.portions import Alike, in_portions
from apps.triggers.events.writing import write
from apps.triggers.faults import after_all
from apps.triggers.models import Listening

PASSED_OVER: Final = 5_000  # changes that nobody listens to, in one transaction


def read_changes(company_id: int, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Turn a company's unread changes, and what became of its records in their books, into events,
    for as long as `goes_on`, asked between portions; the number that are told. Nothing where nobody
    listens to it, or somebody else reads.

    A record of which we cannot tell is passed by, its changes left unread for the next time, so that it
    holds up no other; what was raised is raised in the end, as a group.
    """
    with after_all(f"Some of company {company_id} cannot be told") as faults:
        told = 0
        with faults.kept(f"news of company {company_id}"):
            told = read_news(company_id)
        unread = Change.objects.filter(company=company_id, triggers_read_at=None).order_by("id")
        told += in_portions(
            unread.all, partial(_read_some, company_id), _of_its_record, faults, goes_on
        )
    return told


def _of_its_record(change: Change) -> Alike:
    return Alike(
        rows=Q(kind=change.kind, subject_id=change.subject_id),
        words=f"{change.kind} {change.subject_id} of company {change.company_id}",
    )


def _read_some(company_id: int, unread: "QuerySet[Change]") -> tuple[int, int]:
    """In one transaction; how many were read, and how many events of them are told."""
    with transaction.atomic():
        listening = held(company_id)
        if listening is None:
            return 0, 0
        rows = list(unread)
        told = write(listening, facts_of(Changes(rows), listening))
        marked = Change.objects.filter(pk__in=[each.pk for each in rows])
        marked.update(triggers_read_at=now())
    return len(rows), told


def look() -> int:
    """What no change tells: due dates that went by, consents that were lost, comparisons that differ,
    and news whose wake was lost. The number of events that are told."""
    told = 0
    # The books first: the look at due dates notes that a company was looked at.
    with after_all("The look for what no change tells broke off") as faults:
        for each in (look_at_books, look_at_due_dates, read_news):
            with faults.kept(each.__name__):
                told += each()
    return told


def pass_over_unheard() -> int:
    """Mark the changes of companies that nobody listens to, without a look at their records; the
    number."""
    heard = Listening.objects.filter(company=OuterRef("company"))
    unheard = Change.objects.filter(~Exists(heard), triggers_read_at=None).order_by()
    passed = 0
    while True:
        some = list(unheard.values_list("pk", flat=True)[:PASSED_OVER])
        passed += Change.objects.filter(pk__in=some).update(triggers_read_at=now())
        if len(some) < PASSED_OVER:
            return passed


def facts_of(changes: Changes, listening: Listening) -> Iterator[Fact]:
    """What has come true with these changes, by how their records stand now."""
    yield from customer_facts(changes, listening.since)
    yield from invoice_facts(changes, listening.company)
    yield from credit_note_facts(changes)
    yield from money_facts(changes)
