"""Tell of an import after all: what it brought goes nowhere by itself, unless whoever releases it says so."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.frame.acts import ButtonAct
from apps.exchange.imports.on_hold import brings_money
from apps.exchange.models import FileImport
from apps.staff.acts import ActName
from apps.triggers.events.quiet import ask_to_tell, count_quiet, listeners_of
from apps.triggers.models import EventType


def _tell(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    count = sum(count_quiet(file_import.batch).values())
    ask_to_tell(file_import.batch)
    return f"{count:,} event{'' if count == 1 else 's'} {'is' if count == 1 else 'are'} on the way."


def _is_untold(file_import: FileImport) -> bool:
    batch = file_import.batch
    return batch is not None and bool(listeners_of(batch)) and bool(count_quiet(batch))


def _what_is_told(file_import: FileImport) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    counts, addresses = count_quiet(file_import.batch), listeners_of(file_import.batch)
    told = ", ".join(f"{EventType(name).label} {count:,}" for name, count in counts.items())
    where = "the address" if addresses == 1 else f"each of the {addresses} addresses"
    total = sum(counts.values())
    return (
        f"{total:,} {'event goes' if total == 1 else 'events go'} to {where} of {file_import.company} that "
        f"wants them: {told}. What waits there for such an event, a mail to a customer say, happens "
        "for each. It cannot be undone."
    )


def _act(name: str, permission: ActName, *, of_money: bool) -> ButtonAct:
    return ButtonAct(
        name=name,
        words="Tell of it",
        permission=permission,
        when=lambda each: brings_money(each) is of_money and _is_untold(each),
        do=_tell,
        means=_what_is_told,
        danger=True,
    )


# Who may release it may tell of it.
TELL = (
    _act("tell", ActName.ISSUE_INVOICE, of_money=False),
    _act("tell-of-money", ActName.RECEIVE_PAYMENT, of_money=True),
)
