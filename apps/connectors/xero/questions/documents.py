"""Open questions about Xero's documents: lines, statuses, what an update does."""

from collections.abc import Callable
from decimal import Decimal

from apps.connectors.questions import (
    Finding,
    Question,
    Scene,
    Step,
    otherwise,
    told,
)
from apps.connectors.xero.questions.asking import (
    ACCOUNTS,
    CURRENCIES,
    CUSTOMER,
    TEN,
    Raw,
    changed,
    element,
    foreign,
    identity,
    invoice,
    line,
    lines,
    number,
    read,
    refused,
    sale,
    words_of,
)
from apps.connectors.xero.wire import Json

ODD_RATE = Decimal("3.123456")  # of no day: what is kept of it tells itself
CUSTOMERS = (ACCOUNTS, CUSTOMER)


def on_draft(body: Callable[[Scene], Json]) -> Step:
    return invoice("invoice", body)


# --- Lines --------------------------------------------------------------------------------------


def _halves(scene: Scene) -> Finding:
    found = [number(each.get("LineAmount")) for each in lines(scene, "invoice")]
    up = [Decimal("0.13"), Decimal("0.38")]
    return told(found == up, f"0.125 and 0.375 became {', '.join(map(str, found))}")


def _unlike(scene: Scene) -> Finding:
    if refused(scene, "invoice"):
        return otherwise(f"refused: {words_of(scene['invoice'])}")
    (kept,) = lines(scene, "invoice")
    seen = f"quantity {kept.get('Quantity')}, amount {kept.get('LineAmount')}"
    shaped = number(kept.get("Quantity", 0)) == 1 and number(kept.get("LineAmount")) == 15
    return told(shaped, seen)


def _nil_line(scene: Scene) -> Finding:
    named = [each.get("AccountCode") for each in lines(scene, "read") if not each.get("LineAmount")]
    return told(named == [None], f"the account of the line of nil: {named[0] if named else '-'}")


def _totals(scene: Scene) -> Finding:
    if refused(scene, "invoice"):
        return otherwise(f"refused: {words_of(scene['invoice'])}")
    total = element(scene, "invoice", "Invoices").get("Total")
    return told(number(total) == TEN, f"a Total of 1.00 was sent, {total} stands")


LINES = (
    Question(
        id="half_rounding",
        asks="How is half a cent of a discounted line rounded?",
        behind="0025, open: half a cent of a discounted line",
        assumed="up",
        switch="half_rounding",
        steps=(
            *CUSTOMERS,
            on_draft(
                lambda scene: sale(
                    scene,
                    "halves",
                    *(line(scene, Decimal(each), DiscountRate=50) for each in ("0.25", "0.75")),
                )
            ),
        ),
        read=_halves,
    ),
    Question(
        id="line_amount_mismatch",
        asks="What becomes of a line whose amount is not quantity × price?",
        behind="xero.md, alga-psa#2337 [I]",
        assumed="it is made one piece at that amount",
        switch="line_amount_mismatch",
        steps=(
            *CUSTOMERS,
            on_draft(
                lambda scene: sale(
                    scene, "unlike", line(scene, TEN, Quantity=2, LineAmount=Decimal("15.00"))
                )
            ),
        ),
        read=_unlike,
    ),
    Question(
        id="nil_line_account",
        asks="Does a line of nil keep its account?",
        behind="xero.md, xero-php#660 [I]",
        assumed="it loses it",
        switch="nil_line_account",
        steps=(
            *CUSTOMERS,
            on_draft(
                lambda scene: sale(scene, "nil line", line(scene, TEN), line(scene, Decimal(0)))
            ),
            read("read", "invoice", "Invoices"),
        ),
        read=_nil_line,
    ),
    Question(
        id="sent_totals",
        asks="What becomes of a Total that is sent and is not the sum?",
        behind="docs/sandbox.md, xeroizer#23 [I]",
        assumed="it is ignored",
        switch="sent_totals",
        steps=(*CUSTOMERS, on_draft(lambda scene: sale(scene, "totals", Total=Decimal("1.00")))),
        read=_totals,
    ),
)


# --- Updates ------------------------------------------------------------------------------------


def _rate(scene: Scene) -> Finding:
    rate = number(element(scene, "read", "Invoices").get("CurrencyRate", 1))
    element(scene, "changed", "Invoices")
    return told(rate != ODD_RATE, f"the rate was {ODD_RATE}, then {rate}")


def _same_lines(scene: Scene) -> Finding:
    element(scene, "changed", "Invoices")
    before, after = (
        [each.get("LineItemID") for each in lines(scene, step)] for step in ("invoice", "read")
    )
    return told(before == after, "the same lines" if before == after else "lines of other ids")


