"""Words in which the questions about FreshBooks are put: requests, bodies, and what an answer holds."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.freshbooks.access import ME
from apps.connectors.freshbooks.client import (
    CLIENT,
    CREDIT,
    HEADERS,
    INVOICE,
    LIST,
    PAYMENT,
    Calls,
)
from apps.connectors.freshbooks.faults import faults_in
from apps.connectors.freshbooks.wire import Json
from apps.connectors.port import Purpose, Request
from apps.connectors.questions import Answer, CannotAsk, Scene, Step, Write

Body = Callable[[Scene], Json]
Raw = Mapping[str, Any]

DRAFT, SENT = 1, 2
DELETED = "a deleted document, listed apart"
DELETED_CLIENT = "a deleted client, listed apart"

ABOUT = Step(
    name="me",
    request=lambda _: Request(method="GET", path=ME, headers=HEADERS, purpose=Purpose.PROOF),
    once=True,
)


def write(
    name: str,
    kind: str,
    body: Body,
    said: Write | None = None,
    *,
    of: str = "",
    once: bool = False,
) -> Step:
    """A creation; with `of` a change of what that step made."""

    def request(scene: Scene) -> Request:
        remote_id = identity(scene, of, kind) if of else ""
        return written(scene, kind, remote_id, body(scene))

    change = Write("a change of what it made", "", dated=False)
    return Step(name=name, request=request, write=said or change, once=once)


def written(scene: Scene, kind: str, remote_id: str, fields: Json) -> Request:
    calls = Calls(scene.company)
    return calls.write(kind, remote_id, fields, ref=0, purpose=Purpose.PROOF)


def read(name: str, kind: str, of: str) -> Step:
    return Step(
        name=name,
        request=lambda scene: Calls(scene.company).get(
            kind, identity(scene, of, kind), purpose=Purpose.PROOF
        ),
    )


def listed(name: str, kind: str, query: Callable[[Scene], tuple[tuple[str, str], ...]]) -> Step:
    return Step(
        name=name,
        request=lambda scene: Calls(scene.company).page(kind, 1, query(scene), Purpose.PROOF),
    )


def client(name: str, *, once: bool = False) -> Step:
    def body(scene: Scene) -> Json:
        words = scene.named(name) if once else scene.numbered(name)
        return {"organization": words, "currency_code": scene.home_currency, "note": words}

    return write(name, CLIENT, body, Write("a client", DELETED_CLIENT, dated=False), once=once)


CUSTOMER = client("client", once=True)


def line(amount: str = "10.00", quantity: str = "1", **more: Any) -> Json:
    return {"name": "Tieout asks", "qty": quantity, "unit_cost": {"amount": amount}, **more}


def sale(scene: Scene, number: str, *lines: Json, status: int = SENT, **more: Any) -> Json:
    return {
        "customerid": int(identity(scene, "client", CLIENT)),
        "create_date": scene.day.isoformat(),
        "due_offset_days": 30,
        "invoice_number": scene.numbered(number),
        "currency_code": scene.home_currency,
        "status": status,
        "lines": list(lines) or [line()],
        **more,
    }


def invoice(name: str, body: Body | None = None) -> Step:
    """A sent one of 10.00, where it is not told otherwise."""
    whole = body or (lambda scene: sale(scene, name))
    return write(name, INVOICE, whole, Write("an invoice", DELETED))


def credit(name: str) -> Step:
    def body(scene: Scene) -> Json:
        return {
            "clientid": int(identity(scene, "client", CLIENT)),
            "create_date": scene.day.isoformat(),
            "credit_number": scene.numbered(name),
            "credit_type": "goodwill",
            "currency_code": scene.home_currency,
            "lines": [line()],
        }

    return write(name, CREDIT, body, Write("a credit note", DELETED))


def payment(name: str, of: str, amount: str = "10.00") -> Step:
    def body(scene: Scene) -> Json:
        return {
            "invoiceid": int(identity(scene, of, INVOICE)),
            "amount": {"amount": amount},
            "date": scene.day.isoformat(),
            "type": "Check",
        }

    return write(name, PAYMENT, body, Write("a payment", DELETED))


# --- Answers ------------------------------------------------------------------------------------


def refusal(answer: Answer) -> str:
    """Numbers and words of what is refused, whatever the status; "" where nothing is."""
    found = faults_in(answer.said)
    if found:
        return "; ".join(f"{each.errno}: {each.words}" for each in found)
    return "" if answer.good else f"status {answer.status}"


def result(scene: Scene, step: str) -> Raw:
    answer = scene[step]
    said = answer.said.get("response") if isinstance(answer.said, Mapping) else None
    if refusal(answer) or not isinstance(said, Mapping):
        raise CannotAsk(f"*{step}* was refused: {refusal(answer) or 'no JSON'}")
    found = said.get("result", said)
    return found if isinstance(found, Mapping) else {}


def thing(scene: Scene, step: str, kind: str) -> Raw:
    found = result(scene, step).get(kind)
    if not isinstance(found, Mapping):
        raise CannotAsk(f"the answer to *{step}* shows no {kind}")
    return found


def rows(scene: Scene, step: str, kind: str) -> list[Raw]:
    return list(result(scene, step).get(LIST[kind]) or ())


def identity(scene: Scene, step: str, kind: str) -> str:
    return str(thing(scene, step, kind)["id"])


def total(source: Raw, name: str = "amount") -> Decimal:
    return Decimal(str(source[name]["amount"]))
