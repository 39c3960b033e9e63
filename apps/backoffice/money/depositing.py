"""Make bank deposit: what is proposed, and what a person ticks to be one line of the bank."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.asking import Asking
from apps.backoffice.frame.days import DayField, show_days_of
from apps.backoffice.frame.figure_field import FigureField
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.performing import SHOW
from apps.backoffice.frame.record_forms import AsManyAsPosted
from apps.backoffice.frame.sight import companies_for, in_sight
from apps.backoffice.ledgers.rehearsal import will_book
from apps.backoffice.money import doubles
from apps.backoffice.money.forms import fee_words
from apps.backoffice.money.settling_parts import amount_input
from apps.billing import actions
from apps.billing.acts import to_bank
from apps.billing.acts.depositing import ON_THE_LINE, bank_currency, bank_line
from apps.billing.models import (
    AccountRole,
    BankAccount,
    Company,
    Payment,
    PaymentMethod,
    Refund,
    TaxRate,
)
from apps.billing.rules.days import Sense
from apps.billing.rules.fee_tax import fee_rates
from apps.core.money import ZERO, minor_unit
from apps.core.numbers import whole
from apps.core.together import Together

SPARE_FEES = 2
OFFERS = 50  # proposed deposits that are shown, the oldest
ROOM = 100  # payments and refunds that are offered to be ticked, the oldest
ZONES = "time zones of companies"
PROPOSED = "proposed"  # in the address: which of them is looked through


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A proposed deposit as a row: what it is, and the address that ticks it."""

    method: PaymentMethod
    payout: str
    date: Date  # of the last of them
    currency: str  # of the bank
    total: Decimal
    count: int
    url: str  # empty where no bank account takes it


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A payment or refund that may be ticked, and what it adds to the line of the bank."""

    record: Payment | Refund
    name: str
    amount: Decimal
    ticked: bool
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What waits for a bank deposit, of all companies of whoever asks."""

    proposed: to_bank.Proposed
    methods: list[to_bank.Clearing]


def ask_methods(request: HttpRequest, asked: Together) -> None:
    to_bank.ask_methods(asked, companies_for(request))


def ask_proposed(
    asked: Together, found: Together, companies: Iterable[Company]
) -> list[to_bank.Clearing]:
    """Put into `asked` what is proposed by the methods that were `found`."""
    methods = to_bank.clearing(found, {each.pk: each.today() for each in companies})
    to_bank.ask_proposed(asked, methods)
    return methods


def what_waits(request: HttpRequest) -> Waiting:
    """In two queries, however much it is."""
    found, asked = Together(), Together()
    ask_methods(request, found)
    found.rows(ZONES, companies_for(request), "pk", "time_zone")
    found.ask()
    companies = [Company(pk=int(key), time_zone=zone) for key, zone in found.rows_of(ZONES)]
    methods = ask_proposed(asked, found, companies)
    asked.ask()
    return Waiting(proposed=to_bank.proposed(asked, methods), methods=methods)


def proposals_waiting(request: HttpRequest) -> str:
    """How many bank deposits are proposed today, in words; empty where none is."""
    found = what_waits(request).proposed
    if not found.groups:
        return ""
    return f"more than {len(found.groups) - 1:,}" if found.more else f"{len(found.groups):,}"


