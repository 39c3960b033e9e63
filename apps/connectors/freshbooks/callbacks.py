"""Registering our address at FreshBooks, and telling its verifier back: calls of the events' own API.

[D] the webhooks' page and the SDK's samples. A callback tells nothing before it was verified, and a
PUT of `resend` lets the verifier come once more. Nothing of the books is touched.
"""

from collections.abc import Mapping
from typing import Any

from apps.connectors.errors import TryLater
from apps.connectors.freshbooks.capabilities import NAME
from apps.connectors.freshbooks.client import HEADERS, PAGE, read_answer
from apps.connectors.freshbooks.wire import dump
from apps.connectors.port import Courier, Purpose, Reply, Request
from apps.connectors.webhooks import Handshake

ALL = "all"  # every noun and verb; what is not wanted is left aside here
REFUSED = (404, 422)  # no such callback, or another verifier


def register(company: str, address: str, courier: Courier) -> str:
    """The id of the callback that calls this address for everything: the one there is, which is
    asked to send its verifier again, or a new one, which sends it by itself."""
    for listed in _listed(company, courier):
        if listed.get("uri") == address and listed.get("event") == ALL and _id(listed):
            again = _asked("PUT", company, _id(listed), {"resend": True})
            return _id(_callback(again, _carried(again, courier)))
    new = _asked("POST", company, "", {"event": ALL, "uri": address})
    found = _id(_callback(new, _carried(new, courier)))
    if not found:
        raise TryLater(f"{NAME} did not say which callback it made.")
    return found


def tell_back(handshake: Handshake, courier: Courier) -> bool:
    """Whether they say that the verifier is the callback's."""
    told = _asked("PUT", handshake.company, handshake.remote_id, {"verifier": handshake.verifier})
    reply = _carried(told, courier)
    if reply.status in REFUSED:
        return False
    return _callback(told, reply).get("verified") is True


def withdraw(company: str, remote_id: str, courier: Courier) -> None:
    """They call this address no longer: 204 without a body; one that is gone already is well."""
    asked = _asked("DELETE", company, remote_id, None)
    reply = _carried(asked, courier)
    if reply.status not in (204, 404):
        read_answer(asked, reply)


def _listed(company: str, courier: Courier) -> list[Mapping[str, Any]]:
    """A page of them: more than a hundred addresses nobody has."""
    asked = _asked("GET", company, "", None)
    said = read_answer(asked, _carried(asked, courier)).said
    found = said.get("callbacks") if isinstance(said, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _asked(method: str, company: str, remote_id: str, told: Mapping[str, Any] | None) -> Request:
    path = f"/events/account/{company}/events/callbacks"
    return Request(
        method=method,
        path=f"{path}/{remote_id}" if remote_id else path,
        query=(("per_page", str(PAGE)),) if method == "GET" else (),
        headers=HEADERS,
        body=dump({"callback": dict(told)}) if told is not None else b"",
        purpose=Purpose.READS,
    )


def _carried(request: Request, courier: Courier) -> Reply:
    for _, reply in courier.carry([request]):
        return reply
    raise TryLater(f"{NAME} was not asked.")


def _callback(request: Request, reply: Reply) -> Mapping[str, Any]:
    found = read_answer(request, reply).one("callback")
    if found is None:
        raise TryLater(f"{NAME}'s answer about the callback could not be read.")
    return found


def _id(callback: Mapping[str, Any]) -> str:
    value = callback.get("callbackid", callback.get("id"))
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
