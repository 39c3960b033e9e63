"""What a bookkeeper does over there while we look away, and how it comes back."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from apps.billing.models import Deposit, Payment, PaymentMethod
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.demo.children import Children
from apps.demo.other_side import Books, OpenInvoice, Undeposited
from apps.demo.people import Person
from apps.demo.place import DemoRefused
from apps.demo.watching import refuse_hopeless
from apps.mappings.models import Mapping
from apps.reconciliation.figures import Comparison
from apps.reconciliation.models import Cause, Question
from apps.reconciliation.questions.answering import answer
from apps.sync.decide.acts import sync_now
from apps.sync.models import RemoteRecord

ASK_EVERY = 2.0  # seconds between two “Get from …”
PATIENCE = 150.0
ON_ACCOUNT = Decimal("150.00")
AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Acted:
    """Payments recorded over there: their ids, and the one that is cancelled afterwards."""

    recorded: tuple[str, ...]
    cancelled: str


def record_payments(books: Books) -> Acted:
    """One in full, one in part, one over two invoices of a customer (if any has two), one on account."""
    by_customer: dict[str, list[OpenInvoice]] = defaultdict(list)
    home = [each for each in books.open_invoices() if not each.is_foreign]
    for invoice in home:
        by_customer[invoice.customer].append(invoice)
    if not by_customer:
        raise DemoRefused("No invoice is open over there, so no payment can be recorded.")
    pairs = [customer for customer, invoices in by_customer.items() if len(invoices) > 1]
    singles = [customer for customer in by_customer if customer not in pairs[:1]]
    recorded = []
    if pairs:
        recorded.append(_pay(books, pairs[0], by_customer[pairs[0]][:2], "BACS-7001"))
    for place, customer in enumerate(singles[:2]):
        share = Decimal(1) if place == 0 else Decimal("0.4")
        recorded.append(
            _pay(books, customer, by_customer[customer][:1], f"BACS-700{place + 2}", share)
        )
    some_customer = next(iter(by_customer))
    recorded.append(
        books.record_payment({}, amount=ON_ACCOUNT, customer=some_customer, reference="BACS-7009")
    )
    return Acted(recorded=tuple(recorded), cancelled=recorded[0])


def undeposited(connection: Connection, books: Books) -> list[Undeposited]:
    """Payments of ours that wait on their clearing account for somebody to bank them."""
    ours = set(
        RemoteRecord.objects.filter(
            connection=connection, of_kind=Kind.PAYMENT, part="", sync_record__isnull=False
        ).values_list("remote_id", flat=True)
    )
    clearing = Mapping.objects.filter(
        connection=connection,
        subject=Mapping.Subject.METHOD_ACCOUNT,
        payment_method__posts_to=PaymentMethod.PostsTo.CLEARING,
    ).first()
    found = books.undeposited_payments(clearing.code.remote_id) if clearing is not None else ()
    return [each for each in found if each.id in ours][:AT_ONCE]


def wait_for_deposit(
    connection: Connection, books: Books, payments: list[Undeposited], children: Children
) -> Deposit:
    """Bank them over there, and wait until the bank deposit stands here."""
    bank = Mapping.objects.get(connection=connection, subject=Mapping.Subject.BANK_ACCOUNT).code
    today = connection.company.today()
    made = books.make_deposit(bank.remote_id, payments, dated=today)

    def arrived() -> list[Deposit]:
        ties = RemoteRecord.objects.filter(
            connection=connection,
            of_kind=Kind.DEPOSIT,
            remote_id=made,
            sync_record__deposit__isnull=False,
        )
        return list(Deposit.objects.filter(pk__in=ties.values("sync_record__deposit")))

    _ask_until(connection, children, lambda: bool(arrived()))
    return arrived()[0]


def _pay(
    books: Books,
    customer: str,
    invoices: list[OpenInvoice],
    reference: str,
    share: Decimal = Decimal(1),
) -> str:
    parts = {
        invoice.id: (invoice.balance * share).quantize(Decimal("0.01")) for invoice in invoices
    }
    amount = sum(parts.values(), Decimal(0))
    return books.record_payment(parts, amount=amount, customer=customer, reference=reference)


def wait_for_payments(connection: Connection, acted: Acted, children: Children) -> list[Payment]:
    """Until every payment recorded over there stands here."""
    _ask_until(
        connection, children, lambda: len(_arrived(connection, acted)) == len(acted.recorded)
    )
    return _arrived(connection, acted)


def wait_for_cancelling(connection: Connection, acted: Acted, children: Children) -> Payment:
    """Until the one that was cancelled over there is cancelled here, its invoices open again."""

    def cancelled() -> list[Payment]:
        return [
            payment
            for payment in _arrived(connection, acted, acted.cancelled)
            if payment.status == Payment.Status.CANCELLED
        ]

    _ask_until(connection, children, lambda: bool(cancelled()))
    return cancelled()[0]


def _arrived(connection: Connection, acted: Acted, *only: str) -> list[Payment]:
    ties = RemoteRecord.objects.filter(
        connection=connection,
        of_kind=Kind.PAYMENT,
        remote_id__in=only or acted.recorded,
        part="",
        sync_record__payment__isnull=False,
    )
    return list(Payment.objects.filter(pk__in=ties.values("sync_record__payment")))


def _ask_until(connection: Connection, children: Children, there: Callable[[], bool]) -> None:
    """Press “Get from …” now and then, as a person would who waits for it."""
    until = time.monotonic() + PATIENCE
    asked_at = -ASK_EVERY
    while not there():
        children.check()
        refuse_hopeless(connection)
        if time.monotonic() > until:
            raise DemoRefused(f"What was done over there did not arrive here in {PATIENCE:.0f} s.")
        if time.monotonic() - asked_at >= ASK_EVERY:
            sync_now(connection)
            asked_at = time.monotonic()
        time.sleep(0.2)


def left_out(comparison: Comparison) -> list[Question]:
    """What the other side has not at all, so that a person says once how it is accounted for there."""
    return [each for each in comparison.questions if each.cause == Cause.LEFT_OUT]


def answer_for(questions: list[Question], person: Person) -> None:
    reason = "Matched with the bank's line on their side, from the clearing account."
    for each in questions:
        answer(each, Question.Answer.RIGHT, user_id=person.user_id, reason=reason)
