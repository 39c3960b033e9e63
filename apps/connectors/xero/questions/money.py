"""Open questions about money in Xero: payments, batches, credits set against invoices."""

from decimal import Decimal
from typing import Any

from apps.connectors.questions import (
    CannotAsk,
    Finding,
    Question,
    Scene,
    Step,
    Write,
    as_assumed,
    otherwise,
    told,
)
from apps.connectors.xero.questions.asking import (
    CURRENCIES,
    DELETED,
    OTHER,
    allocated,
    bank,
    changed,
    credit_note,
    element,
    foreign,
    identity,
    invoice,
    number,
    payment,
    read,
    refused,
    sale,
    words_of,
    write,
)
from apps.connectors.xero.questions.documents import CUSTOMERS, ODD_RATE
from apps.connectors.xero.wire import NOBODY, Json

TEXTS = ("Details", "Narrative", "Particulars", "Code")


# --- Payments -----------------------------------------------------------------------------------


def _payment_rate(scene: Scene) -> Finding:
    rate = number(element(scene, "payment", "Payments").get("CurrencyRate", 1))
    return told(rate != ODD_RATE, f"the document's rate is {ODD_RATE}, the payment's {rate}")


def _part_paid(scene: Scene) -> Finding:
    identity(scene, "payment", "Payments")
    if refused(scene, "changed"):
        return otherwise(f"refused: {words_of(scene['changed'])}")
    kept = element(scene, "read", "Invoices").get("Reference")
    return told(
        kept == scene.numbered("edited"), "accepted" if kept else "the reference was dropped"
    )


def _flagged(scene: Scene) -> Finding:
    identity(scene, "payment", "Payments")
    status = element(scene, "read", "Payments").get("Status")
    seen = f"it is {status}"
    if status != "DELETED":
        seen += f", and they said: {words_of(scene['deleted'])}"
    return told(status == "DELETED", seen)


PAYMENTS = (
    Question(
        id="payment_rate_omitted",
        asks="At which rate is a payment of a foreign invoice that names none?",
        behind="docs/sandbox.md [U]",
        assumed="at the day's, so ours is always sent",
        switch="payment_rate_omitted",
        steps=(
            *CUSTOMERS,
            CURRENCIES,
            invoice(
                "invoice",
                lambda scene: sale(
                    scene,
                    "abroad",
                    status="AUTHORISED",
                    CurrencyCode=foreign(scene),
                    CurrencyRate=ODD_RATE,
                ),
                status="AUTHORISED",
            ),
            payment("payment", "invoice", "10.00"),
        ),
        read=_payment_rate,
    ),
    Question(
        id="part_paid_edits",
        asks="May the reference of a part-paid invoice be edited?",
        behind="0025: as of paid ones [O]; Xero-NetStandard#84 [I] refuses",
        assumed="it may",
        switch="part_paid_edits",
        steps=(
            *CUSTOMERS,
            invoice("invoice", status="AUTHORISED"),
            payment("payment", "invoice", "4.00"),
            changed(
                "changed",
                "invoice",
                "Invoices",
                lambda scene, _: {"Reference": scene.numbered("edited")},
            ),
            read("read", "invoice", "Invoices"),
        ),
        read=_part_paid,
    ),
    Question(
        id="flagged_delete",
        asks="Does Xero delete a payment that an app said is reconciled?",
        behind="docs/sandbox.md: the flag does not tell [O]; [U]",
        assumed="it does",
        switch="flagged_delete",
        steps=(
            *CUSTOMERS,
            invoice("invoice", status="AUTHORISED"),
            payment("payment", "invoice", "10.00", IsReconciled=True),
            changed("deleted", "payment", "Payments", lambda *_: {"Status": "DELETED"}),
            read("read", "payment", "Payments"),
        ),
        read=_flagged,
    ),
    Question(
        id="reconciled_delete",
        asks="How is the deletion of a reconciled payment refused: in a 200, or by a 400?",
        behind="0025, open: how it is refused [R]",
        assumed="either is read",
        switch="reconciled_delete",
        unaskable="only a person can reconcile a payment, on Xero's own page",
    ),
)


# --- Batches ------------------------------------------------------------------------------------


def batch(name: str, *paid: tuple[str, str], **texts: Any) -> Step:
    """One payment over several invoices of this run: steps, and how much of each."""

    def body(scene: Scene) -> Json:
        return {
            "Account": bank(scene),
            "Date": scene.day.isoformat(),
            "Payments": [
                {"Invoice": {"InvoiceID": identity(scene, of, "Invoices")}, "Amount": Decimal(much)}
                for of, much in paid
            ],
            **(texts or {"Details": "Tieout asks"}),
        }

    return write(name, "PUT", "BatchPayments", body, Write("a batch payment", DELETED))


def _failed_line(scene: Scene) -> Finding:
    if refused(scene, "batch"):
        return otherwise(f"the batch was refused: {words_of(scene['batch'])}")
    paid = element(scene, "batch", "BatchPayments").get("Payments", ())
    done = [each for each in paid if each.get("PaymentID", NOBODY) != NOBODY]
    return told(len(done) == 1, f"of two lines {len(done)} came with an id, and no error")


def _mixed(scene: Scene) -> Finding:
    if refused(scene, "batch"):
        return otherwise(f"refused: {words_of(scene['batch'])}")
    paid = element(scene, "batch", "BatchPayments").get("Payments", ())
    return told(len(paid) == 2, f"accepted, with {len(paid)} of two lines")


