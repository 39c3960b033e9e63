"""What of a company goes into an archive and what stays, with the reason: a word about every model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final, TypeAlias

from django.apps import apps
from django.db import models
from django.db.models import Q

from apps.exchange.archive import renumbering
from apps.exchange.archive.renumbering import Renumber
from apps.exchange.models import FileImport
from apps.staff.models import User

Field: TypeAlias = "models.Field[Any, Any]"

# Integers that are keys of people without being foreign keys.
PERSON_KEYS: Final = frozenset(
    {
        *("made_by_id", "issued_by_id", "brought_by_id", "written_by_id"),
        *("released_by_id", "taken_back_by_id", "answered_by_id"),
    }
)
# Texts and JSON that name rows by their keys, wherever a field of this name stands.
RENUMBERED: Final[Mapping[str, Renumber]] = {
    "made_in": renumbering.origin,
    "history_change_reason": renumbering.origin,
    "waits_for": renumbering.wait,
    "taxes": renumbering.shares,
    "lines_then": renumbering.lines,
    "answers": renumbering.answers,
    "members": renumbering.keys,
    "carried": renumbering.carried,
}


class Undecided(Exception):
    """A field of which nobody said what becomes of it in an archive."""


class Treatment(Enum):
    AS_IT_IS = "as it is"
    KEY = "a key of ours: moves with the company"
    PERSON = "a person: found by e-mail address"
    RENUMBERED = "names rows by key"
    BLANK = "left empty"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A model whose rows travel. `of` is the path to the company, or a condition on its key.

    `blank` are fields that stay behind; `renumbered` those that name rows beside `RENUMBERED`.
    """

    model: type[models.Model]
    of: str | Callable[[int], Q]
    blank: frozenset[str] = frozenset()
    renumbered: Mapping[str, Renumber] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    @property
    def is_history(self) -> bool:
        return any(each.name == "history_id" for each in self.model._meta.concrete_fields)

    def rows(self, company: int) -> "models.QuerySet[Any]":
        """Its rows of this company, by key, past managers that refuse or filter."""
        condition = Q(**{self.of: company}) if isinstance(self.of, str) else self.of(company)
        return models.QuerySet(self.model).filter(condition).order_by("pk")

    @property
    def fields(self) -> list[Field]:
        return [each for each in self.model._meta.concrete_fields if not each.generated]

    def renumber(self, each: Field) -> Renumber | None:
        return self.renumbered.get(each.name) or RENUMBERED.get(each.name)

    def treatment(self, each: Field) -> Treatment:
        """Raises `Undecided` for a foreign key to what does not travel."""
        if each.name in self.blank:
            return Treatment.BLANK
        if each.attname in PERSON_KEYS:
            return Treatment.PERSON
        if each.remote_field is not None:
            target = each.remote_field.model
            if target is User:
                return Treatment.PERSON
            if target not in _models():
                raise Undecided(f"{self.label}.{each.name} leads to {target._meta.label}.")
            return Treatment.KEY
        if each.primary_key or (each.name == "id" and self.is_history):
            return Treatment.KEY
        return Treatment.AS_IT_IS if self.renumber(each) is None else Treatment.RENUMBERED


def _ended(company: int) -> Q:
    """An import under way needs its file, which stays; its batch travels all the same."""
    ended = (FileImport.Stage.WRITTEN, FileImport.Stage.CANCELLED, FileImport.Stage.UNREADABLE)
    return Q(company=company, stage__in=ended)


def _compared(company: int) -> Q:
    """What a worker there is at, it is not at here."""
    return Q(connection__company=company, state__in=("done", "stopped"))


def _of_refused(company: int) -> Q:
    return Q(file_import__in=models.QuerySet(FileImport).filter(_ended(company)))


def _history_of(name: str, parent: str) -> Callable[[int], Q]:
    """History of what hangs on another row, also where that row was deleted since."""

    def condition(company: int) -> Q:
        before = apps.get_model(parent)
        return Q(**{f"{name}__in": models.QuerySet(before).filter(company=company).values("id")})

    return condition


