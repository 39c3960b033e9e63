"""Speaks to one company in Pebble."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors.errors import (
    ConnectorError,
    NeverArrived,
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
)
from apps.connectors.port import (
    Code,
    Company,
    Confirmation,
    Courier,
    KnownThere,
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
    InvoiceSnapshot,
    Kind,
    Master,
    PaymentSnapshot,
    Snapshot,
    differences,
)
from tests.pebble.connector.answers import asked, everything, said
from tests.pebble.connector.capabilities import CAPABILITIES, NAME
from tests.pebble.connector.objects import NIL, fields_of, gone, objects_of, parsed, projected

PURPOSES = {Kind.INVOICE: Purpose.DOCUMENTS, Kind.PAYMENT: Purpose.PAYMENTS}
SEARCHED = {Kind.CUSTOMER: "name", Kind.ITEM: "code", Kind.INVOICE: "number"}
CENT = Decimal("0.01")


class Pebble:
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        by_ref: dict[int, Push] = {}
        requests: list[Request] = []
        for push in pushes:
            if push.known is not None and push.known.gone:
                yield Outcome(ref=push.ref, error=RemoteGone(f"It was deleted in {NAME}."))
            elif fields := _to_write(push):
                by_ref[push.ref] = push
                requests.append(_write(push, fields))
            else:
                yield Outcome(ref=push.ref, remote=push.stands)
        for request, reply in courier.carry(requests) if requests else ():
            yield self._outcome(by_ref[request.members[0]], request, reply)

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        request = unsettled.request
        (push,) = unsettled.pushes
        if unsettled.may_replay:
            ((_, reply),) = courier.carry([request])
            yield self._outcome(push, request, reply)
            return
        try:
            found = self._looked_for(push, request, courier)
        except RemoteIsNewer as error:
            yield Outcome(ref=push.ref, error=error)
        except ConnectorError as error:
            sentence = f"{NAME} could not be asked: {error.sentence}"
            yield Outcome(ref=push.ref, error=OutcomeUnknown(sentence))
        else:
            if found:
                yield Outcome(ref=push.ref, remote=found)
            elif unsettled.believe_absence:
                yield Outcome(ref=push.ref, error=NeverArrived(f"It never arrived in {NAME}."))
            else:
                yield Outcome(ref=push.ref, error=OutcomeUnknown(f"It is not in {NAME} yet."))

    def _looked_for(
        self, push: Push, request: Request, courier: Courier
    ) -> tuple[RemoteObject, ...]:
        """What was made, by our mark; what was changed, by what it says now."""
        if request.method == "POST":
            query = {"ref": push.snapshot.marker}
            there = asked(courier, request.path, Purpose.RETRIES, **query)["objects"]
            return self._objects(there[0]) if there else ()
        raw = asked(courier, request.path, Purpose.RETRIES)
        sent = json.loads(request.body)
        if all(raw.get(name) == value for name, value in sent.items()):
            return self._objects(raw)
        if str(raw["version"]) == dict(request.headers)["If-Match"]:
            return ()
        raise RemoteIsNewer(f"It was changed in {NAME} meanwhile.")

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        """None: what is answered stands."""
        return iter(())

    # --- Theirs to ours ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        """Their feed counts versions. What is held as it stands is left out."""
        for page in everything(courier, position, Purpose.READS):
            versions: dict[str, dict[str, str]] = {}
            for raw in page["objects"]:
                versions.setdefault(raw["kind"], {})[raw["id"]] = str(raw["version"])
            news = {(kind, one) for kind in versions for one in known.news(kind, versions[kind])}
            fresh = [raw for raw in page["objects"] if (raw["kind"], raw["id"]) in news]
            yield Page(
                objects=tuple(each for raw in fresh for each in self._objects(raw)),
                position="" if page["more"] else str(page["version"]),
            )

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {kind: set() for kind in kinds}
        for page in everything(courier, "", Purpose.READS):
            for raw in page["objects"]:
                if raw["kind"] in found and not raw.get("deleted"):
                    found[raw["kind"]].add(raw["id"])
        return {kind: frozenset(ids) for kind, ids in found.items()}

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        wanted = list(kinds)
        last: dict[tuple[str, str, str], RemoteObject] = {}
        for page in self.survey(wanted, "", courier) if set(wanted) & CAPABILITIES.kinds else ():
            last |= {(each.kind, each.remote_id, each.part): each for each in page.objects}
        yield from (last[key] for key in sorted(last))

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        for page in everything(courier, position, Purpose.PROOF):
            listed = (each for raw in page["objects"] for each in self._objects(raw))
            yield SurveyPage(
                objects=tuple(each for each in listed if each.of_kind in kinds and not each.gone),
                position=str(page["version"]) if page["more"] else "",
            )

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        for kind, remote_id in dict.fromkeys(wanted):
            try:
                yield from self._objects(asked(courier, f"/v1/{kind}s/{remote_id}"))
            except RemoteGone:
                yield gone(kind, remote_id)

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        for name in names if kind in SEARCHED else ():
            query = {SEARCHED[kind]: name}
            for raw in asked(courier, f"/v1/{kind}s", Purpose.READS, **query)["objects"]:
                yield from self._objects(raw)

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        return tuple(self.find(Kind.CUSTOMER, [name], courier))

    def codes(self, courier: Courier) -> tuple[Code, ...]:
        return ()

    def company(self, courier: Courier) -> Company:
        there = asked(courier, "/v1/company")
        return Company(
            remote_id=there["id"],
            name=there["name"],
            country=there["country"],
            home_currency=there["currency"],
            multi_currency=False,
            tax_regime="none",
            closing_date=None,
        )

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        return {}

    def receivable(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        return {}

    # --- Pure ---

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return parsed(raw, self.settings.home_currency)

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        """No record is several objects; parts are of the first."""
        return next((each for each in objects if not each.part), objects[0])

    def project(self, snapshot: Snapshot) -> Snapshot:
        return projected(snapshot)

    def listed_as(self, master: Master, standing: str = "") -> str:
        return master.name

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Beside what the capabilities say."""
        found = []
        if len(getattr(snapshot, "number", "")) > CAPABILITIES.number_length:
            found.append(f"{NAME} holds {CAPABILITIES.number_length} characters of a number.")
        if any(getattr(snapshot, name, NIL) % CENT for name in ("total", "amount")):
            found.append(f"{NAME} holds two decimals of an amount.")
        return tuple(found)

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        match snapshot:
            case InvoiceSnapshot(void=False):
                return _booked("receivable", "sales", snapshot.total)
            case PaymentSnapshot(cancelled=False):
                return _booked("money", "receivable", snapshot.amount)
        return ()

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        return ""

    # --- One answer ---

    def _outcome(self, push: Push, request: Request, reply: Reply) -> Outcome:
        try:
            return Outcome(ref=push.ref, remote=self._objects(said(request, reply, push.kind)))
        except ConnectorError as error:
            return Outcome(ref=push.ref, error=error)

    def _objects(self, raw: Mapping[str, Any]) -> tuple[RemoteObject, ...]:
        return objects_of(raw, self.settings.home_currency)


