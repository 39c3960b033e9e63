"""Bank accounts of ours, and bank deposits: what the bank shows as one line."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.formats import date_format

from apps.billing.models.base import (
    MONEY,
    RATE,
    Frozen,
    Remembered,
    Synced,
    SyncedManager,
    WithLines,
    long_list,
)
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.entries import AccountRole, Refund
from apps.billing.models.payments import Payment
from apps.billing.models.taxes import TaxRate
from apps.core.kept import KeptHistory
from apps.core.money import figure


class BankAccount(Remembered):
    """An account at a bank. What it is called in a ledger is a mapping."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="bank_accounts")
    name = models.CharField(max_length=60)
    currency = models.CharField(**CURRENCY)
    active = models.BooleanField(default=True)

    history = KeptHistory()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("company", Lower("name"), name="bank_account_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Deposit(Synced):
    """A bank deposit: payments, refunds and fees that reach the bank as one line.

    `total` is that line: the sum of its lines, signed, and below nil where more went out.
    """

    kind = "deposit"

    class Status(models.TextChoices):
        MADE = "made", "In the books"
        UNDONE = "undone", "Undone"

    OPEN_FIELDS: ClassVar[frozenset[str]] = frozenset({"memo"})

    company = models.ForeignKey(Company, models.PROTECT, related_name="deposits")
    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="deposits")
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.MADE, editable=False
    )
    date = models.DateField()
    currency = models.CharField(**CURRENCY)
    exchange_rate = models.DecimalField(**RATE, default=Decimal(1))
    total = models.DecimalField(**MONEY, editable=False)
    reference = models.CharField(
        max_length=60, blank=True, help_text="The processor's payout, as on the bank statement."
    )
    memo = models.CharField(max_length=400, blank=True)
    made_in = models.CharField(
        max_length=40, blank=True, editable=False, help_text="The side that made it; empty: Tieout."
    )
    undone_on = models.DateField(null=True, blank=True, editable=False)
    undo_reason = models.CharField(max_length=200, blank=True, editable=False)

    _books: Company  # as locked by the save under way
    # Of a deposit that is being made, whose lines are written right after it.
    new_lines: "Sequence[DepositLine]" = ()

    history = KeptHistory(bases=[WithLines])

    class Meta:
        verbose_name = "bank deposit"
        ordering = ["-date", "-id"]
        permissions = [
            ("make_deposit", "Can make bank deposits"),
            ("undo_deposit", "Can undo bank deposits"),
        ]
        indexes = [
            models.Index(fields=["company", "-date", "-id"], name="deposit_listed"),
            *long_list("deposit", "-date", "total"),
        ]

    def __str__(self) -> str:
        return f"{figure(self.total, self.currency, grouped=True)} {self.currency} of {date_format(self.date, 'j M Y')}"

    @property
    def is_made(self) -> bool:
        return self.status == self.Status.MADE

    def _lock_books(self) -> None:
        self._books = Company.locked(self.company_id)

    def _refuse_new(self) -> None:
        raise Frozen("A bank deposit is made by “Make bank deposit”, not by saving it.")

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        if frozen := [field for field in changed if field.name not in self.OPEN_FIELDS]:
            raise Frozen(
                f"This bank deposit is in the books, so its {frozen[0].verbose_name} cannot "
                "change. Undo it and make another."
            )
        if changed:
            self._books.refuse_change("This bank deposit", stored["date"])

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("A bank deposit is never deleted. Undo it instead.")


class DepositLine(models.Model):
    """A payment or refund, whole, or an amount on the account of a role (a fee, below nil).

    Lines are written with their deposit, by `billing/acts/depositing.py` alone.
    """

    deposit = models.ForeignKey(Deposit, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(default=1)
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="deposit_lines"
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="deposit_lines"
    )
    role = models.CharField("account", max_length=20, choices=AccountRole.choices, blank=True)
    description = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(**MONEY)
    # Of a fee that bears tax: its net, and on a line of its own the tax, name the rate.
    tax_rate = models.ForeignKey(TaxRate, models.PROTECT, null=True, blank=True, related_name="+")
    # Of an undone deposit: its payments are free for another one.
    standing = models.BooleanField(default=True, editable=False)

    objects = SyncedManager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [
            models.Index(
                fields=["role", "deposit"], name="deposit_line_of_role", condition=Q(role__gt="")
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, refund=None, role="")
                | Q(payment=None, refund__isnull=False, role="")
                | (Q(payment=None, refund=None) & ~Q(role="")),
                name="deposit_line_has_one_source",
            ),
            *(
                models.UniqueConstraint(
                    fields=[name],
                    condition=Q(standing=True, **{f"{name}__isnull": False}),
                    name=f"{name}_deposited_once",
                )
                for name in ("payment", "refund")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment or self.refund or self.description or self.get_role_display()}"

    def save(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("The lines of a bank deposit are made with it. Undo it and make another.")

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("The lines of a bank deposit are kept. Undo it instead.")


class OutsideDeposit(models.Model):
    """A payment of ours that lies in a bank deposit which is only theirs: one with a line that is
    none of ours. It is at the bank, so it is locked and proposed for no deposit here.

    `key` is their deposit as `sync` knows it; `label` what staff read.
    """

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="outside_deposit")
    key = models.CharField(max_length=100)
    label = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["key"], name="outside_deposit_key")]

    def __str__(self) -> str:
        return self.label