class DepositForm(Asking, forms.Form):
    """The line of the bank: when, called what, and how much it should come to."""

    date = DayField(label="Date on the bank statement", sense=Sense.MONEY)
    reference = forms.CharField(
        max_length=60, required=False, help_text="The payout, as on the bank statement."
    )
    expected = FigureField(
        required=False, max_digits=19, decimal_places=4, widget=amount_input(),
        help_text="It is compared with what you tick.",
    )  # fmt: skip
    memo = forms.CharField(max_length=400, required=False)
    payments = forms.MultipleChoiceField(required=False)
    refunds = forms.MultipleChoiceField(required=False)

    def __init__(
        self,
        *args: Any,
        account: BankAccount,
        free: Sequence[Payment | Refund],
        fees: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.record = account
        self.free = free
        self.fees = fees
        self.fields["expected"].label = f"Amount on the bank statement ({account.currency})"
        for name, model in (("payments", Payment), ("refunds", Refund)):
            choice: Any = self.fields[name]
            choice.choices = [(each.pk, each) for each in free if isinstance(each, model)]

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        answers = self.cleaned_data
        yield from doubles.deposit(self.record, answers["date"], answers["reference"])
        if self.fees.is_valid():
            for line in lines_of_fees(self.fees):
                currency = self.record.currency
                yield from fee_words("fee", -line.amount, line.tax_rate, currency)

    def heads(self) -> list[Any]:
        return [self[name] for name in ("date", "reference", "expected", "memo")]

    def members(self) -> list[Member]:
        return [
            Member(
                record=each,
                name=_field_of(each),
                amount=bank_line(each),
                ticked=str(each.pk) in [str(key) for key in self[_field_of(each)].value() or []],
                url=reverse(f"admin:billing_{each._meta.model_name}_change", args=[each.pk]),
            )
            for each in self.free
        ]

    def chosen(self, name: str) -> list[Any]:
        keys = set(self.cleaned_data[name])
        return [each for each in self.free if _field_of(each) == name and str(each.pk) in keys]


class FeeLine(forms.Form):
    """What the bank or the processor kept of the line; a row without amount is left out."""

    role = forms.ChoiceField(
        label="What for", choices=[(role.value, AccountRole(role).label) for role in ON_THE_LINE]
    )
    description = forms.CharField(max_length=200, required=False)
    tax_rate = forms.ModelChoiceField(
        TaxRate.objects.none(), label="Tax in it", required=False, empty_label="None"
    )
    taken_off = FigureField(
        label="Taken off", required=False, max_digits=19, decimal_places=4,
        widget=amount_input(**{"class": "t-money", "data-off": ""}),
    )  # fmt: skip

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["tax_rate"]).queryset = fee_rates(company)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label or name.capitalize()}, fee"

    def line(self) -> actions.DepositAmount | None:
        taken: Decimal | None = self.cleaned_data.get("taken_off")
        if not taken:
            return None
        return actions.DepositAmount(
            role=self.cleaned_data["role"],
            amount=-taken,
            description=self.cleaned_data["description"],
            tax_rate=self.cleaned_data["tax_rate"],
        )


def lines_of_fees(fees: Any) -> list[actions.DepositAmount]:
    return [line for each in fees.forms if (line := each.line()) is not None]


FeeLines = forms.formset_factory(FeeLine, formset=AsManyAsPosted, extra=SPARE_FEES)


def deposit_page(screen: Screen, request: HttpRequest) -> HttpResponse:
    """GET shows what is proposed and, for one bank account, what can be ticked; POST makes it."""
    active = in_sight(request.user, BankAccount.objects.filter(active=True))
    accounts = list(active.select_related("company"))
    account = _asked_for(request, accounts)
    waits = what_waits(request)
    posted = request.POST if request.method == "POST" else None
    form = fees = None
    told = SafeString("")
    if account is not None:
        show_days_of(account.company)
        fees = FeeLines(posted, prefix="fees", form_kwargs={"company": account.company})
        form = DepositForm(
            posted,
            account=account,
            free=_free(request, account, waits),
            fees=fees,
            initial=_ticked_by_address(request, account, waits),
        )
        if posted is not None and form.is_valid() and fees.is_valid():
            deposit = None
            try:
                if SHOW in posted:
                    told = will_book(request, account, _make, account, form, fees)
                else:
                    deposit = _make(account, form, fees)
            except ValidationError as refusal:
                form.add_error(None, refusal.messages)
            if deposit is not None:
                total = f"{amount_text(deposit.total, deposit.currency)} {deposit.currency}"
                messages.success(request, f"Bank deposit made: {total} on {account}.")
                return HttpResponseRedirect(screen.page("change", deposit.pk))
    context = {
        **screen.admin_site.each_context(request),
        "title": "Make bank deposit",
        "trail": screen.trail("Make bank deposit"),
        "opts": screen.opts,
        "back": screen.page("changelist"),
        "accounts": accounts,
        "account": account,
        "offers": _offers(screen, waits),
        "offers_shown": OFFERS if waits.proposed.more or len(waits.proposed.groups) > OFFERS else 0,
        "members_shown": ROOM if form is not None and len(form.free) >= ROOM else 0,
        "form": form,
        "fees": fees,
        "told": told,
        "decimals": -int(minor_unit(account.currency).as_tuple().exponent) if account else 2,
    }
    return TemplateResponse(request, "backoffice/money/make_deposit.html", context)


def _asked_for(request: HttpRequest, accounts: Sequence[BankAccount]) -> BankAccount | None:
    """The bank account of the address; the only one there is where none is named."""
    wanted = request.GET.get("bank", "")
    if not wanted and len(accounts) == 1:
        return accounts[0]
    return next((each for each in accounts if str(each.pk) == wanted), None)


