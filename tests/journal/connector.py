"""A journal of JSON lines in a folder, of which a program over there takes what is handed over.

See README.md beside this file for the files. Nothing can be read back: what is confirmed is all that
is ever known of their books.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from apps.connectors.access import Environment, Folder
from apps.connectors.errors import (
    ConnectorError,
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
    TryLater,
)
from apps.connectors.port import (
    Capabilities,
    Code,
    Company,
    Confirmation,
    Courier,
    Fate,
    KnownThere,
    LineTax,
    Outcome,
    Page,
    Posting,
    Purpose,
    Push,
    RemoteObject,
    Reply,
    Request,
    Settings,
    SurveyPage,
    Unsettled,
)
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Master,
    PaymentSnapshot,
    Snapshot,
    from_json,
    to_json,
)

NAME = "Journal"
KINDS = (Kind.CUSTOMER, Kind.ITEM, Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)
NUMBER_LENGTH = 30
TEN_YEARS = 10 * 365 * 86_400.0  # a file keeps its name
LINES = "application/x-ndjson"
CENT = Decimal("0.01")
PURPOSE = {
    Kind.CUSTOMER: Purpose.MASTERS,
    Kind.ITEM: Purpose.MASTERS,
    Kind.PAYMENT: Purpose.PAYMENTS,
}

CAPABILITIES = Capabilities(
    system="journal",
    name=NAME,
    kinds=frozenset(KINDS),
    push_batch=1,
    in_flight=1,
    limits=(),
    number_length=NUMBER_LENGTH,
    decimals=2,
    accounts=False,
    line_tax=LineTax.AMOUNT,
    nil_documents=False,
    refuses_doubles=frozenset({Kind.INVOICE, Kind.CREDIT_NOTE}),
    key_life=TEN_YEARS,
    hands_over=True,
    reads_back=False,
    named_while_handed_over=frozenset({Kind.CUSTOMER}),
    cannot={
        "edit_notes": f"{NAME} holds no notes: yours stays here.",
        "accounts": f"{NAME} has no chart of accounts: its bookkeeper books each entry by hand.",
        "line_tax": (
            f"{NAME} has no tax codes and no percentages: the tax of a line goes over as an amount."
        ),
        "nil_documents": f"{NAME} takes no document that comes to nothing.",
        "reads_back": (
            f"What stands in {NAME} cannot be read; Tieout knows what was confirmed, and no more."
        ),
        "hands_over": f"What goes to {NAME} is handed over, and confirmed hours or days later.",
        "allocation": f"{NAME} does not say what a payment is set against: that stays here.",
        "adjustment": f"{NAME} takes no deductions and no write-offs: they stay here.",
        "refund": f"{NAME} takes no refunds: they stay here.",
        "deposit": f"{NAME} takes no bank deposits: they stay here.",
    },
)
ACCESS = Folder()
ENVIRONMENTS = {"production": Environment()}


class Journal:
    """Speaks to one folder."""

    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        by_ref, requests = {}, []
        for push in pushes:
            if push.agreed == push.snapshot and push.known is not None:
                yield Outcome(ref=push.ref, remote=(push.known,))
                continue
            by_ref[push.ref] = push
            requests.append(_hand_over(push))
        if not requests:
            return
        for request, reply in courier.carry(requests):
            push = by_ref[request.members[0]]
            yield _outcome(push, request, _problem_of(reply))

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
            yield _outcome(push, request, problem)

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        names = {f"{version}.jsonl" for _, _, version in handed}
        there = _got(courier, "confirmed/").decode().split("\n")
        for name in sorted(names & set(there)):
            for line in _got(courier, f"confirmed/{name}").decode().splitlines():
                said = json.loads(line)
                yield Confirmation(
                    kind=said["kind"],
                    remote_id=said["id"],
                    version=name.removesuffix(".jsonl"),
                    refusal="" if said["booked"] else said["why"],
                )

    # --- Theirs to ours: nothing is ever read back ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        yield Page(objects=(), cursor=self.settings.now())

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
        return ()

    def company(self, courier: Courier) -> Company:
        said = json.loads(_got(courier, "company.json"))
        return Company(
            remote_id=self.settings.remote_company_id,
            name=said["name"],
            country=said["country"],
            home_currency=said["home_currency"],
            multi_currency=True,
            tax_regime="none",
            closing_date=None,
        )

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        return {}

    def receivable(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        return {}

    # --- Pure ---

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return _object(Kind(kind), raw)

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        """No record is several entries."""
        return objects[0]

    def project(self, snapshot: Snapshot) -> Snapshot:
        return snapshot

    def listed_as(self, master: Master, standing: str = "") -> str:
        return master.name

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        found = []
        if len(getattr(snapshot, "number", "")) > NUMBER_LENGTH:
            found.append(f"{NAME} holds {NUMBER_LENGTH} characters of a number.")
        amounts = [getattr(snapshot, name, Decimal(0)) for name in ("total", "tax", "amount")]
        if any(each % CENT for each in amounts):
            found.append(f"{NAME} holds two decimals of an amount.")
        return tuple(found)

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        match snapshot:
            case InvoiceSnapshot() | CreditNoteSnapshot() if not snapshot.void:
                sign = -1 if isinstance(snapshot, CreditNoteSnapshot) else 1
                owed = _home(snapshot.total, snapshot.exchange_rate) * sign
                tax = _home(snapshot.tax, snapshot.exchange_rate) * sign
                return _postings({"receivable": owed, "sales": tax - owed, "tax": -tax})
            case PaymentSnapshot() if not snapshot.cancelled:
                amount = _home(snapshot.amount, snapshot.exchange_rate)
                return _postings({"money": amount, "receivable": -amount})
        return ()

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        return web


def connect(settings: Settings) -> Journal:
    return Journal(settings)


# --- Files ----------------------------------------------------------------------------------------


def _hand_over(push: Push) -> Request:
    """One step as a file that is new, or is refused. Its name is made of what it says, whose it is,
    and what was handed over before it: the same step has the same name, whoever asks again."""
    before = push.known.version if push.known is not None else ""
    body = _lines(push)
    name = hashlib.sha256(f"{push.identity}|{before}|".encode() + body).hexdigest()[:40]
    return Request(
        method="PUT",
        path=f"outbox/{name}.jsonl",
        headers=(("If-None-Match", "*"),),
        body=body,
        content_type=LINES,
        purpose=PURPOSE.get(push.kind, Purpose.DOCUMENTS),
        key=name,
        members=(push.ref,),
        writes=True,
    )


def _lines(push: Push) -> bytes:
    head = to_json(push.snapshot)
    lines = head.pop("lines", [])
    whole = [{"kind": push.kind.value, "id": push.snapshot.marker, **head}, *lines]
    return "".join(f"{json.dumps(each, sort_keys=True)}\n" for each in whole).encode()


def _outcome(push: Push, request: Request, problem: ConnectorError | None) -> Outcome:
    if problem is not None:
        return Outcome(ref=push.ref, error=problem)
    there = _object(push.kind, to_json(push.snapshot), version=request.key)
    return Outcome(ref=push.ref, remote=(there,), handed_over=True)


def _problem_of(reply: Reply) -> ConnectorError | None:
    """Why it is not handed over. One of that name is there already (412): it is this one."""
    if reply.fate is Fate.UNSENT:
        return TryLater(
            f"The folder could not be written ({reply.problem}).", whole_connection=True
        )
    if reply.fate is Fate.LOST:
        return OutcomeUnknown("The file may have been written.")
    if reply.status in (200, 201, 412):
        return None
    return RecordRefused(f"The folder refused the file ({reply.status}).")


def _looked(reply: Reply, *, believe_absence: bool) -> ConnectorError | None:
    if reply.fate is Fate.ANSWERED and reply.status == 200:
        return None
    if reply.fate is Fate.ANSWERED and reply.status == 404 and believe_absence:
        return NeverArrived("The file is not in the folder.")
    return OutcomeUnknown("The file is not in the folder yet.")


def _got(courier: Courier, path: str) -> bytes:
    """What a file holds, or the names in a folder; of what is not there nothing."""
    request = Request(method="GET", path=path, purpose=Purpose.READS)
    ((_, reply),) = courier.carry([request])
    if reply.fate is Fate.ANSWERED and reply.status in (200, 404):
        return reply.body if reply.status == 200 else b""
    raise TryLater(f"The folder could not be read ({reply.status}).", whole_connection=True)


# --- Objects --------------------------------------------------------------------------------------


def _object(kind: Kind, raw: Mapping[str, Any], version: str = "") -> RemoteObject:
    snapshot = from_json(kind, raw)
    dated = getattr(snapshot, "issue_date", None) or getattr(snapshot, "paid_on", None)
    return RemoteObject(
        kind=kind.value,
        remote_id=snapshot.marker,
        version=version,
        of_kind=kind,
        snapshot=snapshot,
        raw=raw,
        marker=snapshot.marker,
        number=getattr(snapshot, "number", "") or getattr(snapshot, "code", ""),
        name=getattr(snapshot, "name", ""),
        customer_id=getattr(snapshot, "customer_id", ""),
        currency=getattr(snapshot, "currency", ""),
        amount=getattr(snapshot, "total", None) or getattr(snapshot, "amount", None),
        dated=dated,
        void=getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False),
    )


def _home(amount: Decimal, rate: Decimal) -> Decimal:
    return (amount * rate).quantize(CENT, ROUND_HALF_UP)


def _postings(balances: Mapping[str, Decimal]) -> tuple[Posting, ...]:
    """Positive is a debit."""
    nil = Decimal(0)
    return tuple(
        Posting(account_id=account, debit=max(amount, nil), credit=max(-amount, nil))
        for account, amount in balances.items()
        if amount
    )
