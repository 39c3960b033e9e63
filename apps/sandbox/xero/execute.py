"""Carry out one call that was let in; what it says of each element, and under one key only once."""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from ..clock import clock, microseconds
from ..models import AnswerRow
from ..storage import one_writer
from ..traffic import traffic_of
from . import allocations, attachments, history, masters, payments, reading, reports, wire
from .kinds import KINDS, Call, Kind
from .refusals import Refused, Reply, Stopped, invalid, not_found, not_there, unreadable
from .store import Content, Organisation, working

KEY_LIFE = 6 * 60 * 1_000_000
LONGEST_KEY = 128
LARGEST_BODY = 3_500_000
PROVIDER = "Tieout"
WITH_HISTORY = (
    "Invoices",
    "CreditNotes",
    "Contacts",
    "Items",
    "Payments",
    "BatchPayments",
    "BankTransactions",
    "BankTransfers",
    "Overpayments",
    "Prepayments",
    "ManualJournals",
)


class Undone(Exception):
    """The answer goes out, and nothing of it is kept: a lie that a test asked for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("undone")
        self.reply = reply


def envelope(
    org: Organisation, plural: str, content: Any, pagination: Content | None = None
) -> Reply:
    out: Content = {
        "Id": str(uuid4()),
        "Status": "OK",
        "ProviderName": PROVIDER,
        "DateTimeUTC": wire.bare(org.now),
    }
    if pagination is not None:
        out["pagination"] = pagination
    return Reply(200, out | {plural: content})


# --- once under a key ---------------------------------------------------------------------------
def execute(org: Organisation, call: Call, *, keep: bool = True) -> Reply:
    """Answer a call; refusals are answers too, and are kept under the key as well."""
    key = call.headers.get("Idempotency-Key", "")
    if not key or call.method == "GET":
        return attempt(org, call, keep=keep)
    if len(key) > LONGEST_KEY:
        return bad_key(f"The Idempotency-Key may have {LONGEST_KEY} characters.")
    fingerprint = fingerprint_of(call)
    with org.lock:
        now = microseconds(clock.now())
        kept = AnswerRow.objects.filter(tenant=org.tenant, key=key).first()
        if kept is not None and now < kept.created_us + KEY_LIFE:
            if kept.fingerprint != fingerprint:
                return bad_key("The Idempotency-Key was already used with another request.")
            traffic = traffic_of(org.tenant)
            with traffic.lock:
                traffic.replays += 1
            return Reply(kept.status, content_type=kept.content_type, text=kept.answer)
        reply = attempt(org, call, keep=keep)
        text = "" if reply.content is None else wire.encode(reply.content)
        with one_writer:
            AnswerRow.objects.update_or_create(
                tenant=org.tenant,
                key=key,
                defaults={
                    "fingerprint": fingerprint,
                    "status": reply.status,
                    "content_type": reply.content_type,
                    "answer": text,
                    "created_us": now,
                },
            )
        return reply


def fingerprint_of(call: Call) -> str:
    """URL, body and method: with anything else the key is refused."""
    said = json.dumps([call.method, call.parts, sorted(call.params.items())]).encode()
    return hashlib.sha256(said + b"\n" + call.body).hexdigest()


def bad_key(message: str) -> Reply:
    """400; the form of its body is documented nowhere we found."""
    return Reply(400, {"ErrorNumber": 400, "Type": "IdempotencyKeyException", "Message": message})


def attempt(org: Organisation, call: Call, *, keep: bool) -> Reply:
    try:
        with working(org):
            reply = dispatch(org, call)
            if not keep:
                raise Undone(reply)
            return reply
    except Undone as undone:
        return undone.reply
    except Stopped as stopped:
        return stopped.reply


# --- where it goes -------------------------------------------------------------------------------
def dispatch(org: Organisation, call: Call) -> Reply:
    first, rest = call.parts[0].lower(), call.parts[1:]
    if first == "organisation":
        return about(org, rest)
    if first == "reports":
        if call.method != "GET":
            raise not_there("Reports are read.")
        found = [reports.run(org, rest[0], call.params)] if rest else reports.published(org)
        return envelope(org, "Reports", found)
    kind = KINDS.get(first)
    if kind is None:
        raise not_found()
    if len(rest) >= 2:
        rule = SUBS.get(rest[1].lower())
        if rule is None:
            raise not_found()
        return rule(org, kind, call)
    if call.method == "GET":
        if rest:
            return envelope(org, kind.plural, [reading.one(org, kind, rest[0], call)])
        found, pagination = reading.listed(org, kind, call)
        return envelope(org, kind.plural, found, pagination)
    if call.method == "DELETE":
        return delete(org, kind, rest)
    if call.method not in ("PUT", "POST") or (call.method == "PUT" and rest):
        raise not_there(f"{call.method} is not there.")
    sent = elements(call, kind.plural)
    if rest:
        sent = [{**sent[0], kind.identity: reading.named(org, kind, rest[0])["id"]}]
    if kind.plural == "BatchPayments":
        return batches(org, kind, call, sent)
    if kind.write is None:
        raise not_there(f"{kind.plural} are not written.")
    return several(org, kind, call, sent)


def about(org: Organisation, rest: list[str]) -> Reply:
    if rest and rest[0].lower() == "actions":
        return envelope(org, "Actions", masters.actions(org))
    if rest:
        raise not_found()
    return envelope(org, "Organisations", [masters.organisation_answer(org)])


def delete(org: Organisation, kind: Kind, rest: list[str]) -> Reply:
    if len(rest) != 1 or kind.plural not in ("Items", "Accounts"):
        raise not_there(f"{kind.plural} are not deleted.")
    found = reading.named(org, kind, rest[0])
    if kind.plural == "Items":
        org.remove("Items", found["id"])
        return Reply(204, content_type="")
    try:
        gone = masters.delete_account(org, found["id"])
    except Refused as wrong:
        assert kind.refusal is not None
        return invalid([kind.refusal(org, {"AccountID": found["id"]}, wrong)])
    return envelope(org, "Accounts", [masters.account_answer(org, gone)])


def elements(call: Call, plural: str) -> list[Content]:
    """`{"Invoices": […]}`, a list, or one bare object; what a test drops is gone already."""
    if len(call.body) > LARGEST_BODY:
        raise Stopped(Reply(413, content_type="text/html"))
    try:
        parsed = wire.decode(call.body)
    except ValueError:
        raise unreadable("The request body could not be read as JSON.") from None
    if isinstance(parsed, dict):
        parsed = next((v for k, v in parsed.items() if k.lower() == plural.lower()), parsed)
    found = parsed if isinstance(parsed, list) else [parsed]
    if not found or not all(isinstance(one, dict) for one in found):
        raise unreadable(f"{plural} must hold at least one object.")
    return [{k: v for k, v in one.items() if k not in call.dropped} for one in found]


# --- elements -------------------------------------------------------------------------------------
def several(org: Organisation, kind: Kind, call: Call, sent: list[Content]) -> Reply:
    """Each element for itself: what is good is done, whatever becomes of the others."""
    assert kind.write is not None
    assert kind.refusal is not None
    write, refusal = kind.write, kind.refusal
    create = call.method == "PUT"

    def made(one: Content) -> Content:
        return kind.render(org, write(org, one, call, create), "write", call.unitdp)

    return answered(org, kind, call, sent if kind.several else sent[:1], made, refusal)


def answered(
    org: Organisation,
    kind: Kind,
    call: Call,
    sent: list[Content],
    made: Callable[[Content], Content],
    refusal: Callable[[Organisation, Content, Refused], Content],
    plural: str = "",
) -> Reply:
    """With summarised errors the bad ones alone and 400, else all of them with their marks."""
    good, bad, marked = [], [], []
    echoed = False
    for index, one in enumerate(sent):
        try:
            if index in call.item_faults:
                raise Refused(call.item_faults[index])
            with org.step():
                shown = guarded(made, one)
        except Refused as wrong:
            shown = refusal(org, one, wrong)
            bad.append(shown)
            marked.append(shown | {"StatusAttributeString": "ERROR"})
            quiet = payments.RECONCILED in wrong.messages
            echoed = echoed or (quiet and org.switch("reconciled_delete") == "200")
        else:
            good.append(shown)
            marked.append(shown | {"StatusAttributeString": "OK"})
    plural = plural or kind.plural
    if bad and call.summarise and not echoed:
        return invalid(bad)
    return envelope(org, plural, good if call.summarise and not bad else marked)


def guarded(made: Callable[[Content], Content], one: Content) -> Content:
    """A value of a wrong type is refused as the element's fault, and never ends the request."""
    try:
        return made(one)
    except (ValueError, TypeError, AttributeError, KeyError) as wrong:
        raise Refused(f"The value is not valid: {wrong}") from wrong


