"""Whether a payment of a file is here already, is new, or may be either: then a person is asked."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Sum

from apps.billing.models import Allocation, Customer, Payment
from apps.billing.rules.documents import day
from apps.billing.rules.families import stands_for, with_aliases
from apps.core.money import ZERO, figure
from apps.exchange.imports.money.holding import key_of, known, waiting_of
from apps.exchange.imports.money.payments_read import ReadPayment
from apps.exchange.imports.money.plans import Part, PaymentPlan, plan_of, read_plan
from apps.exchange.models import BroughtMoney, FileImport

Alike = tuple[int, date, Decimal]  # customer, day, amount; the currency is the customer's


@dataclass(kw_only=True, slots=True)
class Candidate:
    """A payment of the file whose customer is known. `times` is how many further up are alike, `asks`
    what is to be asked of it for their sake."""

    read: ReadPayment
    customer: Customer
    amount: Decimal
    on: date
    times: int = 0
    asks: str = ""

    @property
    def number(self) -> str:
        return self.read.text("number")

    @property
    def reference(self) -> str:
        return self.read.text("reference")

    @property
    def alike(self) -> Alike:
        return self.customer.pk, self.on, self.amount

    @property
    def words(self) -> str:
        amount = figure(self.amount, self.customer.currency, grouped=True)
        return f"{amount} {self.customer.currency} of {self.customer} on {day(self.on)}"

    @property
    def told(self) -> tuple[object, ...]:
        """What makes two payments of files alike."""
        if self.number:
            return "payment", self.number
        return (
            *("payment", self.customer.pk, self.on.isoformat(), f"{self.amount.normalize():f}"),
            *(self.customer.currency, self.reference),
            "" if self.reference else self.read.invoices,
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment on hold, brought by another file."""

    reference: str
    batch: str
    row: int
    by_payout: bool  # a card processor's own names are no reference of ours


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """`key` of one that is new, or `asks` where only a person can say whether it is, and then the `key`
    that it has if so. Without a key it is here, unchanged."""

    key: str = ""
    asks: str = ""


UNCHANGED = Verdict()


