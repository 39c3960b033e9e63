"""Is it the right company, and are its settings such that nothing happens by itself over there?"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from apps.connections.models import Connection
from apps.connections.stage import moved
from apps.connectors.capabilities import Check
from apps.staff.models import User

UNCONFIRMED = "unconfirmed"  # code of the refusal
YES, NO = "yes", "no"
ANSWERS = {YES: "Yes, it is so", NO: "No, or not sure: go on as it is"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A check of these books. `is_fine`: read there or said by a person; None: nobody knows yet.

    `answer`: what a person said, where it cannot be read or needs a change over there.
    """

    name: str
    check: Check
    is_read: bool
    is_fine: bool | None
    answer: str = ""
    value: str = ""  # as it was read

    @property
    def is_open(self) -> bool:
        """Whether a person is still to answer."""
        return self.is_fine is not True and not self.answer

    @property
    def read_words(self) -> str:
        """What was read there, where that is plain: “It is off there.”"""
        words = {YES: "on", NO: "off"}.get(self.value)
        return f"It is {words} there." if words else ""

    @property
    def asks_person(self) -> bool:
        return not (self.is_read and self.is_fine)


def checks_of(connection: Connection) -> list[Checked]:
    """Every check of its connector, as it stands: those to answer first."""
    found = []
    for name, check in connection.capabilities.checks.items():
        value = connection.settings_there.get(check.setting, "") if check.setting else ""
        answer = connection.checked.get(name, "")
        fine = value in check.wanted if value else {YES: True, NO: False}.get(answer)
        found.append(
            Checked(
                name=name,
                check=check,
                is_read=bool(value),
                is_fine=fine,
                answer=answer,
                value=value,
            )
        )
    return sorted(found, key=lambda each: not each.is_open)


def is_confirmed(connection: Connection) -> bool:
    """A person said that these are the right books; a test invoice that matched says it too."""
    return connection.confirmed_at is not None or connection.trial_matched_at is not None


def is_checked(connection: Connection) -> bool:
    tested = connection.trial_matched_at is not None
    return tested or not any(each.is_open for each in checks_of(connection))


def refuse_unconfirmed(connection: Connection) -> None:
    """Nothing is sent to a company of which nobody has said that it is the right one, or of which a
    check is still open. Raises ValidationError with what a person does first."""
    if not is_confirmed(connection):
        raise ValidationError(
            f"Nobody has said yet that {connection.name} is the right company, and nothing is sent to "
            "the wrong one. Open the step “Connect” of these books and confirm it first.",
            code=UNCONFIRMED,
        )
    if not is_checked(connection):
        left = ", ".join(each.check.words for each in checks_of(connection) if each.is_open)
        raise ValidationError(
            f"Not checked yet in {connection.name}: {left}. Nothing is sent before. Open the step "
            "“Connect” of these books and say of each whether it is so.",
            code=UNCONFIRMED,
        )


def confirm(connection: Connection, user: User) -> None:
    """Keep who said that this is the right company. Raises ValidationError where it is not known
    what it is: nothing was read."""
    if connection.company_read_at is None:
        raise ValidationError("Their company was not read yet. Wait a moment, then look again.")
    moved(
        connection,
        when=~Q(stage=Connection.Stage.DISCONNECTED),
        confirmed_at=timezone.now(),
        confirmed_by=user,
    )


def answer(connection: Connection, answers: dict[str, str]) -> None:
    """Keep what a person answered. Raises ValidationError for a check that is left without."""
    known = connection.capabilities.checks
    said = {name: each for name, each in answers.items() if name in known and each in ANSWERS}
    kept = {**connection.checked, **said}
    left = [
        each.check.words
        for each in checks_of(connection)
        if each.asks_person and each.name not in kept
    ]
    if left:
        raise ValidationError(f"Say of each whether it is so: {', '.join(left)}.")
    moved(connection, when=Q(), checked=kept)