def batches(org: Organisation, kind: Kind, call: Call, sent: list[Content]) -> Reply:
    def made(one: Content) -> Content:
        payments.check_texts(one)
        if call.failing:
            failing = {
                index: {**line, "Amount": "999999999"} if index in call.failing else line
                for index, line in enumerate(one.get("Payments") or ())
            }
            one = {**one, "Payments": list(failing.values())}
        batch, failed = payments.make_batch(org, one, summarise=call.summarise and not call.failing)
        return payments.batch_answer(org, batch, failed)

    assert kind.refusal is not None
    return answered(org, kind, call, sent, made, kind.refusal)


# --- below an object ----------------------------------------------------------------------------------
def allocation(org: Organisation, kind: Kind, call: Call) -> Reply:
    source = call.parts[1]
    if kind.plural not in allocations.SOURCES:
        raise not_found()
    if call.method == "DELETE" and len(call.parts) == 4:
        try:
            gone = allocations.remove(org, kind.plural, source, call.parts[3])
        except Refused as wrong:
            return invalid([{"ValidationErrors": [{"Message": one} for one in wrong.messages]}])
        return Reply(200, allocations.gone(org, gone))
    if call.method != "PUT":
        raise not_there("Allocations are made by PUT.")

    def made(one: Content) -> Content:
        return allocations.made(org, allocations.allocate(org, kind.plural, source, one))

    def refusal(org: Organisation, one: Content, wrong: Refused) -> Content:
        return {"ValidationErrors": [{"Message": each} for each in wrong.messages]}

    return answered(org, kind, call, elements(call, "Allocations"), made, refusal, "Allocations")


