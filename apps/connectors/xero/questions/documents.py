"""Open questions about Xero's documents: lines, statuses, what an update does."""

from collections.abc import Callable
from decimal import Decimal

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
from apps.connectors.xero.client import Answer as Good
from apps.connectors.xero.questions.asking import (
    ACCOUNTS,
    CURRENCIES,
    CUSTOMER,
    DRAFT,
    TEN,
    Raw,
    account,
    changed,
    contact,
    credit_note,
    element,
    foreign,
    get,
    identity,
    income,
    invoice,
    line,
    lines,
    note_of,
    number,
    read,
    refused,
    sale,
    words_of,
    write,
)
from apps.connectors.xero.reports import sums_of
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


# --- Credit notes, and what is not said ---------------------------------------------------------


def _note_lines(scene: Scene) -> Finding:
    identity(scene, "note", "CreditNotes")
    if refused(scene, "changed"):
        return as_assumed(f"refused: {words_of(scene['changed'])}")
    total = element(scene, "read", "CreditNotes").get("Total")
    return otherwise(f"accepted; the total that stands is {total}, 12.00 was sent")


def _note_discounts(scene: Scene) -> Finding:
    if refused(scene, "note"):
        return as_assumed(f"refused: {words_of(scene['note'])}")
    return otherwise(f"accepted, with a total of {element(scene, 'note', 'CreditNotes')['Total']}")


def _same_number(scene: Scene) -> Finding:
    before = identity(scene, "note", "CreditNotes")
    if refused(scene, "again"):
        return otherwise(f"refused: {words_of(scene['again'])}")
    same = identity(scene, "again", "CreditNotes") == before
    return told(same, "it overwrote the one that was there" if same else "it made a second one")


def _currency(scene: Scene) -> Finding:
    found = element(scene, "invoice", "Invoices").get("CurrencyCode")
    seen = f"{found}, where the contact's is {foreign(scene)}"
    return told(found == scene.home_currency, seen)


def _due(scene: Scene) -> Finding:
    if not refused(scene, "invoice"):
        return otherwise(f"due on {element(scene, 'invoice', 'Invoices').get('DueDateString')}")
    words = words_of(scene["invoice"])
    if "due" not in words.lower():
        raise CannotAsk(f"the invoice was refused for something else: {words}")
    return as_assumed(f"refused: {words}")


def _no_due_date(scene: Scene) -> Json:
    body = sale(scene, "terms", status="AUTHORISED", to="on terms")
    body.pop("DueDate")
    return body


def _again(scene: Scene) -> Json:
    """Under the number of the note that is there, and without its id."""
    return note_of(scene, "twice", Reference=scene.numbered("again"))


NOT_SAID = (
    Question(
        id="authorised_credit_note_lines",
        asks="Is an update refused that changes the lines of an approved credit note?",
        behind="xero.md: not editable, not told how [I]",
        assumed="it is refused",
        switch="authorised_credit_note_lines",
        steps=(
            *CUSTOMERS,
            credit_note("note", status="AUTHORISED"),
            changed(
                "changed",
                "note",
                "CreditNotes",
                lambda scene, _: {"LineItems": [line(scene, Decimal("12.00"))]},
            ),
            read("read", "note", "CreditNotes"),
        ),
        read=_note_lines,
    ),
    Question(
        id="credit_note_discounts",
        asks="Is a discount on a credit note refused?",
        behind="xero.md: there are none [S]",
        assumed="it is refused",
        switch="credit_note_discounts",
        steps=(
            *CUSTOMERS,
            credit_note(
                "note", lambda scene: note_of(scene, "note", line(scene, TEN, DiscountRate=10))
            ),
        ),
        read=_note_discounts,
    ),
    Question(
        id="credit_note_upsert",
        asks="Does a POST with a credit note's number that is there overwrite it?",
        behind="xero.md: told of invoices only [S]",
        assumed="it does, so new ones go by PUT",
        switch="credit_note_upsert",
        steps=(
            *CUSTOMERS,
            credit_note("note", lambda scene: note_of(scene, "twice")),
            write("again", "POST", "CreditNotes", _again, Write("the same credit note", DRAFT)),
        ),
        read=_same_number,
    ),
    Question(
        id="currency_omitted",
        asks="In which currency is a document that names none, of a contact that has another?",
        behind="docs/sandbox.md [U]",
        assumed="in the base currency",
        switch="currency_omitted",
        steps=(
            ACCOUNTS,
            CURRENCIES,
            contact("foreigner", DefaultCurrency=foreign),
            on_draft(lambda scene: sale(scene, "currency", to="foreigner")),
        ),
        read=_currency,
    ),
    Question(
        id="due_date_from_terms",
        asks="Do the contact's terms give the due date that is not sent?",
        behind="0025: needed to authorise [O]; taken from terms [U]",
        assumed="they do not: it is refused",
        switch="due_date_from_terms",
        steps=(
            ACCOUNTS,
            contact(
                "on terms",
                PaymentTerms=lambda _: {"Sales": {"Day": 20, "Type": "DAYSAFTERBILLDATE"}},
            ),
            invoice("invoice", _no_due_date, status="AUTHORISED"),
        ),
        read=_due,
    ),
)


# --- Base currency ------------------------------------------------------------------------------


def _report(name: str) -> Step:
    return get(name, "Reports/TrialBalance", exact=False, date=lambda scene: scene.day.isoformat())


def _rounding(scene: Scene) -> Finding:
    element(scene, "invoice", "Invoices")
    moved = movements(scene, "before", "after")
    rounding = moved.get(
        account(scene, "account of roundings", SystemAccount="ROUNDING")["AccountID"]
    )
    income_id = next(
        each["AccountID"]
        for each in scene["accounts"].said["Accounts"]
        if each.get("Code") == income(scene)["AccountCode"]
    )
    seen = f"roundings moved by {rounding or 0}, the income by {moved.get(income_id, 0)}"
    if moved.get(income_id) not in (Decimal("-0.66"), Decimal("-0.67")):
        raise CannotAsk(f"somebody else booked meanwhile, or another rate was taken: {seen}")
    return told(rounding == Decimal("-0.01"), seen)


def movements(scene: Scene, before: str, after: str) -> dict[str, Decimal]:
    """Account → what it moved by between two trial balances."""
    for step in (before, after):
        if not scene[step].good:
            raise CannotAsk(f"the trial balance was not shown: {words_of(scene[step])}")
    first, last = (sums_of(Good(said=scene[step].said, trace_id="")) for step in (before, after))
    return {each: last.get(each, Decimal(0)) - first.get(each, Decimal(0)) for each in first | last}


BASE = (
    Question(
        id="base_rounding",
        asks="Where do cents of the base currency go that the lines do not make up?",
        behind="docs/sandbox.md [U]",
        assumed="to the account of roundings",
        switch="base_rounding",
        steps=(
            *CUSTOMERS,
            CURRENCIES,
            _report("before"),
            invoice(
                "invoice",
                lambda scene: sale(
                    scene,
                    "base",
                    line(scene, Decimal("1.00")),
                    line(scene, Decimal("1.00")),
                    status="AUTHORISED",
                    CurrencyCode=foreign(scene),
                    CurrencyRate=3,
                ),
                status="AUTHORISED",
            ),
            _report("after"),
        ),
        read=_rounding,
    ),
)

DOCUMENTS = (*LINES, *UPDATES, *NOT_SAID, *BASE)
