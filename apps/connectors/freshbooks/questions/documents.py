"""Open questions about FreshBooks' documents, money and lists."""

from collections.abc import Callable
from decimal import Decimal

from apps.connectors.freshbooks.client import CLIENT, CREDIT, INVOICE
from apps.connectors.freshbooks.faults import faults_in
from apps.connectors.freshbooks.questions.asking import (
    CUSTOMER,
    DELETED,
    DRAFT,
    SENT,
    credit,
    identity,
    invoice,
    line,
    listed,
    payment,
    read,
    refusal,
    rows,
    sale,
    thing,
    total,
    write,
)
from apps.connectors.freshbooks.wire import Json
from apps.connectors.questions import CannotAsk, Finding, Question, Scene, Write, told

Read = Callable[[Scene], Finding]


def refused(step: str, errno: int, *, wanted: bool, first: str = "") -> Read:
    """Whether a step is refused with this number; another refusal tells nothing."""

    def reading(scene: Scene) -> Finding:
        if first:
            identity(scene, first, INVOICE)
        words = refusal(scene[step])
        numbers = [each.errno for each in faults_in(scene[step].said)]
        if words and errno not in numbers:
            raise CannotAsk(f"it was refused for something else: {words}")
        return told(bool(words) is wanted, words or "accepted")

    return reading


def shown(step: str, kind: str, field: str, value: object) -> Read:
    """Whether a field of what was read is this."""

    def reading(scene: Scene) -> Finding:
        found = thing(scene, step, kind).get(field)
        return told(found == value, f"{field} is {found}")

    return reading


def amounts(step: str, wanted: str) -> Read:
    def reading(scene: Scene) -> Finding:
        found = total(thing(scene, step, INVOICE))
        return told(found == Decimal(wanted), f"a total of {found}")

    return reading


def _kept_lines(scene: Scene) -> Finding:
    thing(scene, "changed", INVOICE)
    found = len(thing(scene, "read", INVOICE).get("lines") or ())
    return told(found == 1, f"one line was sent over two, {found} stand")


def _one_line(scene: Scene) -> Json:
    before = thing(scene, "invoice", INVOICE)["lines"]
    return {"lines": [line("7.00", lineid=before[0]["lineid"])]}


def _deleted(scene: Scene) -> Finding:
    thing(scene, "deleted", INVOICE)
    words = refusal(scene["read"])
    return told(not words, words or "it is shown, with vis_state 1")


def _by_note(scene: Scene) -> Finding:
    own = identity(scene, "client", CLIENT)
    found = [str(each["id"]) for each in rows(scene, "found", CLIENT)]
    return told(found == [own], f"{len(found)} clients are listed")


def _paid(scene: Scene) -> Finding:
    if thing(scene, "sent", INVOICE).get("status") != SENT:
        raise CannotAsk("an invoice that is created as sent stands as a draft")
    return shown("read", INVOICE, "status", 4)(scene)


def _status_told(scene: Scene) -> Finding:
    status = scene["missing"].status
    if not faults_in(scene["missing"].said):
        raise CannotAsk(f"what is not there was answered with status {status}")
    return told(status != 200, f"an error under status {status}")


def _voided(_: Scene) -> Json:
    return {"lines": [line("0.00")], "notes": "Voided"}


TWICE = invoice("again", lambda scene: sale(scene, "invoice"))
GONE = write("deleted", INVOICE, lambda _: {"vis_state": 1}, of="invoice")
PAID = (CUSTOMER, invoice("invoice"), payment("payment", "invoice"))