def notes(org: Organisation, kind: Kind, call: Call) -> Reply:
    if kind.plural not in WITH_HISTORY:
        raise not_found()
    found = reading.named(org, kind, call.parts[1])
    if call.method == "GET":
        return envelope(org, "HistoryRecords", history.newest_first(found))
    if call.method not in ("PUT", "POST"):
        raise not_there("Notes are added, never taken back.")

    def made(one: Content) -> Content:
        note = history.add(org, kind.plural, found["id"], one, PROVIDER)
        return history.answer(note, written=True)

    def refusal(org: Organisation, one: Content, wrong: Refused) -> Content:
        return {"ValidationErrors": [{"Message": each} for each in wrong.messages]}

    told = elements(call, "HistoryRecords")
    return answered(org, kind, call, told, made, refusal, "HistoryRecords")


def files(org: Organisation, kind: Kind, call: Call) -> Reply:
    """The list of what hangs on an object, a file as it came, or a file that comes."""
    if kind.plural not in attachments.TAKING or len(call.parts) > 4:
        raise not_found()
    identity, name = call.parts[1], "".join(call.parts[3:])
    if call.method == "GET":
        found = reading.named(org, kind, identity)
        if not name:
            rows = [attachments.answer(one, written=False) for one in attachments.of(org, found)]
            return envelope(org, "Attachments", rows)
        file = attachments.named(org, found, name)
        if file is None:
            raise not_found()
        # Its own type for whoever asks for that; what is described is bytes of any.
        own = file["mime"] in call.headers.get("Accept", "")
        kind_said = file["mime"] if own else attachments.ANY_TYPE
        return Reply(200, content_type=kind_said, raw=attachments.content_of(file))
    if call.method not in ("PUT", "POST") or not name:
        raise not_there("Files are put under their names, never taken back.")
    return file_put(org, kind, call, identity, name)


def file_put(org: Organisation, kind: Kind, call: Call, identity: str, name: str) -> Reply:
    data, mime = call.body, call.headers.get("Content-Type", "")
    attachments.check_size(kind.plural, data)
    online = call.flag("includeonline")
    try:
        with org.step():
            owner = org.find(kind.plural, identity)
            if owner is None:
                raise Refused(f"A document with id '{identity}' could not be found")
            made = attachments.attach(org, kind.plural, owner, name, data, mime, online=online)
    except Refused as wrong:
        return invalid([attachments.refused(name, data, mime, wrong)])
    return envelope(org, "Attachments", [attachments.answer(made, written=True)])


def options(org: Organisation, kind: Kind, call: Call) -> Reply:
    if kind.plural != "TrackingCategories" or call.method != "PUT":
        raise not_found()
    found = reading.named(org, kind, call.parts[1])

    def made(one: Content) -> Content:
        return masters.option_answer(masters.add_option(org, found["id"], one))

    def refusal(org: Organisation, one: Content, wrong: Refused) -> Content:
        return {"ValidationErrors": [{"Message": each} for each in wrong.messages]}

    return answered(org, kind, call, elements(call, "Options"), made, refusal, "Options")


SUBS: dict[str, Callable[[Organisation, Kind, Call], Reply]] = {
    "allocations": allocation,
    "attachments": files,
    "history": notes,
    "options": options,
}
