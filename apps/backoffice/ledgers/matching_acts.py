"""What the page Match does: the same, two, created there, brought in, taken back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.refusals import MOST_SENTENCES
from apps.backoffice.ledgers.matching_documents import take_documents
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.snapshots import Kind
from apps.core.numbers import whole
from apps.sync.decide import matching
from apps.sync.match.likeness import Party, Thing
from apps.sync.match.pairs import matches
from apps.sync.models import MatchDecision
from apps.sync.pull.masters import read_for_a_while

PATIENCE = 20.0  # seconds that a person waits for their customers and items
WORDS = {Kind.CUSTOMER: ("Customers", "customer"), Kind.ITEM: ("Items", "item")}


def decide(request: HttpRequest, connection: Connection) -> str:
    """Do what the form asks for: the sentence of what was done; raises ValidationError in words for staff."""
    kind, user_id, name = (
        kind_of(request.POST.get("kind", "")),
        person(request),
        connection.system_name,
    )
    ours, theirs = _key(request.POST.get("ours", "")), _key(request.POST.get("theirs", ""))
    keys = [_key(each) for each in request.POST.getlist("key")]
    word, reason = WORDS[kind][1], request.POST.get("reason", "")
    match request.POST.get("act"):
        case "read":
            return _read(connection)
        case "accept":
            matching.accept(connection, kind, ours, theirs, user_id=user_id)
            return _one_now(connection)
        case "reject":
            matching.reject(connection, kind, ours, theirs, user_id=user_id, reason=reason)
            return f"Kept apart: it is created in {name} when it is first needed."
        case "take-documents":
            return take_documents(request, connection)
        case "accept-exact":
            done = matching.accept_exact(connection, kind, user_id=user_id)
            return _told(request, done, "linked")
        case "create":
            count = matching.create_there(
                connection, kind, keys or [ours], user_id=user_id, reason=reason
            )
            return _to_create(count, word, name)
        case "create-all":
            found = matches(connection, open_connector(connection), kind)
            left = set(found.only_here) - found.chosen
            count = matching.create_there(connection, kind, left, user_id=user_id, alike=())
            return _to_create(count, word, name)
        case "create-likely":
            found = matches(connection, open_connector(connection), kind)
            alike = {each.ours for each in found.likely}
            count = matching.create_there(
                connection, kind, alike, user_id=user_id, reason=reason, alike=alike
            )
            return _to_create(count, word, name)
        case "link-by-name":
            ours, theirs = _named(request, connection, kind)
            matching.accept(connection, kind, ours, theirs, user_id=user_id)
            return _one_now(connection)
        case "bring-in":
            if not keys:
                raise ValidationError(f"Tick the {word}s to bring in.")
            done = matching.bring_in(connection, kind, keys, user_id=user_id)
            return _told(request, done, "brought in")
        case "bring-in-all":
            done = matching.bring_in(connection, kind, user_id=user_id)
            return _told(request, done, "brought in")
        case "take-back":
            decision = MatchDecision.objects.filter(
                connection=connection, pk=_key(request.POST.get("decision", ""))
            ).first()
            if decision is None:
                raise ValidationError("It was not decided.")
            matching.take_back(decision, user_id=user_id)
            return "Taken back: it is asked about again."
    raise ValidationError("Choose what to do.")


def _named(request: HttpRequest, connection: Connection, kind: Kind) -> tuple[int, int]:
    """Two that a person knows to be one under names that differ, by these names."""
    found = matches(connection, open_connector(connection), kind)
    keys = []
    for field, side, where in (
        ("ours_name", found.here, "Tieout"),
        ("theirs_name", found.there, connection.system_name),
    ):
        said = request.POST.get(field, "").strip()
        called = [key for key, each in side.items() if _is_called(each, said)]
        if len(called) != 1:
            many = "No" if not called else "More than one"
            raise ValidationError(
                f"{many} {WORDS[kind][1]} in {where} that is not linked yet is called “{said}”: "
                "type the name as its list shows it."
            )
        keys.append(called[0])
    return keys[0], keys[1]


def _is_called(record: Party | Thing, said: str) -> bool:
    names = {record.name.casefold(), getattr(record, "code", "").casefold()} - {""}
    return said.casefold() in names


def _read(connection: Connection) -> str:
    name = connection.system_name
    try:
        whole = read_for_a_while(connection, PATIENCE)
    except ConnectorError as trouble:
        raise ValidationError(
            [each for each in (trouble.sentence, trouble.remedy) if each]
        ) from None
    if whole:
        return f"The customers and items of {name} are read."
    return f"A part of {name} is read. Press “Read them now” again: it goes on where it stands."


def _told(request: HttpRequest, done: matching.Done, what: str) -> str:
    for sentence in done.refused[:MOST_SENTENCES]:
        messages.warning(request, sentence)
    if len(done.refused) > MOST_SENTENCES:
        more = len(done.refused) - MOST_SENTENCES
        messages.warning(request, f"And {more} more were refused: each says why in its list.")
    later = f" {done.later} more go on in the background: reload the page." if done.later else ""
    return f"{done.count} {what}; nothing was sent.{later}"


def _one_now(connection: Connection) -> str:
    name = connection.system_name
    if connection.capabilities.hands_over:
        return (
            "They are one now. What you change here is written into a file “by hand” once it is live, "
            f"which says what to do in {name}."
        )
    return f"They are one now. What you change here goes to {name} once it is live."


def _to_create(count: int, word: str, name: str) -> str:
    if not count:
        raise ValidationError(f"Tick the {word}s to create in {name}.")
    what = word if count == 1 else f"{word}s"
    return f"{count} {what} will be created in {name} when first needed; nothing was sent."


def kind_of(word: str) -> Kind:
    return Kind.ITEM if word == Kind.ITEM else Kind.CUSTOMER


def _key(text: str) -> int:
    """Nil, which is no row's, for what is no key."""
    return whole(text) or 0
