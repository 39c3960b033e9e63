"""What one choice is known by: in the address of the mapping page, and in what a record waits for."""

from apps.core.numbers import whole
from apps.mappings.models import Mapping

Subject = Mapping.Subject
Key = tuple[str, int | None]
DEFAULT = "default"
# The word of a wait ("mapping:item:12") → the subject it is about; every other is its own word.
_WAITED_FOR: dict[str, str] = {
    "item": Subject.ITEM_ACCOUNT,
    "tax": Subject.TAX,
    "method": Subject.METHOD_ACCOUNT,
    "method_place": Subject.PLACE_ACCOUNT,
    "bank_account": Subject.BANK_ACCOUNT,
}
_WORDS = {subject: word for word, subject in _WAITED_FOR.items()}


def field_of(subject: str, thing: int | None) -> str:
    """The name of a choice's field: "item_account-12", "income-default"."""
    return f"{subject}-{thing or DEFAULT}"


def key_of_field(field: str) -> Key | None:
    """The choice that a field stands for; None where it is none."""
    subject, _, thing = field.partition("-")
    number = whole(thing)
    if subject not in Subject.values or (thing != DEFAULT and number is None):
        return None
    return subject, number


def field_waited_for(waits_for: str) -> str:
    """The field of the choice that a record waits for ("mapping:item:12"); "" for another wait."""
    on, _, named = waits_for.partition(":")
    if on != "mapping" or not named:
        return ""
    word, _, thing = named.partition(":")
    subject = _WAITED_FOR.get(word, word)
    return field_of(subject, whole(thing))


def wait_for(subject: str, thing: int | None) -> str:
    """The reverse: what a record waits for that lacks this choice."""
    word = _WORDS.get(subject, subject)
    return f"mapping:{word}:{thing}" if thing else f"mapping:{word}"
