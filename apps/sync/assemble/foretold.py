"""What a ledger will book of a document, before anything is sent. No call is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.billing.models import Invoice, Synced
from apps.billing.rules.objections import ToBe
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Posting, Role
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind, Snapshot
from apps.core.money import ZERO
from apps.mappings.models import RemoteCode
from apps.sync.assemble.documents import assembled
from apps.sync.assemble.foresee import Foreseen
from apps.sync.assemble.obstacles import Assembled, Obstacle
from apps.sync.models import Reason

# What a connector calls an account that its ledger chooses by itself (`Posting.account_id`).
CHOSEN_THERE = {
    "receivable": "Accounts receivable",
    "income": "Sales",
    "tax": "Sales tax",
    "clearing": "Money on its way to the bank",
}
TAX = "tax:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One account by its name there, in the home currency of these books: a debit or a credit."""

    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Foretold:
    """What one set of books will hold of it: entries that balance, or a sentence why none are shown.

    `to_map`: what is missing is chosen on the mapping page.
    """

    connection: Connection
    currency: str
    entries: Sequence[Entry] = ()
    sentence: str = ""
    to_map: bool = False

    @property
    def total(self) -> Decimal:
        return sum((each.debit for each in self.entries), ZERO)


def foretell(document: ToBe) -> list[Foretold]:
    """For each set of books of its company that were read since they were connected."""
    held = Connection.objects.filter(
        company_id=document.document.company_id, company_read_at__isnull=False
    ).exclude(stage=Connection.Stage.DISCONNECTED)
    return [_of(each, document) for each in held.select_related("company").order_by("pk")]


def _of(connection: Connection, of: ToBe) -> Foretold:
    lookups = Foretelling(connection)
    known = lookups.read([of])
    kind = Kind.INVOICE if isinstance(of.document, Invoice) else Kind.CREDIT_NOTE
    capabilities = lookups.connector.capabilities
    home = connection.home_currency or connection.company.home_currency
    if kind not in capabilities.kinds:
        word = kind.value.replace("_", " ")
        why = capabilities.cannot.get(kind.value, f"{lookups.name} has no {word}s.")
        return Foretold(connection, home, sentence=f"{why} It is left out there.")
    made = assembled(lookups, kind, of.document, of.lines, known)
    if made.left_out:
        return Foretold(connection, home, sentence=f"{made.left_out} It is left out there.")
    if made.snapshot is None:
        missing = "; ".join(dict.fromkeys(each.sentence.rstrip(".") for each in made.obstacles))
        said = f"What it will book cannot be told yet: {missing}."
        return Foretold(connection, home, sentence=said, to_map=True)
    postings = lookups.connector.effect(made.snapshot) if capabilities.accounts else ()
    if not postings:
        return Foretold(
            connection,
            home,
            sentence="It makes the same document there, and books it as it sees fit."
            if of.document.total
            else "It comes to nothing, so nothing is booked.",
        )
    names = _names(connection, postings, of.document.currency)
    entries = [Entry(names[each.account_id], each.debit, each.credit) for each in postings]
    return Foretold(connection, home, sorted(entries, key=lambda each: not each.debit))


class Foretelling(Foreseen):
    """Lookups that keep the snapshot where nothing is missing that it is made of."""

    def checked(
        self, kind: Kind, record: Synced, snapshot: Snapshot, obstacles: list[Obstacle]
    ) -> Assembled:
        assert isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot)
        made = Assembled(kind=kind, pk=record.pk or 0, revision=record.revision)
        made.obstacles = [each for each in obstacles if each.reason == Reason.MAPPING_MISSING]
        made.snapshot = None if made.obstacles else snapshot
        return made


def _names(connection: Connection, postings: Iterable[Posting], currency: str) -> dict[str, str]:
    """Account of a posting → its name, from the lists that were read last."""
    wanted = {each.account_id for each in postings}
    kinds = [CodeKind.ACCOUNT, CodeKind.TAX_CODE]
    home = connection.home_currency
    codes = list(RemoteCode.objects.filter(connection=connection, kind__in=kinds).order_by("pk"))
    found = dict(CHOSEN_THERE)
    for each in codes:
        if each.kind == CodeKind.TAX_CODE:
            found |= {
                f"{TAX}{part.remote_id}": f"{CHOSEN_THERE['tax']}, {part.name}"
                for part in each.code_parts
            }
        elif each.remote_id in wanted:
            found[each.remote_id] = each.name
        elif Role.RECEIVABLE in each.roles and (each.currency or home) == currency:
            found["receivable"] = each.name
    return {each: found.get(each, each) for each in wanted}
