"""The books of one organisation: what stands, what is set against what, and what they refuse."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .clock import Clock
from .kinds import KINDS, Kind
from .values import Refused, written

NOTHING = Decimal("0.00")
GREATEST_RECEIPT = Decimal("9999.99")
CHANGED_WHEN_SENT = {"due", "remark"}
CANCELLED = "cancelled"
# Documents count on the receivable in this state, money in that.
COUNTS = {"invoice": "sent", "credit": "sent", "receipt": "standing", "refund": "standing"}


@dataclass(eq=False)
class Thing:
    """One object: `fields` as they were written, money as text; what is set against it, by the
    kind and id of the other side; and the refunds that name it, the cancelled included."""

    kind: Kind
    id: str
    fields: dict[str, Any]
    state: str
    version: int
    changed_at: datetime
    allocations: "dict[tuple[str, str], Allocation]" = field(default_factory=dict)
    refunds: "dict[str, Thing]" = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str]:
        return self.kind.name, self.id

    @property
    def counts(self) -> bool:
        return self.state == COUNTS.get(self.kind.name)

    @property
    def amount(self) -> Decimal:
        """What a document or money comes to."""
        return Decimal(self.fields["total" if "total" in self.fields else "amount"])

    def set_against(self, *kinds: str) -> Decimal:
        """What is set against it, or it against, on the other side of these kinds."""
        parts = (one.amount for (kind, _), one in self.allocations.items() if kind in kinds)
        return sum(parts, NOTHING)

    @property
    def refunded(self) -> Decimal:
        return sum((one.amount for one in self.refunds.values() if one.counts), NOTHING)

    @property
    def used(self) -> Decimal:
        """What of a receipt or credit is set against invoices, or was refunded."""
        return self.set_against("invoice") + self.refunded

    @property
    def open(self) -> Decimal:
        """What is open of an invoice, credit or receipt: nothing of one that does not count."""
        if not self.counts:
            return NOTHING
        return self.amount - self.set_against("receipt", "credit") - self.used

    def shown(self) -> dict[str, Any]:
        """The object as an answer tells it."""
        content: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "changed_at": written(self.changed_at),
            **self.fields,
        }
        if self.state:
            content["state"] = self.state
        if self.kind.name == "invoice":
            content["paid"] = str(self.set_against("receipt"))
            content["credited"] = str(self.set_against("credit"))
        elif self.kind.name in ("credit", "receipt"):
            content["used" if self.kind.name == "credit" else "settled"] = str(self.used)
        if self.kind.name in ("invoice", "credit", "receipt"):
            content["open"] = str(self.open)
        return content


@dataclass
class Allocation:
    """So much of a receipt or credit (`source`) set against an invoice."""

    source: Thing
    invoice: Thing
    amount: Decimal
    dated: str

    def as_json(self) -> dict[str, Any]:
        return {"invoice": self.invoice.id, "amount": str(self.amount), "dated": self.dated}


@dataclass
class Books:
    """One organisation. Not safe by itself under threads: the service has one lock."""

    id: str
    name: str
    country: str
    home_currency: str
    clock: Clock
    things: dict[str, dict[str, Thing]] = field(default_factory=lambda: {one: {} for one in KINDS})
    given: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    last_change: datetime | None = None

    # --- reading -------------------------------------------------------------------------------
    def find(self, kind: Kind, id: str) -> Thing:
        thing = self.things[kind.name].get(id)
        if thing is None:
            raise Refused(404, "not_found", f"There is no {kind.name} {id}.")
        return thing

    def all(self) -> Iterator[Thing]:
        for things in self.things.values():
            yield from things.values()

    def receivable(self, day: str) -> dict[str, str]:
        """What customers owe at the end of a day, by currency."""
        sums: dict[str, Decimal] = {}
        for name, sign in (("invoice", 1), ("refund", 1), ("credit", -1), ("receipt", -1)):
            for thing in self.things[name].values():
                if thing.counts and thing.fields["dated"] <= day:
                    currency = thing.fields["currency"]
                    sums[currency] = sums.get(currency, NOTHING) + sign * thing.amount
        return {currency: str(amount) for currency, amount in sorted(sums.items())}

    # --- writing -------------------------------------------------------------------------------
    def touch(self, *things: Thing) -> None:
        for thing in things:
            thing.version += 1
            thing.changed_at = self._stamp()

    def _stamp(self) -> datetime:
        """The time of a change; no two changes bear the same, and none an earlier than the last."""
        now = self.clock.now()
        if self.last_change is not None:
            now = max(now, self.last_change + timedelta(microseconds=1))
        self.last_change = now
        return now

    def create(self, kind: Kind, body: Any) -> Thing:
        fields = kind.writes.whole(body)
        self._check(kind, fields)
        self.given[kind.name] += 1
        thing = Thing(
            kind,
            str(self.given[kind.name]),
            fields,
            kind.state,
            version=1,
            changed_at=self._stamp(),
        )
        self.things[kind.name][thing.id] = thing
        source = self._source(fields)
        if source is not None:
            source.refunds[thing.id] = thing
            self.touch(source)
        return thing

    def replace(self, thing: Thing, version: int, body: Any) -> None:
        """Write the fields given over those that stand."""
        if version != thing.version:
            words = f"The {thing.kind.name} has version {thing.version}, not {version}."
            raise Refused(412, "changed", words, object=thing.shown())
        given = thing.kind.writes.given(body)
        if thing.state in ("void", CANCELLED):
            raise Refused(409, thing.state, f"The {thing.kind.name} is {thing.state}.")
        kept = set(given) - CHANGED_WHEN_SENT
        if thing.state == "sent" and kept:
            words = "Of what is sent, the due date and the remark alone are changed."
            raise Refused(409, "sent_already", words, min(kept))
        fields = {**thing.fields, **given}
        self._check(thing.kind, fields, thing)
        before, thing.fields = thing.fields, fields
        self.touch(thing)
        self._refund_anew(thing, before)

    def send(self, thing: Thing) -> None:
        if thing.state != "draft":
            code = "sent_already" if thing.state == "sent" else thing.state
            raise Refused(409, code, f"The {thing.kind.name} is {thing.state}.")
        thing.state = "sent"
        self.touch(thing)

    def end(self, thing: Thing, state: str) -> None:
        """Void a document, cancel money; a second time does nothing."""
        if thing.state == state:
            return
        if thing.allocations or thing.refunded:
            raise Refused(409, "settled", f"Something is set against this {thing.kind.name}.")
        thing.state = state
        self.touch(thing)
        source = self._source(thing.fields)
        if source is not None:
            self.touch(source)

    def delete(self, thing: Thing) -> None:
        """Take away a draft, cancelled money, or a contact or product that nothing names."""
        if thing.state not in ("", "draft", CANCELLED) or self._is_named(thing):
            raise Refused(409, "in_use", f"The {thing.kind.name} is in use.")
        del self.things[thing.kind.name][thing.id]
        source = self._source(thing.fields)
        if source is not None:
            del source.refunds[thing.id]

    # --- allocations ---------------------------------------------------------------------------
    def allocate(self, source: Thing, invoice_id: str, amount: Decimal, dated: str) -> Allocation:
        """Set so much against an invoice, beside what is set against it already."""
        invoice = self.things["invoice"].get(invoice_id)
        if invoice is None:
            raise Refused(422, "unknown_invoice", f"There is no invoice {invoice_id}.", "invoice")
        self._check_alike(source.fields, invoice)
        if amount <= 0:
            raise Refused(422, "not_positive", "An amount above nought is wanted.", "amount")
        if amount > min(source.open, invoice.open):
            words = (
                f"{source.open} is open of the {source.kind.name}, {invoice.open} of the invoice."
            )
            raise Refused(422, "not_open", words, "amount")
        standing = source.allocations.get(invoice.name)
        if standing is None:
            standing = Allocation(source, invoice, amount, dated)
            source.allocations[invoice.name] = invoice.allocations[source.name] = standing
        else:
            standing.amount += amount
            standing.dated = max(standing.dated, dated)
        self.touch(source, invoice)
        return standing

    def take_off(self, source: Thing, invoice: str) -> None:
        standing = source.allocations.pop(("invoice", invoice), None)
        if standing is None:
            words = f"Nothing of this {source.kind.name} is set against invoice {invoice}."
            raise Refused(404, "not_found", words)
        del standing.invoice.allocations[source.name]
        self.touch(source, standing.invoice)

    # --- what the books refuse -----------------------------------------------------------------
    def _check(self, kind: Kind, fields: dict[str, Any], standing: Thing | None = None) -> None:
        """Refused where the books say no to an object of these fields; `standing` is it before."""
        if "contact" in fields and fields["contact"] not in self.things["contact"]:
            words = f"There is no contact {fields['contact']}."
            raise Refused(422, "unknown_contact", words, "contact")
        at_par = Decimal(fields.get("rate", "1")) == 1
        if fields.get("currency") == self.home_currency and not at_par:
            raise Refused(422, "rate", "The rate of the home currency is 1.000000.", "rate")
        if "lines" in fields:
            self._check_sums(fields)
        if "amount" in fields:
            self._check_amount(kind, fields, standing)

    def _check_sums(self, fields: dict[str, Any]) -> None:
        for at, line in enumerate(fields["lines"]):
            if line["product"] is not None and line["product"] not in self.things["product"]:
                words = f"There is no product {line['product']}."
                raise Refused(422, "unknown_product", words, f"lines.{at}.product")
        net, tax, total = (Decimal(fields[name]) for name in ("net", "tax", "total"))
        for name, said in (("net", net), ("tax", tax)):
            lines = sum((Decimal(line[name]) for line in fields["lines"]), NOTHING)
            if lines != said:
                raise Refused(422, "sums", f"The lines come to {name} {lines}, not {said}.", name)
        if net + tax != total:
            raise Refused(422, "sums", f"Net and tax come to {net + tax}, not {total}.", "total")
        if total < 0:
            raise Refused(422, "negative", "A document comes to nought or more.", "total")

    def _check_amount(self, kind: Kind, fields: dict[str, Any], standing: Thing | None) -> None:
        amount = Decimal(fields["amount"])
        if amount <= 0:
            raise Refused(422, "not_positive", "An amount above nought is wanted.", "amount")
        if kind.name == "refund":
            self._check_refund(fields, amount, standing)
            return
        if amount > GREATEST_RECEIPT:
            words = f"A receipt holds at most {GREATEST_RECEIPT}."
            raise Refused(422, "too_great", words, "amount")
        if standing is None or not standing.used:
            return
        if amount < standing.used:
            words = f"{standing.used} of it is settled."
            raise Refused(422, "not_open", words, "amount")
        for name in ("contact", "currency"):
            if fields[name] != standing.fields[name]:
                raise Refused(409, "settled", "Something is set against this receipt.", name)

    def _check_refund(
        self, fields: dict[str, Any], amount: Decimal, standing: Thing | None
    ) -> None:
        of = fields["of"]
        source = self._source(fields)
        if source is None:
            words = f"There is no {of['kind']} {of['id']}."
            raise Refused(422, f"unknown_{of['kind']}", words, "of")
        self._check_alike(fields, source)
        left = source.open
        if standing is not None and standing.fields["of"] == of:
            left += standing.amount
        if amount > left:
            raise Refused(422, "not_open", f"{left} is open of the {of['kind']}.", "amount")

    def _check_alike(self, fields: dict[str, Any], other: Thing) -> None:
        for name in ("contact", "currency"):
            if fields[name] != other.fields[name]:
                words = f"The {other.kind.name} is of {name} {other.fields[name]}."
                raise Refused(422, f"other_{name}", words, name)

    def _is_named(self, thing: Thing) -> bool:
        if thing.kind.name == "contact":
            return any(one.fields.get("contact") == thing.id for one in self.all())
        if thing.kind.name == "product":
            lines = (line for one in self.all() for line in one.fields.get("lines", ()))
            return any(line["product"] == thing.id for line in lines)
        return bool(thing.refunds)

    # --- refunds and what they refund ------------------------------------------------------------
    def _source(self, fields: dict[str, Any]) -> Thing | None:
        return self.things[fields["of"]["kind"]].get(fields["of"]["id"]) if "of" in fields else None

    def _refund_anew(self, refund: Thing, before: dict[str, Any]) -> None:
        """What is refunded changes with its refund: less of it is open, or more again."""
        old, new = self._source(before), self._source(refund.fields)
        if new is None or old is None:
            return
        del old.refunds[refund.id]
        new.refunds[refund.id] = refund
        if old is not new:
            self.touch(old, new)
        elif before["amount"] != refund.fields["amount"]:
            self.touch(new)
