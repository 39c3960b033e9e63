"""What is open about QuickBooks, put as questions that a sandbox company answers (decisions 0001, 0006
and 0007)."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.port import Purpose, Request
from apps.connectors.questions import Answer, Made, Question, Scene, Step, TheirBooks, body_of
from apps.connectors.quickbooks.client import Books
from apps.connectors.quickbooks.faults import faults_of
from apps.connectors.quickbooks.questions.asking import ABOUT, ENTITIES, fault, info, written
from apps.connectors.quickbooks.questions.lists import LISTS
from apps.connectors.quickbooks.questions.money import MONEY
from apps.connectors.quickbooks.questions.notes import NOTES

# What a write names by these is set against it, or made by it to be another's.
REFERENCES = {
    "CustomerRef": "Customer",
    "ParentRef": "Customer",
    "EntityRef": "Customer",
    "ItemRef": "Item",
}
NAMES = ("Customer", "Item")  # made inactive; anything else is deleted
DEMO = ("sandbox", "simulated")  # environments in which every company is one


class QuickBooksProof:
    questions: tuple[Question, ...] = (*LISTS, *MONEY, *NOTES)
    about: Step = ABOUT
    kept_words = frozenset(
        {
            "AccountType",
            "AccountSubType",
            "ClassificationType",
            "Classification",
            "ColTitle",
            "ColType",
            "Country",
            "Detail",
            "DetailType",
            "FiscalYearStartMonth",
            "GlobalTaxCalculation",
            "LineType",
            "Message",
            "PostingType",
            "ReportName",
            "ReportBasis",
            "SyncToken",
            "TxnType",
            "Type",
            "code",
            "domain",
            "element",
            "type",
        }
    )
    kept_figures = frozenset({"value"})

    def books(self, scene: Scene, environment: str) -> TheirBooks:
        return TheirBooks(str(info(scene).get("CompanyName", "")), environment in DEMO)

    def made(self, request: Request, said: Any) -> tuple[Made, ...]:
        if not isinstance(said, Mapping) or faults_of(said):
            return ()
        return tuple(
            Made(kind=each, remote_id=str(said[each]["Id"]), names=frozenset({_name(each, said)}))
            for each in ENTITIES
            if isinstance(said.get(each), Mapping)
        )

    def meant(self, request: Request) -> frozenset[str]:
        body = body_of(request)
        found = {f"{kind}:{value}" for kind, value in _referred(body)}
        if body.get("Id"):
            found.add(f"{_entity(request)}:{body['Id']}")
        return frozenset(found)

    def look(self, scene: Scene, made: Made) -> Request:
        path = f"{made.kind.lower()}/{made.remote_id}"
        return Books(scene.company).get(path, Purpose.PROOF)

    def standing(self, made: Made, answer: Answer) -> str:
        found = _object(made, answer)
        if not found:
            gone = fault(answer)[0] == "610" or answer.good
            return "" if gone else "in a state that could not be read"
        return "inactive" if found.get("Active") is False else "as it was made"

    def take_back(self, scene: Scene, made: Made, answer: Answer) -> Request | None:
        found = _object(made, answer)
        if not found or found.get("Active") is False or found.get("status") == "Deleted":
            return None
        head = {"Id": found["Id"], "SyncToken": found["SyncToken"]}
        of = answer.at.isoformat()
        if made.kind in NAMES:
            name = {"Name": found["Name"]} if made.kind == "Item" else {}
            body = {**head, **name, "sparse": True, "Active": False}
            return written(scene, made.kind, body, of=of)
        return written(scene, made.kind, head, of=of, operation="delete")


def _name(entity: str, said: Mapping[str, Any]) -> str:
    return f"{entity}:{said[entity]['Id']}"


def _entity(request: Request) -> str:
    last = request.path.rsplit("/", 1)[-1]
    return next((each for each in ENTITIES if each.lower() == last), last)


def _object(made: Made, answer: Answer) -> Mapping[str, Any]:
    found = answer.said.get(made.kind) if isinstance(answer.said, Mapping) else None
    return found if answer.good and isinstance(found, Mapping) else {}


def _referred(said: Any) -> Iterator[tuple[str, str]]:
    """What a body sets something against, however deep, as kind and id."""
    for each in said if isinstance(said, list) else ():
        yield from _referred(each)
    if not isinstance(said, Mapping):
        return
    if "TxnId" in said:
        yield str(said.get("TxnType", "")), str(said["TxnId"])
    for key, value in said.items():
        if key in REFERENCES and isinstance(value, Mapping):
            yield str(value.get("type") or REFERENCES[key]), str(value.get("value", ""))
        yield from _referred(value)


PROOF = QuickBooksProof()

__all__ = ["PROOF", "QuickBooksProof"]
