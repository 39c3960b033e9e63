"""A confirmation: what they say of each record that was handed over."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from apps.connections.models import BatchFile, Connection
from apps.connectors.snapshots import Kind
from apps.exchange.coming_back.fates import Fate, State, known, refused
from apps.exchange.coming_back.table import Columns, Read
from apps.exchange.tables.port import CellRefused
from apps.sync.calls.handed_over import undecided_of
from apps.sync.models import RemoteRecord
from apps.sync.wording import money

COLUMNS = Columns(
    headings={
        "number": ("Number", "Document number", "Invoice number", "Invoice no", "Tieout number"),
        "result": ("Result", "Status", "Accepted", "Outcome"),
        "reason": ("Reason", "Error", "Message", "Why"),
        "there": ("Ledger number", "Their number", "Entry", "Transaction", "Journal number"),
        "amount": ("Amount", "Total", "Gross"),
        "record": ("Record", "Type", "Document type", "Kind"),
        "reference": ("Tieout reference",),
    },
    required=("number", "result"),
    numbers=("amount",),
)
ACCEPTED = frozenset(
    [
        "accepted",
        "ok",
        "yes",
        "y",
        "true",
        "1",
        "posted",
        "booked",
        "imported",
        "success",
        "successful",
        "done",
        "taken",
    ]
)
REFUSED = frozenset(["refused", "rejected", "no", "n", "false", "0", "error", "failed", "failure"])
WORDS: Mapping[str, Kind] = {
    "customer": Kind.CUSTOMER,
    "item": Kind.ITEM,
    "invoice": Kind.INVOICE,
    "credit note": Kind.CREDIT_NOTE,
    "creditnote": Kind.CREDIT_NOTE,
    "credit": Kind.CREDIT_NOTE,
    "payment": Kind.PAYMENT,
    "allocation": Kind.ALLOCATION,
}
NAMED = (Kind.CUSTOMER, Kind.ITEM)  # taken in with the first document that names them


def judged(connection: Connection, rows: Sequence[Read]) -> Iterator[tuple[int, Fate]]:
    """The number and fate of each row."""
    there = _There(connection, [each.text("number") for each in rows])
    decided: set[int] = set()
    for row in rows:
        fate = _fate(row, there, decided)
        yield row.number, fate


def _fate(row: Read, there: "_There", decided: set[int]) -> Fate:
    number = row.text("number")
    if not number:
        return refused("", "It names no number.", "Give the number that the file had.")
    found = there.under(number, row.text("record").casefold(), row.text("reference"))
    if not found:
        return refused(
            number,
            f"Nothing of the number {number} was handed over.",
            "Look whether the number is the one in the file. What is typed there by hand is confirmed "
            "nowhere.",
        )
    if len(found) > 1:
        kinds = " and ".join(sorted(each.kind.replace("_", " ") for each in found))
        return refused(
            number,
            f"{number} may be any of these: {kinds}.",
            "Say in a column “Record” which one it is: Invoice, Credit note …",
        )
    remote = found[0]
    if remote.sync_record_id not in there.undecided or remote.pk in decided:
        return known(number, "What became of it was said before.")
    fate = _said(row, number, remote, there)
    if fate.state is State.TAKEN:
        decided.add(remote.pk)
    return fate


def _said(row: Read, number: str, remote: RemoteRecord, there: "_There") -> Fate:
    result = row.text("result").casefold()
    if result not in ACCEPTED | REFUSED:
        return refused(
            number,
            f"“{row.text('result')}” says neither that it was accepted nor that it was refused.",
            "Write “accepted” or “refused” in the column “Result”.",
        )
    if result in ACCEPTED and (fault := _differs(row, remote)):
        return refused(number, *fault)
    refusal = ""
    if result in REFUSED:
        refusal = row.text("reason") or "It was refused there, and no reason was given."
    entry = row.text("there")
    sentence = f"Refused there: {refusal}" if refusal else "In the books"
    return Fate(
        called=number,
        state=State.TAKEN,
        sentence=f"{sentence}, as {entry}."
        if entry and not refusal
        else sentence.rstrip(".") + ".",
        remedy="Put it right and send it again from its own page." if refusal else "",
        said={**word_of(remote, refusal), "there": entry},
        key=key_of(remote),
        version=remote.version,
        more=() if refusal else tuple(there.named_by(remote)),
    )


def _differs(row: Read, remote: RemoteRecord) -> tuple[str, str] | None:
    """Why what they booked is not what was handed over, and what to do."""
    try:
        amount = row.figure("amount")
    except CellRefused as problem:
        return str(problem), "Write the amount as a number."
    if amount is None or remote.amount is None or abs(amount) == remote.amount:
        return None
    booked, ours = money(abs(amount), remote.currency), money(remote.amount, remote.currency)
    return (
        f"They booked {booked}, and {ours} were handed over.",
        f"Put {ours} right there, then bring the confirmation again. Until then it is on no books.",
    )


def word_of(remote: RemoteRecord, refusal: str = "") -> dict[str, Any]:
    """As the connector reads it."""
    return {
        "kind": remote.kind,
        "id": remote.remote_id,
        "version": remote.version,
        "refusal": refusal,
    }


def key_of(remote: RemoteRecord) -> str:
    return f"{remote.kind}:{remote.remote_id}:{remote.version}"


def undecided_in(file: BatchFile) -> list[RemoteRecord]:
    """What was handed over in a file and is not decided yet."""
    rows = RemoteRecord.objects.filter(
        connection=file.connection,
        version=file.key,
        part="",
        retired=False,
        sync_record__in=undecided_of(file.connection),
    )
    return list(rows.select_related("sync_record").order_by("pk"))


class _There:
    """What was handed over under some numbers, and what of it is not decided."""

    def __init__(self, connection: Connection, numbers: Iterable[str]) -> None:
        self.connection = connection
        self.undecided = set(undecided_of(connection).values_list("pk", flat=True))
        self._by_number: dict[str, list[RemoteRecord]] = defaultdict(list)
        wanted = sorted({each for each in numbers if each})
        for start in range(0, len(wanted), 500):
            rows = RemoteRecord.objects.filter(
                connection=connection,
                remote_id__in=wanted[start : start + 500],
                part="",
                retired=False,
                made_here=True,
            )
            for each in rows.exclude(sync_record=None):
                self._by_number[each.remote_id].append(each)
        named = RemoteRecord.objects.filter(
            connection=connection,
            kind__in=[each.value for each in NAMED],
            part="",
            retired=False,
            sync_record__in=self.undecided,
        )
        self._named = {(each.kind, each.remote_id): each for each in named}

    def under(self, number: str, record: str, reference: str) -> list[RemoteRecord]:
        """What is called so; of several that of the kind or of our mark, where the row says one;
        where it says none, what is not decided goes before what is."""
        found = self._by_number.get(number, [])
        kind = WORDS.get(record)
        if kind is not None:
            found = [each for each in found if each.kind == kind.value]
        if reference and len(found) > 1:
            found = [each for each in found if each.marker == reference]
        if len(found) > 1:
            found = [each for each in found if each.sync_record_id in self.undecided] or found[:1]
        return found

    def named_by(self, remote: RemoteRecord) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Who and what a record names, where that is not decided: it stands there with it."""
        raw = remote.raw
        names = [(Kind.CUSTOMER.value, raw.get("customer_id", ""))]
        names += [(Kind.ITEM.value, each.get("item_id", "")) for each in raw.get("lines", ())]
        for name in dict.fromkeys(names):
            named = self._named.pop(name, None)
            if named is not None:
                yield key_of(named), named.version, word_of(named)