DOCUMENTS = (
    Question(
        id="status_on_create",
        asks="Does an invoice that is created as sent stand as sent?",
        behind="0026, open: which of both holds",
        assumed="it does",
        switch="status_on_create",
        steps=(CUSTOMER, invoice("invoice"), read("read", INVOICE, "invoice")),
        read=shown("read", INVOICE, "status", SENT),
    ),
    Question(
        id="duplicate_numbers",
        asks="Is a number refused that stands already?",
        behind="0026, open: whether a number may stand twice",
        assumed="it is",
        switch="duplicate_numbers",
        steps=(CUSTOMER, invoice("invoice"), TWICE),
        read=refused("again", 1029, wanted=True, first="invoice"),
    ),
    Question(
        id="deleted_keeps_number",
        asks="Is the number of a deleted invoice taken?",
        behind="docs/sandbox.md [U]",
        assumed="it is free",
        switch="deleted_keeps_number",
        steps=(CUSTOMER, invoice("invoice"), GONE, TWICE),
        read=refused("again", 1029, wanted=False, first="deleted"),
    ),
    Question(
        id="nil_price",
        asks="May the prices of an invoice be set to nil?",
        behind="0001, a void [N]; 0026, open",
        assumed="they may",
        switch="nil_price",
        steps=(CUSTOMER, invoice("invoice"), write("void", INVOICE, _voided, of="invoice")),
        read=refused("void", 1004, wanted=False, first="invoice"),
    ),
    Question(
        id="nil_invoice",
        asks="What is a sent invoice of nil?",
        behind="docs/sandbox.md [U]",
        assumed="paid",
        switch="nil_invoice",
        steps=(CUSTOMER, invoice("invoice", lambda scene: sale(scene, "nil", line("0.00")))),
        read=shown("invoice", INVOICE, "payment_status", "paid"),
    ),
    Question(
        id="negative_total",
        asks="Is an invoice below nil refused?",
        behind="docs/sandbox.md: its number is published, not when [U]",
        assumed="it is",
        switch="negative_total",
        steps=(CUSTOMER, invoice("invoice", lambda scene: sale(scene, "below", line("-5.00")))),
        read=refused("invoice", 1040, wanted=True),
    ),
    Question(
        id="lines_on_update",
        asks="Do the lines of an update replace those that stand?",
        behind="0001: lines only whole; docs/sandbox.md [U]",
        assumed="they do",
        switch="lines_on_update",
        steps=(
            CUSTOMER,
            invoice("invoice", lambda scene: sale(scene, "lines", line(), line())),
            write("changed", INVOICE, _one_line, of="invoice"),
            read("read", INVOICE, "invoice"),
        ),
        read=_kept_lines,
    ),
    Question(
        id="half_rounding",
        asks="How is half a cent of a line rounded?",
        behind="docs/sandbox.md [U]",
        assumed="up",
        switch="half_rounding",
        steps=(
            CUSTOMER,
            invoice("invoice", lambda scene: sale(scene, "half", line("0.25", "0.5"))),
        ),
        read=amounts("invoice", "0.13"),
    ),
    Question(
        id="unit_cost_decimals",
        asks="Are more than two decimals of a price kept?",
        behind="docs/sandbox.md [U]",
        assumed="they are",
        switch="unit_cost_decimals",
        steps=(
            CUSTOMER,
            invoice("invoice", lambda scene: sale(scene, "price", line("0.3333", "100"))),
        ),
        read=amounts("invoice", "33.33"),
    ),
)

MONEY = (
    Question(
        id="paid_status",
        asks="Has a paid invoice a status of its own?",
        behind="docs/sandbox.md: a published table; a sample keeps 2",
        assumed="4",
        switch="paid_status",
        steps=(
            CUSTOMER,
            invoice("invoice"),
            read("sent", INVOICE, "invoice"),
            payment("payment", "invoice"),
            read("read", INVOICE, "invoice"),
        ),
        read=_paid,
    ),
    Question(
        id="payment_on_draft",
        asks="Does a draft stay one when it is part-paid?",
        behind="docs/sandbox.md: a sample [U]",
        assumed="it does",
        switch="payment_on_draft",
        steps=(
            CUSTOMER,
            invoice("invoice", lambda scene: sale(scene, "draft", status=DRAFT)),
            payment("payment", "invoice", "4.00"),
            read("read", INVOICE, "invoice"),
        ),
        read=shown("read", INVOICE, "status", DRAFT),
    ),
    Question(
        id="delete_paid_invoice",
        asks="May a paid invoice be deleted?",
        behind="docs/sandbox.md [U]",
        assumed="it may, and its payments go with it",
        switch="delete_paid_invoice",
        steps=(*PAID, GONE),
        read=refused("deleted", 1003, wanted=False, first="invoice"),
    ),
    Question(
        id="credit_note_starts",
        asks="Does a new credit note count at once?",
        behind="0026, open: whether one is sent",
        assumed="it does",
        switch="credit_note_starts",
        steps=(CUSTOMER, credit("credit"), read("read", CREDIT, "credit")),
        read=shown("read", CREDIT, "display_status", "created"),
    ),
)

LISTS = (
    Question(
        id="deleted_read",
        asks="Is a deleted invoice shown by its id?",
        behind="0026: errors under 200 [L]; docs/sandbox.md [U]",
        assumed="it is, with vis_state 1",
        switch="deleted_read",
        steps=(CUSTOMER, invoice("invoice"), GONE, read("read", INVOICE, "invoice")),
        read=_deleted,
    ),
    Question(
        id="note_like",
        asks="Does a filter by the client's note narrow the list?",
        behind="0026, open: whether a list is filtered by note_like",
        assumed="it does",
        switch="note_like",
        steps=(
            CUSTOMER,
            write(
                "other",
                CLIENT,
                lambda scene: {"organization": scene.numbered("other"), "note": "another"},
                Write("a client", "a deleted client, listed apart", dated=False),
            ),
            listed("found", CLIENT, lambda scene: (("search[note_like]", scene.named("client")),)),
        ),
        read=_by_note,
    ),
    Question(
        id="errors_http",
        asks="Do errors come with a status of their own?",
        behind="0026: some come under 200 [L]",
        assumed="most do; the body decides",
        switch="errors_http",
        steps=(
            CUSTOMER,
            write(
                "missing",
                INVOICE,
                lambda scene: {**sale(scene, "no client"), "customerid": None},
                Write("an invoice without a client, which is refused", DELETED),
            ),
        ),
        read=_status_told,
    ),
)
