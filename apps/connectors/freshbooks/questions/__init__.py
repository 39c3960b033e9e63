"""What is open about FreshBooks, put as questions that a business made for it answers (decision 0026)."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.freshbooks.client import CLIENT, CREDIT, INVOICE, PATHS, PAYMENT, Calls
from apps.connectors.freshbooks.faults import DELETED, UNKNOWN, faults_in
from apps.connectors.freshbooks.questions.asking import ABOUT, refusal, result, written
from apps.connectors.freshbooks.questions.documents import DOCUMENTS, LISTS, MONEY
from apps.connectors.port import Purpose, Request
from apps.connectors.questions import (
    Answer,
    CannotAsk,
    Made,
    Question,
    Scene,
    Step,
    TheirBooks,
    body_of,
)

REFERENCES = {"customerid": CLIENT, "clientid": CLIENT, "invoiceid": INVOICE, "creditid": CREDIT}
KINDS = (CLIENT, INVOICE, PAYMENT, CREDIT)
GONE = 1  # of vis_state


class FreshBooksProof:
    questions: tuple[Question, ...] = (*DOCUMENTS, *MONEY, *LISTS)
    about: Step = ABOUT
    kept_words = frozenset(
        {
            "code",
            "country",
            "credit_type",
            "currency_code",
            "display_status",
            "field",
            "message",
            "object",
            "payment_status",
            "status",
            "type",
            "v3_status",
        }
    )
    # An amount is a text there, beside its currency.
    kept_figures = frozenset({"amount", "qty", "taxAmount1", "taxAmount2"})

    def books(self, scene: Scene, environment: str) -> TheirBooks:
        """They mark no business as one for demonstration: its name is always typed."""
        for each in result(scene, self.about.name).get("business_memberships") or ():
            business = each.get("business") or {}
            if str(business.get("account_id")) == scene.company and business.get("name"):
                return TheirBooks(str(business["name"]), environment == "simulated")
        raise CannotAsk("no business of that account is named")

    def made(self, request: Request, said: Any) -> tuple[Made, ...]:
        if not isinstance(said, Mapping) or faults_in(said):
            return ()
        found = (said.get("response") or {}).get("result") or {}
        return tuple(
            Made(
                kind=kind,
                remote_id=str(found[kind]["id"]),
                names=frozenset({f"{kind}:{found[kind]['id']}"}),
            )
            for kind in KINDS
            if isinstance(found.get(kind), Mapping)
        )

    def meant(self, request: Request) -> frozenset[str]:
        found = {f"{kind}:{value}" for kind, value in _referred(body_of(request))}
        for kind, path in PATHS.items():
            _, named, tail = request.path.partition(f"/{path}/")
            if named:
                found.add(f"{kind}:{tail}")
        return frozenset(found)

    def look(self, scene: Scene, made: Made) -> Request:
        return Calls(scene.company).get(made.kind, made.remote_id, purpose=Purpose.PROOF)

    def standing(self, made: Made, answer: Answer) -> str:
        if _is_gone(made, answer):
            return "deleted"
        return "as it was made" if _object(made, answer) else refusal(answer)

    def take_back(self, scene: Scene, made: Made, answer: Answer) -> Request | None:
        if _is_gone(made, answer):
            return None
        return written(scene, made.kind, made.remote_id, {"vis_state": GONE})


def _object(made: Made, answer: Answer) -> Mapping[str, Any]:
    said = answer.said.get("response") if isinstance(answer.said, Mapping) else None
    found = ((said or {}).get("result") or {}).get(made.kind)
    return found if isinstance(found, Mapping) else {}


def _is_gone(made: Made, answer: Answer) -> bool:
    numbers = {each.errno for each in faults_in(answer.said)}
    return bool(numbers & {DELETED, UNKNOWN}) or _object(made, answer).get("vis_state") == GONE


def _referred(said: Any) -> Iterator[tuple[str, str]]:
    for each in said if isinstance(said, list) else ():
        yield from _referred(each)
    for key, value in said.items() if isinstance(said, Mapping) else ():
        if key in REFERENCES and value is not None:
            yield REFERENCES[key], str(value)
        yield from _referred(value)


PROOF = FreshBooksProof()

__all__ = ["PROOF", "FreshBooksProof"]