def _free(request: HttpRequest, account: BankAccount, waits: Waiting) -> list[Payment | Refund]:
    """What may lie on this account's line: the oldest that wait in its currency, all that is ticked, and
    all of the proposed deposit that is looked through."""
    methods = [each for each in waits.methods if each.company == account.company_id]
    ticked = request.POST if request.method == "POST" else request.GET
    also = {
        model: [key for text in ticked.getlist(name) if (key := whole(text))]
        for name, model in (("payments", Payment), ("refunds", Refund))
    }
    free = to_bank.waiting(methods, account.currency, ROOM, also)
    known = {(type(each), each.pk) for each in free}
    more = [each for each in _looked_through(request, waits) if (type(each), each.pk) not in known]
    fits = [
        each
        for each in more
        if each.company_id == account.company_id and bank_currency(each) == account.currency
    ]
    return sorted([*free, *fits], key=lambda each: (each.date, each.pk))


def _looked_through(request: HttpRequest, waits: Waiting) -> list[Payment | Refund]:
    """What lies in the proposed deposit that the address names."""
    wanted = request.GET.get(PROPOSED, "")
    group = next((each for each in waits.proposed.groups if _name(each) == wanted), None)
    if group is None:
        return []
    method = next(each for each in waits.methods if each.method == group.method)
    return [
        each
        for rows in to_bank.members_of(method, group).values()
        for each in rows.select_related("method__bank_account", "customer")
    ]


def _name(group: to_bank.Group) -> str:
    """A proposed deposit in an address."""
    return "/".join("" if each is None else str(each) for each in group.key)


def _ticked_by_address(
    request: HttpRequest, account: BankAccount, waits: Waiting
) -> dict[str, Any]:
    asked, looked = request.GET, _looked_through(request, waits)
    ticked = {
        name: [each.pk for each in looked if _field_of(each) == name] or asked.getlist(name)
        for name in ("payments", "refunds")
    }
    return {
        "date": asked.get("date") or account.company.today(),
        "reference": asked.get("reference", ""),
        **ticked,
    }


def _offers(screen: Screen, waits: Waiting) -> list[Offer]:
    """The oldest of what is proposed, with their sums."""
    groups = waits.proposed.groups[:OFFERS]
    sums = to_bank.sums_of(groups, waits.methods)
    methods = PaymentMethod.objects.select_related("bank_account").in_bulk(
        {each.method for each in groups}
    )
    offers = [_offer(screen, methods[each.method], each, sums[each]) for each in groups]
    return sorted(offers, key=lambda each: (each.date, each.method.name, each.payout))


def _offer(
    screen: Screen, method: PaymentMethod, group: to_bank.Group, sums: to_bank.Sums
) -> Offer:
    account = method.bank_account
    query = [
        ("bank", account.pk if account else ""),
        ("date", f"{sums.last:%Y-%m-%d}"),
        ("reference", group.payout),
        (PROPOSED, _name(group)),
    ]
    fits = account is not None and account.active and account.currency == group.bank_currency
    return Offer(
        method=method,
        payout=group.payout,
        date=sums.last,
        currency=group.bank_currency,
        total=sums.total,
        count=sums.count,
        url=f"{screen.page('make')}?{urlencode(query)}#deposit" if fits else "",
    )


def _make(account: BankAccount, form: DepositForm, fees: Any) -> Any:
    answers = form.cleaned_data
    payments, refunds = form.chosen("payments"), form.chosen("refunds")
    amounts = lines_of_fees(fees)
    total = sum(map(bank_line, [*payments, *refunds]), ZERO)
    total += sum((each.amount for each in amounts), ZERO)
    expected: Decimal | None = answers["expected"]
    if expected is not None and expected != total:
        raise ValidationError(
            f"What is ticked comes to {amount_text(total, account.currency)} {account.currency}, "
            f"and the statement says {amount_text(expected, account.currency)}. Tick what is "
            "missing, or add the fee that was taken off."
        )
    return actions.make_deposit(
        account,
        date=answers["date"],
        payments=payments,
        refunds=refunds,
        amounts=amounts,
        reference=answers["reference"],
        memo=answers["memo"],
    )


def _field_of(record: Payment | Refund) -> str:
    return "payments" if isinstance(record, Payment) else "refunds"
