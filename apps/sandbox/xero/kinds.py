"""What can be asked for: how each kind is found, written, answered and refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import answers, bank, contacts, documents, journals, masters, payments, wire
from .refusals import Refused
from .store import Content, Organisation


@dataclass
class Call:
    """What was asked of an organisation; `params` by lower-case names."""

    method: str
    parts: list[str]
    params: dict[str, str]
    body: bytes
    headers: dict[str, str]
    app: str = ""
    parsed: Any = None
    # What a test armed for the elements: index -> message; fields to drop; lines to fail.
    item_faults: dict[int, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    failing: set[int] = field(default_factory=set)

    @property
    def unitdp(self) -> int:
        return 4 if self.params.get("unitdp") == "4" else 2

    @property
    def summarise(self) -> bool:
        return self.params.get("summarizeerrors", "true").lower() != "false"

    def flag(self, name: str) -> bool:
        return self.params.get(name, "").lower() == "true"


Write = Callable[[Organisation, Content, Call, bool], Content]
Render = Callable[[Organisation, Content, str, int], Content]
Refusal = Callable[[Organisation, Content, Refused], Content]


def plain_refusal(identity: str) -> Refusal:
    """An element that was not taken, as it came, with the errors."""

    def refusal(org: Organisation, sent: Content, wrong: Refused) -> Content:
        out: Content = {identity: sent.get(identity) or wire.NO_GUID}
        for name in ("Code", "Name", "Narration", "Status"):
            if isinstance(sent.get(name), str):
                out[name] = sent[name]
        return out | {"ValidationErrors": [{"Message": one} for one in wrong.messages]}

    return refusal


@dataclass(frozen=True)
class Kind:
    """`several`: it takes summarizeErrors; else only the first element of a request is looked at."""

    name: str
    identity: str
    render: Render
    write: Write | None = None
    refusal: Refusal | None = None
    several: bool = True
    paged: bool = False
    modified: bool = True
    # What it can be named by in a path beside its id.
    names: tuple[str, ...] = ()

    @property
    def plural(self) -> str:
        """Its key in answers, its word in paths."""
        return f"{self.name[:-1]}ies" if self.name.endswith("y") else f"{self.name}s"


def _write_of(kind: str) -> Write:
    return lambda org, sent, call, create: documents.write(
        org, kind, sent, create=create, unitdp=call.unitdp, app=call.app
    )


def _refusal_of(kind: str) -> Refusal:
    return lambda org, sent, wrong: answers.refused_document(
        org, kind, sent, wrong.messages, wrong.contact
    )


def _contact_refusal(org: Organisation, sent: Content, wrong: Refused) -> Content:
    known = org.find("Contacts", sent.get("ContactID"))
    return contacts.refused(sent, wrong.messages, known)


def _contact(org: Organisation, content: Content, form: str, places: int) -> Content:
    return contacts.answer(org, content, listed=form != "write", light=form == "summary")


def _item_render(org: Organisation, content: Content, form: str, places: int) -> Content:
    return masters.item_answer(org, content, form, places)


def _plain(render: Callable[[Organisation, Content], Content]) -> Render:
    return lambda org, content, form, places: render(org, content)


def _account(org: Organisation, sent: Content, call: Call, create: bool) -> Content:
    identity = "" if create else str(sent.get("AccountID") or "")
    return masters.write_account(org, sent, identity)


KINDS: dict[str, Kind] = {
    one.plural.lower(): one
    for one in (
        Kind(
            "Invoice",
            "InvoiceID",
            answers.invoice,
            _write_of("Invoices"),
            _refusal_of("Invoices"),
            paged=True,
            names=("number",),
        ),
        Kind(
            "CreditNote",
            "CreditNoteID",
            answers.credit_note,
            _write_of("CreditNotes"),
            _refusal_of("CreditNotes"),
            paged=True,
            names=("number",),
        ),
        Kind("Overpayment", "OverpaymentID", answers.overpayment, paged=True),
        Kind("Prepayment", "PrepaymentID", answers.overpayment, paged=True),
        Kind(
            "Contact",
            "ContactID",
            _contact,
            lambda org, sent, call, create: contacts.write(org, sent, create=create),
            _contact_refusal,
            paged=True,
            names=("number",),
        ),
        Kind(
            "Payment",
            "PaymentID",
            _plain(answers.payment),
            lambda org, sent, call, create: payments.write(org, sent),
            lambda org, sent, wrong: payments.refused(org, sent, wrong.messages),
            paged=True,
        ),
        Kind(
            "BatchPayment",
            "BatchPaymentID",
            _plain(payments.batch_answer),
            refusal=lambda org, sent, wrong: payments.refused_batch(sent, wrong.messages),
        ),
        Kind(
            "BankTransaction",
            "BankTransactionID",
            bank.answer,
            lambda org, sent, call, create: bank.write(
                org, sent, create=create, unitdp=call.unitdp
            ),
            lambda org, sent, wrong: bank.refused(org, sent, wrong.messages),
            paged=True,
        ),
        Kind(
            "BankTransfer",
            "BankTransferID",
            _plain(bank.transfer_answer),
            lambda org, sent, call, create: bank.transfer(org, sent),
            plain_refusal("BankTransferID"),
        ),
        Kind(
            "ManualJournal",
            "ManualJournalID",
            lambda org, content, form, places: journals.answer(org, content, form),
            lambda org, sent, call, create: journals.write(org, sent),
            plain_refusal("ManualJournalID"),
            paged=True,
        ),
        Kind(
            "Item",
            "ItemID",
            _item_render,
            lambda org, sent, call, create: masters.write_item(
                org, sent, create=create, unitdp=call.unitdp
            ),
            plain_refusal("ItemID"),
            names=("code",),
        ),
        Kind(
            "Account",
            "AccountID",
            _plain(masters.account_answer),
            _account,
            plain_refusal("AccountID"),
            several=False,
        ),
        Kind(
            "TaxRate",
            "TaxType",
            _plain(masters.tax_rate_answer),
            lambda org, sent, call, create: masters.write_tax_rate(org, sent, create=create),
            plain_refusal("TaxType"),
            modified=False,
        ),
        Kind(
            "Currency",
            "Code",
            _plain(masters.currency_answer),
            lambda org, sent, call, create: masters.add_currency(org, sent),
            plain_refusal("Code"),
            several=False,
            modified=False,
        ),
        Kind(
            "TrackingCategory",
            "TrackingCategoryID",
            _plain(masters.tracking_answer),
            lambda org, sent, call, create: masters.add_category(org, sent),
            plain_refusal("TrackingCategoryID"),
            several=False,
            modified=False,
        ),
        Kind("BrandingTheme", "BrandingThemeID", _plain(masters.theme_answer), modified=False),
    )
}
