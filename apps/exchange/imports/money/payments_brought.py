"""Brings payments with what they settle: they wait on hold until their batch is released."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower

from apps.billing.models import Company, Customer, Payment, PaymentMethod
from apps.billing.rules.at_the_bank import bank_side
from apps.billing.rules.documents import require_amount
from apps.billing.rules.families import stands_for
from apps.connectors.profiles import RecordProfile
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.answering import answers_of
from apps.exchange.imports.at_hand import looked_at, profile_of, records_of
from apps.exchange.imports.columns import Columns
from apps.exchange.imports.money.already_here import AlreadyHere, Candidate
from apps.exchange.imports.money.holding import Movement, hold
from apps.exchange.imports.money.payments_read import (
    ReadPayment,
    payments_in,
    portions_of,
    refused,
)
from apps.exchange.imports.money.plans import PaymentPlan
from apps.exchange.imports.money.settling import Open
from apps.exchange.imports.port import Preview, Question, ShownRow
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.imports.shapes import PAYMENTS
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport

PORTION = 250  # rows at once: bounds memory, and the lock of a transaction to 200 ms on SQLite
SHOWN = ("date", "customer_name", "invoice", "applied", "amount", "currency", "reference", "method")
ONE = Decimal(1)


@dataclass(slots=True)
class JudgedPayments:
    file_import: FileImport
    outcomes: list[tuple[ReadPayment, Outcome, str]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    refused: list[list[Refusal]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    @property
    def refusals(self) -> Sequence[Refusal]:
        return [each for some in self.refused for each in some]

    def count(self, tally: Tally) -> None:
        for read, outcome, currency in self.outcomes:
            tally.add(outcome, read.rows, currency=currency, day=read.day, amount=read.amount)
        for some in self.refused:
            tally.refuse(some)

    def write(self) -> None:
        batch = self.file_import.batch
        assert batch is not None, "what brings anything has a batch"
        hold(batch, self.movements)


class PaymentsBrought:
    holds = True

    def __init__(self, file_import: FileImport) -> None:
        profile = profile_of(file_import)
        assert isinstance(profile, RecordProfile), "it brings payments"
        self.file_import, self.profile = file_import, profile
        self.company: Company = file_import.company
        self._gone_by = 0  # the row up to which payments were judged

    def portions(self) -> Iterator[Sequence[ReadPayment]]:
        for portion in portions_of(payments_in(records_of(self.file_import)), PORTION):
            yield portion
            if self._gone_by < portion[-1].row:
                # Judged by an earlier task: what it leaves open, and what is alike, is to be known.
                self.judge(portion, writing=False)

    def judge(self, portion: Sequence[ReadPayment], *, writing: bool) -> JudgedPayments:
        self._gone_by = portion[-1].row
        judged = JudgedPayments(self.file_import)
        self._open.find(portion)
        customers = self._customers_of(portion)
        candidates: list[Candidate] = []
        for read in portion:
            if read.left_out is not None:
                judged.outcomes.append((read, Outcome.LEFT_OUT, ""))
                read.notes.append(_note(read, f"left out: {read.left_out}"))
            elif read.refusals:
                judged.refused.append(read.refusals)
            else:
                try:
                    candidates.append(self._candidate(read, customers))
                except ValidationError as error:
                    judged.refused.append(refused(read, _sentence(error)))
        self._here.find(candidates)
        for each in candidates:
            try:
                self._decide(each, judged, writing)
            except ValidationError as error:
                judged.refused.append(refused(each.read, _sentence(error)))
        return judged

    def first_rows(self, at_most: int) -> Preview:
        records = islice(records_of(self.file_import), at_most)
        headings = [self._called(each) for each in SHOWN]
        figures = frozenset(place for place, of in enumerate(SHOWN) if of in PAYMENTS.numbers)
        return Preview(headings=headings, figures=figures, rows=[*map(_shown, records)])

    # --- What it remembers ------------------------------------------------------------------------

    @cached_property
    def _here(self) -> AlreadyHere:
        return AlreadyHere(self.file_import)

    @cached_property
    def _open(self) -> Open:
        found = Open(self.company)
        found.take(self._here.what_waits())
        return found

    @cached_property
    def _answers(self) -> dict[int, bool]:
        return dict(answers_of(self.file_import))

    @cached_property
    def _methods(self) -> dict[str, PaymentMethod]:
        rows = PaymentMethod.objects.filter(company=self.company)
        return {each.name.casefold(): each for each in rows}

    @cached_property
    def _columns(self) -> Columns[Any] | None:
        seen = looked_at(self.file_import)
        return Columns(self.profile, PAYMENTS, seen.headings) if seen else None

    def _called(self, of: str) -> str:
        """As the file calls it."""
        return self._columns.called(of) if self._columns else PAYMENTS.called.get(of, of)

    # --- One payment ------------------------------------------------------------------------------

    def _customers_of(self, portion: Iterable[ReadPayment]) -> dict[str, Customer]:
        """By code and by name, both without case."""
        codes = {each.text("customer_code").lower() for each in portion} - {""}
        names = {each.text("customer_name").lower() for each in portion} - {""}
        rows = Customer.objects.filter(company=self.company).alias(
            lower_code=Lower("code"), lower_name=Lower("name")
        )
        found: dict[str, Customer] = {}
        for each in rows.filter(Q(lower_code__in=codes) | Q(lower_name__in=names)):
            found[f"name {each.name.lower()}"] = each
            if each.code:
                found[f"code {each.code.lower()}"] = each
        return found

    def _candidate(self, read: ReadPayment, customers: dict[str, Customer]) -> Candidate:
        customer = stands_for(self._customer(read, customers))
        amount, on = read.amount, read.day
        assert amount is not None, "required by the shape's profiles"
        assert on is not None, "likewise"
        currency = read.text("currency").upper() or customer.currency
        if currency != customer.currency:
            raise ValidationError(
                f"{self._called('currency')} “{currency}”: {customer} pays in {customer.currency}. "
                f"Bring what came in {currency} for a customer of that currency"
            )
        if amount < 0:
            raise ValidationError(
                f"{self._called('amount')} {amount:f} is below nil: money that went back is a refund. Pay "
                "it out on the page of the payment or credit note"
            )
        return Candidate(read=read, customer=customer, amount=amount, on=on)

    def _customer(self, read: ReadPayment, customers: dict[str, Customer]) -> Customer:
        code, name = read.text("customer_code"), read.text("customer_name")
        found = customers.get(f"code {code.lower()}") if code else None
        named = customers.get(f"name {name.lower()}") if name else None
        if found is None and named is not None and not (code and named.code):
            found = named
        if found is not None:
            return found
        if not code and not name:
            found = self._open.customer_of(read.parts)
            if found is not None:
                return found
            raise ValidationError(
                f"{self._called('invoice')} “{read.invoices}” is not here, and no customer is named. Bring "
                "the invoices first, or name the customer"
            )
        of = "customer_code" if code else "customer_name"
        raise ValidationError(
            f"{self._called(of)} “{code or name}”: there is no such customer here. Add the customer, or "
            "write it as it stands here"
        )

    def _decide(self, candidate: Candidate, judged: JudgedPayments, writing: bool) -> None:
        read, currency = candidate.read, candidate.customer.currency
        verdict = self._here.verdict(candidate)
        answer = self._answers.get(read.row)
        if not verdict.key:
            judged.outcomes.append((read, Outcome.UNCHANGED, currency))
        elif answer is False:
            judged.outcomes.append((read, Outcome.LEFT_OUT, currency))
        elif verdict.asks and answer is None and writing:
            raise ValidationError(f"{verdict.asks} It came up since this file was checked")
        else:
            plan = self._plan(candidate, judged if not writing else None)
            if verdict.asks and answer is None:
                judged.outcomes.append((read, Outcome.ASKED, currency))
                judged.questions.append(
                    Question(row=read.row, document=read.called, sentence=verdict.asks)
                )
                return
            self._open.take(plan.parts)
            judged.outcomes.append((read, Outcome.NEW, currency))
            judged.movements.append(
                Movement(row=read.row, key=verdict.key, called=read.called, plan=plan)
            )

    def _plan(self, candidate: Candidate, judged: JudgedPayments | None) -> PaymentPlan:
        """Raises ValidationError where billing would not receive it."""
        read, customer = candidate.read, candidate.customer
        require_amount(candidate.amount, customer.currency)
        self.company.refuse_closed(candidate.on)
        plan = PaymentPlan(
            customer=customer.pk,
            amount=candidate.amount,
            currency=customer.currency,
            on=candidate.on,
            reference=read.text("reference"),
            payout_reference=read.text("payout"),
            memo=read.text("memo").strip(),
            exchange_rate=self._rate(candidate),
            bank_currency=read.text("bank_currency").upper(),
            bank_amount=read.number("bank_amount"),
            rest_is=read.text("rest_is"),
        )
        method = self._method(read.text("method"))
        bank_side(
            company=self.company,
            currency=customer.currency,
            amount=plan.amount,
            date=plan.on,
            method=method,
            exchange_rate=plan.exchange_rate,
            bank_currency=plan.bank_currency,
            bank_amount=plan.bank_amount,
        )
        _refuse_unfit(plan)
        settled = self._open.settled(read, customer, plan.amount, plan.on)
        if judged is not None:
            read.notes += [_note(read, each) for each in settled.notes]
        return replace(plan, method=method.pk if method else None, parts=tuple(settled.parts))

    def _rate(self, candidate: Candidate) -> Decimal | None:
        rate = candidate.read.number("exchange_rate")
        at_home = candidate.customer.currency == self.company.home_currency
        return None if at_home and rate == ONE else rate

    def _method(self, name: str) -> PaymentMethod | None:
        if not name:
            return None
        method = self._methods.get(name.casefold())
        if method is None:
            raise ValidationError(
                f"{self._called('method')} “{name}”: there is no such payment method here. Add it under "
                "Payment methods, or write one that is there"
            )
        return method


def _refuse_unfit(plan: PaymentPlan) -> None:
    """What the texts of a payment cannot hold."""
    payment = Payment(
        date=plan.on,
        currency=plan.currency,
        amount=plan.amount,
        reference=plan.reference,
        payout_reference=plan.payout_reference,
        memo=plan.memo,
        rest_is=plan.rest_is or Payment.OnAccount.OVERPAYMENT,
    )
    try:
        payment.clean_fields(exclude=["company", "customer", "method", "exchange_rate"])
    except ValidationError as error:
        raise ValidationError(
            [
                f"{PAYMENTS.called.get(name, name)}: {' '.join(sentences)}"
                for name, sentences in error.message_dict.items()
            ]
        ) from error


def _note(read: ReadPayment, sentence: str) -> Note:
    return Note(row=read.row, document=read.called, sentence=sentence)


def _sentence(error: ValidationError) -> str:
    return " ".join(error.messages)


def _shown(record: ReadRecord) -> ShownRow:
    on = record.day("date")
    told = {
        **{of: record.text(of) for of in SHOWN},
        "date": f"{on:%-d %b %Y}" if on else "",
        "customer_name": record.text("customer_code") or record.text("customer_name"),
        **{
            of: f"{amount:f}" if (amount := record.number(of)) is not None else ""
            for of in ("amount", "applied")
        },
    }
    trouble = record.trouble or (f"left out: {record.left_out}" if record.left_out else "")
    return ShownRow(row=record.row, cells=[told[of] for of in SHOWN], trouble=trouble)
