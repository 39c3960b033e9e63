"""Open questions about Xero's credit notes, what a document does not say, and base currency."""

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
    DRAFT,
    TEN,
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
    note_of,
    read,
    refused,
    sale,
    words_of,
    write,
)
from apps.connectors.xero.questions.documents import CUSTOMERS, on_draft
from apps.connectors.xero.reports import sums_of
from apps.connectors.xero.wire import Json

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

UNSAID = (*NOT_SAID, *BASE)
