"""Hands records over as files, and hears what became of them from the mailbox.

A request of the mailbox is one file, or one list of what came back:

- `PUT outbox/<kind>/<key>.csv`: a file that is new, or is there already (412) and is the same;
- `GET outbox/<kind>/<key>.csv`: 200 where it is there, else 404;
- `GET said/confirmations` (`version`, repeated), `said/payments` (`after`), `said/codes`: lines of
  JSON; `GET company.json`.

Their shapes stand in decision 0044.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors.by_account import ByAccount
from apps.connectors.csv_ledger.access import LAYOUT
from apps.connectors.csv_ledger.by_hand import changes_nothing, rows_by_hand
from apps.connectors.csv_ledger.capabilities import CAPABILITIES, NAME, NUMBER_LENGTH, ROWS_TOGETHER
from apps.connectors.csv_ledger.cells import (
    by_hand_headings,
    headings,
    rows_of,
    total_of,
)
from apps.connectors.csv_ledger.effect import effect
from apps.connectors.csv_ledger.fitting import misfit_of_reference, misfits
from apps.connectors.csv_ledger.objects import (
    dated_of,
    handed_object,
    id_there,
    parsed,
    told_payment,
)
from apps.connectors.csv_ledger.written import BY_LINE, layout_of, shared_of
from apps.connectors.errors import (
    ConnectorError,
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
    TryLater,
)
from apps.connectors.layouts import Layout
from apps.connectors.port import (
    Code,
    CodeKind,
    CodePart,
    Company,
    Confirmation,
    Courier,
    Fate,
    KnownThere,
    Outcome,
    Page,
    Posting,
    Purpose,
    Push,
    RemoteObject,
    Reply,
    Request,
    Role,
    Settings,
    SurveyPage,
    Unsettled,
)
from apps.connectors.snapshots import DocumentSnapshot, Kind, Master, Snapshot
from apps.core.formulas import is_formula

CSV = "text/csv; charset=utf-8"
FOLDER = {
    Kind.CUSTOMER: "customers",
    Kind.ITEM: "items",
    Kind.INVOICE: "invoices",
    Kind.CREDIT_NOTE: "credit-notes",
    Kind.PAYMENT: "payments",
    Kind.ALLOCATION: "allocations",
}
BY_HAND = "by-hand"
PURPOSE = {
    Kind.CUSTOMER: Purpose.MASTERS,
    Kind.ITEM: Purpose.MASTERS,
    Kind.PAYMENT: Purpose.PAYMENTS,
    Kind.ALLOCATION: Purpose.PAYMENTS,
}
VERSIONS_AT_ONCE = 200  # files asked about by one request
# What names a record there: a cell that a spreadsheet would run names none.
NAMES = ("number", "name", "code", "reference")
AMOUNTS = ("net", "tax", "total", "amount")
REGIME = "codes"


class CsvLedger(ByAccount):
    """Speaks to one mailbox."""

    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        by_ref: dict[int, Push] = {}
        for push in pushes:
            if push.known is not None and changes_nothing(push):
                yield Outcome(ref=push.ref, remote=(push.known,))
            elif push.known is None and (why := self._unknown_there(push)):
                yield Outcome(ref=push.ref, error=RecordRefused(why))
            else:
                by_ref[push.ref] = push
        if not by_ref:
            return
        for request, reply in courier.carry(list(self._files(by_ref.values()))):
            problem = _problem_of(reply)
            for ref in request.members:
                yield self._outcome(by_ref[ref], request, problem)

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        """The same bytes under the same name, or a look whether the file of that name is there."""
        request = unsettled.request
        if unsettled.may_replay:
            ((_, reply),) = courier.carry([request])
            problem = _problem_of(reply)
        else:
            look = Request(method="GET", path=request.path, purpose=Purpose.RETRIES)
            ((_, reply),) = courier.carry([look])
            problem = _looked(reply, believe_absence=unsettled.believe_absence)
        for push in unsettled.pushes:
            yield self._outcome(push, request, problem)

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        asked = set(handed)
        versions = sorted({version for *_, version in handed})
        for start in range(0, len(versions), VERSIONS_AT_ONCE):
            wanted = [("version", each) for each in versions[start : start + VERSIONS_AT_ONCE]]
            for said in _said(courier, "said/confirmations", wanted):
                if (said["kind"], said["id"], said["version"]) in asked:
                    yield Confirmation(
                        kind=said["kind"],
                        remote_id=said["id"],
                        version=said["version"],
                        refusal=said["refusal"],
                    )

    # --- Theirs to ours: payments that they told, and nothing else ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        told = list(_said(courier, "said/payments", [("after", position or "0")]))
        last = str(told[-1]["position"]) if told else position or "0"
        objects = tuple(each for one in told for each in told_payment(one))
        yield Page(objects=objects, position=last)

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        return {kind: frozenset() for kind in kinds}

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        return iter(())

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        yield SurveyPage(objects=(), position="", read_at=self.settings.now())

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        return iter(())

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        return iter(())

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        return ()

    def codes(self, courier: Courier) -> tuple[Code, ...]:
        """Their chart and tax codes, as a person brought them."""
        return tuple(_code(each) for each in _said(courier, "said/codes"))

    def company(self, courier: Courier) -> Company:
        said = json.loads(_got(courier, "company.json"))
        currency = said["home_currency"].strip().upper()
        return Company(
            remote_id=said["name"].strip(),
            name=said["name"].strip(),
            country=said["country"].strip().upper(),
            home_currency=currency,
            multi_currency=True,
            tax_regime=REGIME,
            tax_code_on_every_line=True,
            closing_date=None,
            settings={LAYOUT: said[LAYOUT]},
        )

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        return {}

    # --- Pure ---

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return parsed(kind, raw)

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        """No record is several."""
        return objects[0]

    def project(self, snapshot: Snapshot) -> Snapshot:
        return snapshot

    def listed_as(self, master: Master, standing: str = "") -> str:
        return master.name

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        found = []
        if isinstance(snapshot, DocumentSnapshot) and len(snapshot.number) > NUMBER_LENGTH:
            found.append(f"A {NAME} holds {NUMBER_LENGTH} characters of a number.")
        unit = Decimal(1).scaleb(-CAPABILITIES.decimals)
        if any(getattr(snapshot, name, 0) % unit for name in AMOUNTS):
            found.append(f"A {NAME} holds {CAPABILITIES.decimals} decimals of an amount.")
        for name in NAMES:
            text = getattr(snapshot, name, "")
            if text and is_formula(text):
                found.append(
                    f"Its {name} begins as a formula does: a spreadsheet that opens the file would "
                    f"run it. Change the {name}."
                )
        if self._shared is not None:
            found += misfits(snapshot, self._shared, self.settings.home_currency)
        return tuple(found)

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        return effect(snapshot, self.settings.home_currency)

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        return ""

    # --- Files ---

    def _files(self, pushes: Iterable[Push]) -> Iterator[Request]:
        """One for each kind of what is new there, and one for what is to be done there by hand."""
        of_kind: dict[str, list[Push]] = defaultdict(list)
        for push in pushes:
            of_kind[FOLDER[push.kind] if push.known is None else BY_HAND].append(push)
        for folder in sorted(of_kind):
            for portion in self._portions(folder, sorted(of_kind[folder], key=_place)):
                yield self._file(folder, portion)

    def _portions(self, folder: str, pushes: Sequence[Push]) -> Iterator[list[Push]]:
        """Those of one file each: so many records, and no more bytes than their software takes."""
        most = 0 if folder == BY_HAND else self._layout(pushes[0].kind).most_bytes
        portion: list[Push] = []
        size = 0
        for push in pushes:
            own = len("".join(self._rows(folder, [push])).encode()) if most else 0  # with headings
            if portion and (len(portion) == ROWS_TOGETHER or size + own > most > 0):
                yield portion
                portion, size = [], 0
            portion.append(push)
            size += own
        yield portion

    def _file(self, folder: str, pushes: Sequence[Push]) -> Request:
        """Its name is made of what it says, whose that is, and what was handed over before: the same
        file has the same name, whoever makes it again."""
        body = "".join(self._rows(folder, pushes)).encode()
        whose = "|".join(
            f"{each.identity}@{each.known.version if each.known is not None else ''}"
            for each in pushes
        )
        key = hashlib.sha256(f"{folder}|{whose}|".encode() + body).hexdigest()[:40]
        return Request(
            method="PUT",
            path=f"outbox/{folder}/{key}.csv",
            query=_totals(pushes),
            headers=(("If-None-Match", "*"),),
            body=body,
            content_type=CSV,
            purpose=PURPOSE.get(pushes[0].kind, Purpose.DOCUMENTS),
            key=key,
            members=tuple(each.ref for each in pushes),
            writes=True,
        )

    def _rows(self, folder: str, pushes: Sequence[Push]) -> Iterator[str]:
        if folder == BY_HAND:
            yield by_hand_headings()
            for push in pushes:
                yield from rows_by_hand(push)
            return
        layout = self._layout(pushes[0].kind)
        yield headings(layout)
        for push in pushes:
            yield from rows_of(self._id(push.snapshot), push.snapshot, layout)

    def _layout(self, kind: str) -> Layout:
        return layout_of(Kind(kind), self.settings.there.get(LAYOUT, BY_LINE))

    @property
    def _shared(self) -> Layout | None:
        """The layout of another product that documents are written in."""
        return shared_of(self.settings.there.get(LAYOUT, BY_LINE))

    def _unknown_there(self, push: Push) -> str:
        shared = self._shared
        return misfit_of_reference(push.snapshot, shared) if shared is not None else ""

    def _id(self, snapshot: Snapshot) -> str:
        return id_there(snapshot, by_code=self._shared is not None)

    def _outcome(self, push: Push, request: Request, problem: ConnectorError | None) -> Outcome:
        if problem is not None:
            return Outcome(ref=push.ref, error=problem)
        remote_id = push.known.remote_id if push.known is not None else self._id(push.snapshot)
        there = handed_object(push.snapshot, remote_id, request.key)
        return Outcome(ref=push.ref, remote=(there,), handed_over=True)


def connect(settings: Settings) -> CsvLedger:
    return CsvLedger(settings)


def _place(push: Push) -> tuple[str, str, int]:
    """In a file: by day, then as a person looks for it."""
    dated = dated_of(push.snapshot)
    day = dated.isoformat() if dated is not None else ""
    return day, id_there(push.snapshot), push.ref


def _totals(pushes: Sequence[Push]) -> tuple[tuple[str, str], ...]:
    """How many records a file holds and what they come to by currency: what is shown of it."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for push in pushes:
        found = total_of(push.snapshot)
        if found is not None:
            sums[found[0]] += found[1]
    return (
        ("records", str(len(pushes))),
        *((f"total.{currency}", f"{amount:f}") for currency, amount in sorted(sums.items())),
    )