_WITH_COMPANY: Final = (
    "billing.NumberSeries billing.Batch billing.TaxAgency billing.TaxRate billing.ExchangeRate "
    "billing.PaymentTerm billing.BankAccount billing.PaymentMethod billing.Item billing.Customer "
    "billing.Invoice billing.CreditNote billing.Payment billing.Adjustment billing.Refund "
    "billing.OutsideEntry billing.Allocation billing.Deposit billing.KeptBoth billing.ActLimit "
    "billing.Approval exchange.BroughtMoney exchange.IssuedPrint exchange.MailedPrint "
    "exchange.ImportProfile connections.Connection reconciliation.ReviewItem "
    "reconciliation.ReviewWeek reconciliation.ClosedMonth reconciliation.BooksProof"
)
_BY_PATH: Final = {
    "billing.NumberGap": "series__company",
    "billing.TaxComponent": "rate__company",
    "billing.PaymentMethodPlace": "method__company",
    "billing.InvoiceLine": "document__company",
    "billing.CreditNoteLine": "document__company",
    "billing.DepositLine": "deposit__company",
    "billing.OutsideDeposit": "payment__company",
    "billing.Erasure": "customer__company",
    "exchange.BroughtMaster": "batch__company",
    "connections.BatchFile": "connection__company",
    "connections.BatchDownload": "file__connection__company",
    "connections.BroughtFile": "connection__company",
    "connections.BroughtRow": "brought__connection__company",
    "connections.Said": "connection__company",
    "mappings.RemoteCode": "connection__company",
    "mappings.Mapping": "connection__company",
    "sync.Run": "connection__company",
    "sync.Call": "connection__company",
    "sync.Undo": "run__connection__company",
    "sync.SyncRecord": "connection__company",
    "sync.UndoPart": "undo__run__connection__company",
    "sync.Agreed": "record__connection__company",
    "sync.Intended": "record__connection__company",
    "sync.RemoteRecord": "connection__company",
    "sync.Tie": "sync_record__connection__company",
    "sync.SideRule": "connection__company",
    "sync.Candidate": "sync_record__connection__company",
    "sync.Conflict": "sync_record__connection__company",
    "sync.CustomerMerge": "sync_record__connection__company",
    "sync.FirstOfKind": "connection__company",
    "sync.MatchDecision": "connection__company",
    "sync.OpeningItem": "sync_record__connection__company",
    "sync.Attempt": "sync_record__connection__company",
    "sync.HistoryNote": "sync_record__connection__company",
    "sync.Edit": "connection__company",
    "sync.Cursor": "connection__company",
    "reconciliation.Question": "connection__company",
    "reconciliation.Difference": "connection__company",
    "reconciliation.ReviewRemark": "item__company",
}
_BY_CONDITION: Final[Mapping[str, Callable[[int], Q]]] = {
    "billing.HistoricalTaxComponent": _history_of("rate", "billing.HistoricalTaxRate"),
    "billing.HistoricalPaymentMethodPlace": _history_of(
        "method", "billing.HistoricalPaymentMethod"
    ),
    "exchange.FileImport": _ended,
    "reconciliation.KeptComparison": _compared,
    "exchange.RefusedRow": _of_refused,
}
_GRANT: Final = frozenset({"grant"})
# Who holds the connection now, and what it was told to do next, is of that installation.
_HELD_NOW: Final = frozenset(
    {"lease_holder", "lease_until", "woken_at", "asked_to_get_at", "files_next"}
)
# What was handed over is known by number, key and checksum, so that it is not handed over again; its
# bytes are under keys of that installation.
_BYTES: Final = frozenset({"sealed"})
_BLANK: Final = {
    "connections.BatchFile": _BYTES,
    "connections.BroughtFile": _BYTES,
    "connections.Connection": _GRANT | _HELD_NOW,
    "connections.HistoricalConnection": _GRANT,
    "exchange.FileImport": frozenset({"path"}),  # where its file lay
    "reconciliation.KeptComparison": frozenset({"held_until"}),  # by a worker of that installation
}
_RENUMBERED: Final[Mapping[str, Mapping[str, Renumber]]] = {
    "billing.Erasure": {"after": renumbering.place},
    "billing.OutsideEntry": {"origin": renumbering.origin},
    "billing.HistoricalOutsideEntry": {"origin": renumbering.origin},
    "billing.OutsideDeposit": {"key": renumbering.origin},
    "exchange.BroughtMoney": {"plan": renumbering.plan},
    "reconciliation.KeptComparison": {"found": renumbering.compared},
    "exchange.FileImport": {"profile": renumbering.layout},
    "reconciliation.Question": {"ours": renumbering.named},
    "reconciliation.Difference": {"ours": renumbering.named},
    "reconciliation.ReviewItem": {"key": renumbering.review_key},
    "reconciliation.ClosedMonth": {"found": renumbering.closed},
}