def connect(settings: Settings) -> Pebble:
    return Pebble(settings)


# --- Writing --------------------------------------------------------------------------------------


def _to_write(push: Push) -> dict[str, Any]:
    """All of what is made; of what stands, what differs."""
    fields = fields_of(push.snapshot)
    if push.known is None or push.known.snapshot is None:
        named = {name: value for each in fields.values() for name, value in each.items()}
        return {"ref": push.snapshot.marker, **named}
    differing = [
        each.path.split(".")[0]
        for each in differences(push.snapshot, projected(push.known.snapshot))
        if each.whose != "kept"
    ]
    return {name: value for each in differing for name, value in fields.get(each, {}).items()}


def _write(push: Push, fields: Mapping[str, Any]) -> Request:
    """Its key is of the record, of the version that it is based on, and of its bytes."""
    body = json.dumps(fields, sort_keys=True).encode()
    known = push.known
    path = f"/v1/{push.kind}s" + (f"/{known.remote_id}" if known else "")
    condition = (("If-Match", known.version),) if known else ()
    told = f"{push.identity}|{path}|{known.version if known else ''}|".encode() + body
    key = hashlib.sha256(told).hexdigest()[:40]
    return Request(
        method="PUT" if known else "POST",
        path=path,
        headers=(("Idempotency-Key", key), *condition),
        body=body,
        purpose=PURPOSES.get(push.kind, Purpose.MASTERS),
        key=key,
        members=(push.ref,),
        writes=True,
    )


def _booked(debit: str, credit: str, amount: Decimal) -> tuple[Posting, ...]:
    if not amount:
        return ()
    return Posting(account_id=debit, debit=amount), Posting(account_id=credit, credit=amount)
