"""What is open about Xero, put as questions that a demo company answers (decisions 0001 and 0025)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.port import Purpose, Request
from apps.connectors.questions import (
    Answer,
    Made,
    Question,
    Scene,
    Step,
    TheirBooks,
    body_of,
)
from apps.connectors.xero.client import BASE
from apps.connectors.xero.faults import is_refused
from apps.connectors.xero.questions.asking import ABOUT, ID, NUMBER, calls, element, written
from apps.connectors.xero.questions.deposits import DEPOSITS
from apps.connectors.xero.questions.documents import DOCUMENTS
from apps.connectors.xero.questions.ledger import LEDGER
from apps.connectors.xero.questions.lists import LISTS
from apps.connectors.xero.questions.money import MONEY
from apps.connectors.xero.questions.notes import NOTES
from apps.connectors.xero.questions.unsaid import UNSAID
from apps.connectors.xero.wire import NOBODY

# Whatever a write names by one of these would be changed, or have something set against it.
CHANGED_BY = frozenset({*ID.values(), *NUMBER.values(), "OverpaymentID", "PrepaymentID"})
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
OFF = ("DELETED", "VOIDED", "ARCHIVED")
DRAFTS = ("DRAFT", "SUBMITTED")
NEVER_VOIDED = ("Payments", "BatchPayments", "BankTransactions")  # but deleted


class XeroProof:
    questions: tuple[Question, ...] = (
        *DOCUMENTS,
        *UNSAID,
        *MONEY,
        *LEDGER,
        *DEPOSITS,
        *LISTS,
        *NOTES,
    )
    about: Step = ABOUT
    kept_words = frozenset(
        {
            "AccountCode",
            "AddressType",
            "BaseCurrency",
            "Class",
            "Code",
            "ContactStatus",
            "CountryCode",
            "CurrencyCode",
            "DefaultCurrency",
            "Detail",
            "ErrorNumber",
            "LineAmountTypes",
            "Message",
            "OrganisationType",
            "PaymentType",
            "PhoneType",
            "ReportID",
            "ReportType",
            "RowType",
            "StatusAttributeString",
            "Status",
            "SystemAccount",
            "TaxType",
            "Timezone",
            "Title",
            "Type",
            "Version",
        }
    )
    kept_figures = frozenset({"Value"})

    def books(self, scene: Scene, environment: str) -> TheirBooks:
        own = element(scene, self.about.name, "Organisations")
        return TheirBooks(str(own.get("Name", "")), own.get("IsDemoCompany") is True)

    def made(self, request: Request, said: Any) -> tuple[Made, ...]:
        kind = _kind(request)
        if kind not in ID or _below(request) or not isinstance(said, Mapping):
            return ()
        return tuple(
            Made(kind=kind, remote_id=str(each[ID[kind]]), names=_names(kind, each))
            for each in said.get(kind) or ()
            if each.get(ID[kind], NOBODY) != NOBODY and not is_refused(each)
        )

    def meant(self, request: Request) -> frozenset[str]:
        body = body_of(request)
        # What lies below an object of ours, a use of its credit, is ours as well.
        found = set(GUID.findall(request.path)[:1])
        # A number names what is there only where an update says no id; a new one must be free.
        upserts = request.method == "POST"
        for key, value in _named(body):
            if key in CHANGED_BY and (upserts or key not in NUMBER.values()):
                found.add(value)
        return frozenset(found)

    def look(self, scene: Scene, made: Made) -> Request:
        return calls(scene).get(f"{made.kind}/{made.remote_id}", Purpose.PROOF)

    def standing(self, made: Made, answer: Answer) -> str:
        if answer.status == 404:
            return ""
        return _status(made, answer).lower() or "in a state that could not be read"

    def take_back(self, scene: Scene, made: Made, answer: Answer) -> Request | None:
        status = _status(made, answer)
        if not status or status in OFF:
            return None
        path = f"{made.kind}/{made.remote_id}"
        if made.kind == "Contacts":
            return self._set(scene, made, answer, "ContactStatus", "ARCHIVED")
        if made.kind == "CreditNotes":
            for each in _element(made, answer).get("Allocations") or ():
                return written(scene, "DELETE", f"{path}/Allocations/{each['AllocationID']}", None)
        gone = made.kind in NEVER_VOIDED or status in DRAFTS
        return self._set(scene, made, answer, "Status", "DELETED" if gone else "VOIDED")

    def _set(self, scene: Scene, made: Made, looked: Answer, name: str, value: str) -> Request:
        """Under a key of its own each time: a refusal is said again under the one it had."""
        body = {ID[made.kind]: made.remote_id, name: value}
        path = made.kind if made.kind == "BatchPayments" else f"{made.kind}/{made.remote_id}"
        return written(scene, "POST", path, body, of=looked.at.isoformat())


def _kind(request: Request) -> str:
    return request.path.removeprefix(f"{BASE}/").split("/")[0]


def _below(request: Request) -> bool:
    """Whether it is about something below an object: an allocation."""
    return request.path.removeprefix(f"{BASE}/").count("/") > 1


def _names(kind: str, each: Mapping[str, Any]) -> frozenset[str]:
    number = each.get(NUMBER.get(kind, ""), "")
    return frozenset(str(name) for name in (each[ID[kind]], number) if name)


def _named(said: Any) -> Iterator[tuple[str, str]]:
    """Every text in a body with its key, however deep."""
    for each in said if isinstance(said, list) else ():
        yield from _named(each)
    for key, value in said.items() if isinstance(said, Mapping) else ():
        if isinstance(value, str):
            yield key, value
        yield from _named(value)


def _element(made: Made, answer: Answer) -> Mapping[str, Any]:
    found = answer.said.get(made.kind) if isinstance(answer.said, Mapping) else None
    return found[0] if answer.good and found else {}


def _status(made: Made, answer: Answer) -> str:
    """As it was read; "" where it could not be, or is not there."""
    key = "ContactStatus" if made.kind == "Contacts" else "Status"
    return str(_element(made, answer).get(key, ""))


PROOF = XeroProof()

__all__ = ["PROOF", "XeroProof"]