def _problem_of(reply: Reply) -> ConnectorError | None:
    """Why it is not handed over. One of that name is there already (412): it is this one."""
    if reply.fate is Fate.UNSENT:
        return TryLater(f"The file could not be written ({reply.problem}).", whole_connection=True)
    if reply.fate is Fate.LOST:
        return OutcomeUnknown("The file may have been written.")
    if reply.status in (200, 201, 412):
        return None
    return RecordRefused(f"The mailbox refused the file ({reply.status}).")


def _looked(reply: Reply, *, believe_absence: bool) -> ConnectorError | None:
    if reply.fate is Fate.ANSWERED and reply.status == 200:
        return None
    if reply.fate is Fate.ANSWERED and reply.status == 404 and believe_absence:
        return NeverArrived("The file was never written.")
    return OutcomeUnknown("The file is not written yet.")


def _said(
    courier: Courier, path: str, query: Sequence[tuple[str, str]] = ()
) -> Iterator[dict[str, Any]]:
    for line in _got(courier, path, query).decode().splitlines():
        yield json.loads(line)


def _got(courier: Courier, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
    request = Request(method="GET", path=path, query=tuple(query), purpose=Purpose.READS)
    ((_, reply),) = courier.carry([request])
    if reply.fate is Fate.ANSWERED and reply.status == 200:
        return reply.body
    raise TryLater(f"The mailbox could not be read ({reply.status}).", whole_connection=True)


def _code(said: Mapping[str, Any]) -> Code:
    kind = CodeKind(said["kind"])
    part = CodePart(
        remote_id=said["id"], name=said["name"], percent=Decimal(said.get("percent") or 0)
    )
    return Code(
        kind=kind,
        remote_id=said["id"],
        name=said["name"],
        number=said["id"],
        currency=said.get("currency", ""),
        roles=frozenset(Role(each) for each in said.get("roles", ())),
        parts=(part,) if kind is CodeKind.TAX_CODE else (),
    )