@dataclass
class AlreadyHere:
    """Payments that stand here, wait on hold, or came further up in the file."""

    file_import: FileImport
    # By the hash of what makes two alike: the row of the first, and how many more went by.
    _first: dict[int, int] = field(default_factory=dict)
    _more: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    _waiting: defaultdict[Alike, list[Waiting]] = field(default_factory=lambda: defaultdict(list))
    _standing: defaultdict[Alike, list[Payment]] = field(default_factory=lambda: defaultdict(list))
    _of_reference: dict[tuple[int, date, str], Payment] = field(default_factory=dict)
    _came_by_file: set[int] = field(default_factory=set)
    _numbered: dict[UUID, Payment] = field(default_factory=dict)
    _applied: defaultdict[int, dict[str, Decimal]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _brought: dict[str, BroughtMoney] = field(default_factory=dict)
    _same_file: dict[int, bool] = field(default_factory=dict)  # by batch

    def what_waits(self) -> Iterator[Part]:
        """The parts of all payments on hold; what waits of other imports is remembered."""
        act = BroughtMoney.Act.RECEIVE
        names: dict[int, str] = {}  # one text for each batch, however many wait in it
        rows = waiting_of(self.file_import.company, act)
        for told, row, batch, name in rows.values_list(
            "plan", "row", "batch_id", "batch__name"
        ).iterator():
            plan = read_plan(act, told)
            assert isinstance(plan, PaymentPlan), "of this act"
            yield from plan.parts
            if batch != self.file_import.batch_id:
                by_payout = bool(plan.payout_reference)
                waits = Waiting(plan.reference, names.setdefault(batch, name), row, by_payout)
                self._waiting[plan.customer, plan.on, plan.amount].append(waits)

    def find(self, candidates: Sequence[Candidate]) -> None:
        """Know what stands here of these, in a fixed number of queries, and what they are alike."""
        for each in candidates:
            self._remember(each)
        of_company = Payment.objects.filter(company=self.file_import.company)
        rows = of_company.filter(
            status=Payment.Status.RECEIVED,
            customer__in=with_aliases({each.customer.pk for each in candidates}),
            date__in={each.on for each in candidates},
        )
        self._standing.clear()
        self._of_reference.clear()
        for payment in rows.select_related("customer__merged_into").order_by("pk"):
            # Money of a customer that was merged since is money of the one that stands for it.
            customer = stands_for(payment.customer).pk
            self._standing[customer, payment.date, payment.amount].append(payment)
            if reference := _on_one_line(payment.reference):
                self._of_reference.setdefault((customer, payment.date, reference), payment)
        standing = {each.pk for some in self._standing.values() for each in some}
        came = BroughtMoney.objects.filter(payment__in=standing).values_list(
            "payment_id", flat=True
        )
        self._came_by_file = {each for each in came if each is not None}
        numbers = {found for each in candidates if (found := _uuid(each.number)) is not None}
        numbered = of_company.filter(public_id__in=numbers).select_related("method", "customer")
        self._numbered = {each.public_id: each for each in numbered} if numbers else {}
        self._applied.clear()
        allocations = Allocation.objects.filter(
            payment__in=self._numbered.values(), reversed_on=None, invoice__isnull=False
        )
        sums = allocations.order_by().values_list("payment_id", "invoice__number")
        for pk, number, amount in sums.annotate(Sum("amount")) if self._numbered else ():
            self._applied[pk or 0][number or ""] = amount
        keys = [key for each in candidates for key in self._keys(each)]
        self._brought = known(self.file_import.company, keys)

    def verdict(self, candidate: Candidate) -> Verdict:
        """Raises ValidationError for one that stands here otherwise, or was cancelled here since, and where
        rows of one payment lie apart."""
        if candidate.number and candidate.times:
            first = self._first[hash(candidate.told)]
            raise ValidationError(
                f"row {first} bears the number {candidate.number} too, with others between. Put all rows "
                "of one payment together, or give it a number of its own"
            )
        own = _uuid(candidate.number)
        if own is not None and own in self._numbered:
            _refuse_other(self._numbered[own], candidate, self._applied[self._numbered[own].pk])
            return UNCHANGED
        plain, taken = self._keys(candidate)
        brought = self._brought.get(taken) or self._brought.get(plain)
        if brought is not None:
            return self._brought_before(brought, candidate, taken)
        if self._is_here(candidate):
            return UNCHANGED
        asks = candidate.asks or self._asks(candidate)
        return Verdict(key=taken if asks else plain, asks=asks)

    def _remember(self, candidate: Candidate) -> None:
        row, alike = candidate.read.row, hash(candidate.told)
        first = self._first.setdefault(alike, row)
        if first != row:
            self._more[alike] += 1
            candidate.times = self._more[alike]
            candidate.asks = (
                f"row {first} says the same: {candidate.words}. Take this one too if the money came twice; "
                "leave it out if it is written twice."
            )
        elif candidate.reference and not candidate.number:
            of_reference = hash((candidate.customer.pk, candidate.on, candidate.reference))
            first = self._first.setdefault(of_reference, row)
            if first != row:
                candidate.asks = (
                    f"row {first} is a payment of the same customer, day and reference. Take this one "
                    "if it is another payment. If both rows are one, put them together in the file, each "
                    "with its invoice, and bring it again."
                )

    def _keys(self, candidate: Candidate) -> tuple[str, str]:
        """By which it is known in any file; and, of one that a person took for another, in this one."""
        told = candidate.told
        if candidate.number:
            return key_of(*told), key_of(*told)
        of_file = (self.file_import.sha256, candidate.read.row)
        return key_of(*told, candidate.times), key_of(*told, *of_file)

    def _brought_before(self, brought: BroughtMoney, candidate: Candidate, taken: str) -> Verdict:
        payment = brought.payment
        if payment is not None and not payment.is_received:
            raise ValidationError(
                f"it was brought before by “{brought.batch}”, and cancelled here since. If the money did "
                "arrive, receive it by hand"
            )
        if candidate.number:
            _refuse_another(brought, candidate)
        if candidate.reference or candidate.number or self._by_this_file(brought):
            return UNCHANGED
        return Verdict(
            key=taken,
            asks=f"{candidate.words}, without a reference, was brought before by “{brought.batch}”, row "
            f"{brought.row}. Take it if money came once more; leave it out if it is the same.",
        )

    def _by_this_file(self, brought: BroughtMoney) -> bool:
        """Whether it came by the same file, however often that is brought."""
        batch = brought.batch_id
        if batch not in self._same_file:
            same = FileImport.objects.filter(batch=batch, sha256=self.file_import.sha256)
            self._same_file[batch] = same.exists()
        return self._same_file[batch]

    def _is_here(self, candidate: Candidate) -> bool:
        """Whether as many stand here, or wait, with the same reference as the file has told of."""
        if not candidate.reference:
            return False
        if candidate.number:
            return self._stands_by_hand(candidate)
        found = [_on_one_line(each.reference) for each in self._standing.get(candidate.alike, ())]
        found += [each.reference for each in self._waiting.get(candidate.alike, ())]
        return candidate.times < found.count(candidate.reference)

    def _stands_by_hand(self, candidate: Candidate) -> bool:
        """Whether one that bears a number over there was received here by hand, with its reference: each
        payment here is one of the file."""
        for each in self._standing.get(candidate.alike, ()):
            same = _on_one_line(each.reference) == candidate.reference
            if same and each.pk not in self._came_by_file:
                self._came_by_file.add(each.pk)
                return True
        return False

    def _asks(self, candidate: Candidate) -> str:
        """Something like it is here, and no reference tells them apart."""
        for payment in self._standing.get(candidate.alike, ()):
            apart = candidate.number and payment.pk in self._came_by_file
            told_apart = candidate.reference and payment.reference and not payment.payout_reference
            if not apart and not told_apart:
                named = f", reference {payment.reference}" if payment.reference else ""
                return (
                    f"{candidate.words}{named} stands here already. Take it if this is another payment; "
                    "leave it out if it is the same."
                )
        for waits in self._waiting.get(candidate.alike, ()):
            if waits.by_payout or not (candidate.reference and waits.reference):
                return (
                    f"{candidate.words} waits on hold, brought by “{waits.batch}”, row {waits.row}. "
                    "Take it if this is another payment; leave it out if it is the same."
                )
        of = (candidate.customer.pk, candidate.on, candidate.reference)
        grown = self._of_reference.get(of) if candidate.reference and not candidate.number else None
        if grown is not None and grown.amount != candidate.amount:
            return (
                f"{figure(grown.amount, grown.currency, grouped=True)} {grown.currency} of the same customer, "
                "day and reference stand here already. Take it if this is money beside that; leave it out "
                "if that is part of it, and receive the rest by hand."
            )
        return ""


def _refuse_another(brought: BroughtMoney, candidate: Candidate) -> None:
    """Raises ValidationError where another payment came under this number."""
    plan = plan_of(brought)
    assert isinstance(plan, PaymentPlan), "payments alone have such a key"
    payer = stands_for(Customer.objects.select_related("merged_into").get(pk=plan.customer))
    if (payer.pk, plan.on, plan.amount) != candidate.alike:
        was = figure(plan.amount, plan.currency, grouped=True)
        raise ValidationError(
            f"the number {candidate.number} was brought before as {was} {plan.currency} of {payer} on "
            f"{day(plan.on)}, by “{brought.batch}”. Give another payment another number"
        )


def _on_one_line(text: str) -> str:
    """As texts of a file are read."""
    return " ".join(text.split())


def _uuid(number: str) -> UUID | None:
    try:
        return UUID(number)
    except ValueError:
        return None


def _refuse_other(payment: Payment, candidate: Candidate, applied: dict[str, Decimal]) -> None:
    """Raises ValidationError with the first thing in which the file tells another payment."""
    read = candidate.read
    if not payment.is_received:
        raise ValidationError(
            "this payment is cancelled here. If the money did arrive, receive it by hand"
        )
    posted = (
        ("customer", str(payment.customer), str(candidate.customer)),
        ("date", day(payment.date), day(candidate.on)),
        ("amount", f"{payment.amount.normalize():f}", f"{candidate.amount.normalize():f}"),
    )
    for name, here, there in posted:
        if here != there:
            raise ValidationError(
                f"this payment stands here with the {name} {here}, the file has {there}. Cancel it and "
                "receive it again"
            )
    told = {
        "method": payment.method.name if payment.method else "",
        "reference": payment.reference,
        "payout": payment.payout_reference,
        "memo": payment.memo,
    }
    for name, here in told.items():
        if (there := read.text(name)) and _on_one_line(here) != _on_one_line(there):
            raise ValidationError(
                f"this payment stands here with the {name} “{here}”, the file has “{there}”. Change it "
                "on the payment's page"
            )
    in_file: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in read.parts:
        in_file[part.invoice] += part.amount or ZERO
    if read.says_what_is_applied and in_file != applied:
        raise ValidationError(
            f"this payment settles {_parts(applied)} here, and {_parts(in_file)} in the file. Apply it on "
            "the payment's page"
        )


def _parts(applied: dict[str, Decimal]) -> str:
    told = [f"{number} ({amount.normalize():f})" for number, amount in sorted(applied.items())]
    return ", ".join(told) or "nothing"
