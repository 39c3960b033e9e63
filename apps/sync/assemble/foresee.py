"""Before a document is frozen: what the company's main books would not hold of it. No call is made."""

import dataclasses
from collections.abc import Iterable, Sequence

from apps.billing.models import Invoice, Item, Synced, TaxRate
from apps.billing.rules.objections import ToBe
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.lacking import lacking
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind, Snapshot
from apps.mappings.look_up import Mappings
from apps.sync.assemble.documents import Known, assembled
from apps.sync.assemble.lookups import Lookups
from apps.sync.assemble.obstacles import Assembled, Obstacle, cannot_hold
from apps.sync.models import Reason, RemoteRecord
from apps.sync.there.merges import WHERE, open_merge_of, question_in_words

ANY_NUMBER = "1"  # its length was held against the books when the series was made
FITTING = "Change it before it is issued."


def main_books(company_id: int) -> Connection | None:
    """The set of books that was connected first: what is issued must be able to reach it."""
    held = Connection.objects.filter(company_id=company_id).select_related("company")
    return held.exclude(stage=Connection.Stage.DISCONNECTED).order_by("pk").first()


def is_main(connection: Connection) -> bool:
    main = main_books(connection.company_id)
    return main is None or main.pk == connection.pk


def objections_of_main_books(documents: Sequence[ToBe]) -> list[list[str]]:
    """Per document the sentences why the company's main books cannot hold it."""
    books = main_books(documents[0].document.company_id) if documents else None
    if books is None or books.company_read_at is None:  # what they can hold is not known yet
        return [[] for _ in documents]
    lookups = Foreseen(books)
    known = lookups.read(documents)
    found = []
    for each in documents:
        kind = Kind.INVOICE if isinstance(each.document, Invoice) else Kind.CREDIT_NOTE
        made = assembled(lookups, kind, each.document, each.lines, known)
        found.append([_said(one, lookups.name) for one in made.obstacles])
    return found


class Foreseen(Lookups):
    """Lookups on which customers and items that have not gone over yet count as there, since they
    go with the document; what is gone over there does not."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, open_connector(connection), Mappings.of(connection))
        self._gone: set[tuple[Kind, int]] = set()

    def read(self, documents: Sequence[ToBe]) -> Known:
        """All that these documents refer to, in a few statements."""
        lines = [line for each in documents for line in each.lines]
        items = {line.item_id for line in lines}
        items |= {each.document.discount_item_id for each in documents}
        items |= {self.connection.company.discount_item_id, self.plain_item_id}
        customers = {each.document.customer_id for each in documents}
        for kind, keys in ((Kind.CUSTOMER, customers), (Kind.ITEM, items - {None})):
            self.learn(kind, keys)
            self._gone |= {(kind, pk) for pk in self._of_gone(kind, keys)}
        return Known(
            items=Item._base_manager.in_bulk(items - {None}),
            rates=TaxRate._base_manager.in_bulk({line.tax_rate_id for line in lines} - {None}),
        )

    def _of_gone(self, kind: Kind, keys: Iterable[int | None]) -> Iterable[int]:
        gone = RemoteRecord.objects.filter(
            connection=self.connection,
            part="",
            gone=True,
            retired=False,
            **{f"sync_record__{kind.value}__in": [key for key in keys if key]},
        )
        return gone.values_list(f"sync_record__{kind.value}_id", flat=True)

    def needed(self, kind: Kind, pk: int, word: str, obstacles: list[Obstacle]) -> str:
        if (kind, pk) in self._gone:
            merge = open_merge_of(self.connection, pk) if kind == Kind.CUSTOMER else None
            obstacles.append(
                cannot_hold(
                    f"its {word} was deleted or made inactive in {self.name}",
                    f"Make it active in {self.name} again, or choose another one.",
                )
                if merge is None
                else cannot_hold(question_in_words(self.name, merge), f"{WHERE}.")
            )
        # Each by a name of its own: what is in it twice is objected to.
        return self._ids[kind].get(pk, "") or f"to-be {kind} {pk}"

    def checked(
        self, kind: Kind, record: Synced, snapshot: Snapshot, obstacles: list[Obstacle]
    ) -> Assembled:
        """Only what cannot be mended once the document is frozen. Where a mapping is missing their
        rules are not asked: without it this is not what would be sent."""
        made = Assembled(kind=kind, pk=record.pk or 0, revision=record.revision)
        assert isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot)
        lasting = [each for each in obstacles if each.reason == Reason.CANNOT_HOLD]
        if not any(each.reason == Reason.MAPPING_MISSING for each in obstacles):
            lasting += self.rules_against(snapshot)
        made.obstacles = list(dict.fromkeys(lasting))
        return made

    def rules_against(self, snapshot: Snapshot) -> list[Obstacle]:
        """Why these books cannot hold what lacks no mapping; a document whatever its number."""
        numbered = snapshot
        if isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
            numbered = dataclasses.replace(snapshot, number=snapshot.number or ANY_NUMBER)
        home = self.connection.home_currency
        return [
            cannot_hold(sentence, FITTING)
            for sentence in (
                *lacking(self.connector.capabilities, home, numbered),
                *self.connector.objections(numbered),
            )
        ]


def _said(obstacle: Obstacle, name: str) -> str:
    sentence = obstacle.sentence[:1].upper() + obstacle.sentence[1:]
    return f"{name} could not hold it: {sentence.rstrip('.')}. {obstacle.remedy}"