def _texts(scene: Scene) -> Finding:
    kept = [each for each in TEXTS if element(scene, "read", "BatchPayments").get(each)]
    return told(kept == list(TEXTS), f"kept: {', '.join(kept) or 'none'}")


def _two(*, to: str = "customer") -> tuple[Step, Step]:
    return (
        invoice("first", status="AUTHORISED"),
        invoice(
            "second",
            lambda scene: sale(scene, "second", status="AUTHORISED", to=to),
            status="AUTHORISED",
        ),
    )


BATCHES = (
    Question(
        id="batch_failed_line",
        asks="Does a line of a batch that cannot be paid fail without a word?",
        behind="0025; Xero-NetStandard#324 [I]",
        assumed="it does: the rest is paid, and the line has no id",
        switch="batch_failed_line",
        steps=(*CUSTOMERS, *_two(), batch("batch", ("first", "10.00"), ("second", "999.00"))),
        read=_failed_line,
    ),
    Question(
        id="batch_mixed_contacts",
        asks="May a batch pay invoices of several contacts?",
        behind="0001, several contacts in one batch [N]; 0025, open",
        assumed="it may",
        switch="batch_mixed_contacts",
        steps=(
            *CUSTOMERS,
            OTHER,
            *_two(to="other customer"),
            batch("batch", ("first", "10.00"), ("second", "10.00")),
        ),
        read=_mixed,
    ),
    Question(
        id="batch_texts",
        asks="Which texts of a batch are kept?",
        behind="0025, a batch's mark; xero.md names the countries [S], [U]",
        assumed="all that are sent",
        switch="batch_texts",
        steps=(
            *CUSTOMERS,
            *_two(),
            batch("batch", ("first", "10.00"), ("second", "10.00"), **dict.fromkeys(TEXTS, "T1")),
            read("read", "batch", "BatchPayments"),
        ),
        read=_texts,
    ),
)


# --- Credits ------------------------------------------------------------------------------------


def _refused_credit(scene: Scene) -> Finding:
    for step, kind in (("note", "CreditNotes"), ("invoice", "Invoices")):
        identity(scene, step, kind)
    if refused(scene, "allocation"):
        return as_assumed(f"refused: {words_of(scene['allocation'])}")
    return otherwise("accepted")


def _told_id(scene: Scene) -> Finding:
    made = element(scene, "allocation", "Allocations")
    named = made.get("AllocationID", NOBODY) != NOBODY
    return told(not named, "its id is told" if named else "no id")


def _gone(scene: Scene) -> Finding:
    element(scene, "allocation", "Allocations")
    if not scene["taken off"].good:
        raise CannotAsk(f"it was not taken off: {words_of(scene['taken off'])}")
    said = scene["taken off"].said
    whole = isinstance(said, dict) and "Invoice" in said
    return told(not whole, "with its invoice" if whole else "without its invoice")


def _allocation_path(scene: Scene) -> str:
    found = element(scene, "read", "CreditNotes").get("Allocations") or []
    ids = [each["AllocationID"] for each in found if each.get("AllocationID")]
    if not ids:
        raise CannotAsk("the credit note that was read names no allocation")
    return f"CreditNotes/{identity(scene, 'note', 'CreditNotes')}/Allocations/{ids[0]}"


NOTE = credit_note("note", status="AUTHORISED")
SET = allocated("allocation", "note", "invoice", "5.00")

CREDITS = (
    Question(
        id="allocation_contact",
        asks="Is a credit of one contact refused on another's invoice?",
        behind="xero.md [U]",
        assumed="it is refused",
        switch="allocation_contact",
        steps=(
            *CUSTOMERS,
            OTHER,
            NOTE,
            invoice(
                "invoice",
                lambda scene: sale(scene, "theirs", status="AUTHORISED", to="other customer"),
                status="AUTHORISED",
            ),
            SET,
        ),
        read=_refused_credit,
    ),
    Question(
        id="allocation_currency",
        asks="Is a credit refused on an invoice in another currency?",
        behind="xero.md [U]",
        assumed="it is refused",
        switch="allocation_currency",
        steps=(
            *CUSTOMERS,
            CURRENCIES,
            NOTE,
            invoice(
                "invoice",
                lambda scene: sale(
                    scene, "abroad", status="AUTHORISED", CurrencyCode=foreign(scene)
                ),
                status="AUTHORISED",
            ),
            SET,
        ),
        read=_refused_credit,
    ),
    Question(
        id="allocation_id_in_answer",
        asks="Does the answer that makes an allocation tell its id?",
        behind="xero.md: the description's example has none [S]",
        assumed="no: it is read",
        switch="allocation_id_in_answer",
        steps=(*CUSTOMERS, NOTE, invoice("invoice", status="AUTHORISED"), SET),
        read=_told_id,
    ),
    Question(
        id="allocation_gone_answer",
        asks="Does the answer that takes an allocation off name its invoice?",
        behind="xero-python#159 [I]; the description says that it does [S]",
        assumed="no: it is read",
        switch="allocation_gone_answer",
        steps=(
            *CUSTOMERS,
            NOTE,
            invoice("invoice", status="AUTHORISED"),
            SET,
            read("read", "note", "CreditNotes"),
            write("taken off", "DELETE", _allocation_path, None, None),
        ),
        read=_gone,
    ),
)


MONEY = (*PAYMENTS, *BATCHES, *CREDITS)