# Model, or a whole app, that stays behind → why.
STAYS: Final = {
    "billing.Change": "The outbox: who reads it here was told, or is told by revisions.",
    "billing.OneTimeKey": "Forms that were sent once; they are good for that installation alone.",
    "billing.LimitRequest": "Who asked for a higher limit there, of administrators there.",
    "billing.Tombstone": "What was erased is known there; `manage.py erased` hands it over.",
    "billing.CompanyMember": "Who sees the company there; here it is said anew.",
    "staff.User": "People travel by name and e-mail address alone, beside these kinds.",
    "connections.Grant": "What lets us into books never leaves.",
    "connections.ConsentState": "A consent page that is open now.",
    "connections.Invitation": "A link of that installation.",
    "connections.FolderLook": "What lay in a folder of that host.",
    "connections.Bucket": "What was spent of a provider's limits, by our app there.",
    "webhooks.Delivery": "Hints that something changed over there; everything is read anew.",
    "webhooks.Notice": "Likewise.",
    "webhooks.Registration": "That installation's address over there, and its key.",
    "reconciliation.ReviewLook": "When that list was kept up there.",
    "sync.Survey": "A reading under way; it begins anew.",
    "sync.News": "What those who listen there were not told yet.",
    "exchange.PrintJob": "Copies that are deleted after a week.",
    "exchange.PrintDownload": "Of such copies.",
    "exchange.ScheduledExport": "It would mail by itself, with the rights of people there.",
    "exchange.ScheduledExport_people": "Likewise.",
    "exchange.ScheduleHistory": "Who changed it there.",
    "exchange.ScheduleRun": "Of what was made there.",
    "exchange.RunMail": "Likewise.",
    "exchange.PrivateFile": "Copies that were made there, under keys of that installation.",
    "exchange.FileDownload": "Of such copies.",
    "exchange.CompanyArchive": "Who took archives there.",
    "trail": "The chain is over that installation's rows; here they are sealed anew.",
    "alerts": "What is wrong there, and whom it tells; what is wrong here opens its own.",
    "triggers": "Who listens there and what they were told; nobody is told of what arrives.",
    "staff": "Who may do what there.",
    "admin": "Django's log of forms; our history says more.",
    "auth": "Roles, which are code.",
    "contenttypes": "Django's own.",
    "sessions": "Who is signed in there.",
    "account": "How people sign in there.",
    "mfa": "Second factors.",
    "usersessions": "Where people are signed in.",
    "socialaccount": "Who is who in the sign-in of this installation's company.",
    "django_q": "Work that waits there.",
}


@cache
def kinds() -> tuple[Kind, ...]:
    """In an order that reads well; nothing rests on it."""
    labels: dict[str, str | Callable[[int], Q]] = {"billing.Company": "pk"}
    labels |= dict.fromkeys(_WITH_COMPANY.split(), "company") | _BY_PATH
    found = {}
    for label, of in labels.items():
        model = apps.get_model(label)
        found[label] = of
        if hasattr(model, "history"):
            past = model.history.model
            found[past._meta.label] = "id" if of == "pk" else of
    return tuple(
        Kind(
            model=apps.get_model(label),
            of=of,
            blank=_BLANK.get(label, frozenset()),
            renumbered=_RENUMBERED.get(label, {}),
        )
        for label, of in {**found, **_BY_CONDITION}.items()
    )


@cache
def _models() -> frozenset[type[models.Model]]:
    return frozenset(each.model for each in kinds())