def _discounts(scene: Scene) -> Finding:
    element(scene, "changed", "Invoices")
    (kept,) = lines(scene, "read")
    same = not kept.get("DiscountRate") and number(kept.get("DiscountAmount", 0)) == 1
    seen = f"a discount of 1.00 became {kept.get('DiscountAmount')}, {kept.get('DiscountRate')} %"
    return told(not same, seen)


def _to_draft(scene: Scene) -> Finding:
    identity(scene, "invoice", "Invoices")
    if refused(scene, "changed"):
        return otherwise(f"refused: {words_of(scene['changed'])}")
    status = element(scene, "read", "Invoices").get("Status")
    return told(status == "DRAFT", f"it is {status}")


def _voided(scene: Scene) -> Finding:
    element(scene, "void", "Invoices")
    due = element(scene, "read", "Invoices").get("AmountDue")
    return told(number(due) == TEN, f"an AmountDue of {due}")


def _nil(scene: Scene) -> Finding:
    status = element(scene, "invoice", "Invoices").get("Status")
    return told(status == "PAID", f"it is {status}")


def _new_line(scene: Scene, before: Raw) -> Json:
    """Its lines as they stand, without a rate."""
    kept = [{"LineItemID": each["LineItemID"]} for each in before["LineItems"]]
    return {"LineItems": [{**kept[0], **line(scene, TEN)}]}


UPDATES = (
    Question(
        id="rate_on_update",
        asks="Does an update that sends lines and no rate reset the rate?",
        behind="0025, CurrencyRate at creation [O]",
        assumed="it does",
        switch="rate_on_update",
        steps=(
            *CUSTOMERS,
            CURRENCIES,
            on_draft(
                lambda scene: sale(
                    scene, "rate", CurrencyCode=foreign(scene), CurrencyRate=ODD_RATE
                )
            ),
            changed("changed", "invoice", "Invoices", _new_line),
            read("read", "invoice", "Invoices"),
        ),
        read=_rate,
    ),
    Question(
        id="update_without_lines",
        asks="Does an update without lines leave them as they are?",
        behind="xero.md [U], [I]",
        assumed="it does",
        switch="update_without_lines",
        steps=(
            *CUSTOMERS,
            invoice("invoice"),
            changed(
                "changed",
                "invoice",
                "Invoices",
                lambda scene, _: {"Reference": scene.numbered("ref")},
            ),
            read("read", "invoice", "Invoices"),
        ),
        read=_same_lines,
    ),
    Question(
        id="sent_alters_discounts",
        asks="Does marking an invoice as sent alter its discounts? (Nothing is mailed.)",
        behind="0025, discounts; Xero-OpenAPI#713 [I]",
        assumed="it does, so it is never marked",
        switch="sent_alters_discounts",
        steps=(
            *CUSTOMERS,
            invoice(
                "invoice",
                lambda scene: sale(
                    scene,
                    "sent",
                    line(scene, Decimal("3.00"), DiscountAmount=Decimal("1.00")),
                    status="AUTHORISED",
                ),
                status="AUTHORISED",
            ),
            changed("changed", "invoice", "Invoices", lambda *_: {"SentToContact": True}),
            read("read", "invoice", "Invoices"),
        ),
        read=_discounts,
    ),
    Question(
        id="submitted_to_draft",
        asks="May a submitted invoice become a draft again?",
        behind="0025, open: submitted to draft",
        assumed="it may",
        switch="submitted_to_draft",
        steps=(
            *CUSTOMERS,
            invoice("invoice", status="SUBMITTED"),
            changed("changed", "invoice", "Invoices", lambda *_: {"Status": "DRAFT"}),
            read("read", "invoice", "Invoices"),
        ),
        read=_to_draft,
    ),
    Question(
        id="voided_amount_due",
        asks="Does a voided invoice keep its AmountDue?",
        behind="0025: a voided one keeps its AmountDue [R]",
        assumed="it does",
        switch="voided_amount_due",
        steps=(
            *CUSTOMERS,
            invoice("invoice", status="AUTHORISED"),
            changed("void", "invoice", "Invoices", lambda *_: {"Status": "VOIDED"}),
            read("read", "invoice", "Invoices"),
        ),
        read=_voided,
    ),
    Question(
        id="nil_invoice",
        asks="What is an approved invoice of nil?",
        behind="docs/sandbox.md [U]",
        assumed="paid",
        switch="nil_invoice",
        steps=(
            *CUSTOMERS,
            invoice(
                "invoice",
                lambda scene: sale(scene, "nil", line(scene, Decimal(0)), status="AUTHORISED"),
                status="AUTHORISED",
            ),
        ),
        read=_nil,
    ),
)


DOCUMENTS = (*LINES, *UPDATES)
