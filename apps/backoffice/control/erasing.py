"""Erasing a member of staff who left, from their page."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.control.people_acts import me
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.reasons import ReasonForm
from apps.exchange.erasing.people import erase_person, is_erased, placeholder_of
from apps.staff.acts import ActName
from apps.staff.models import User


def _may(person: User) -> bool:
    return not person.is_active and not is_erased(person)


def _means(person: User) -> str:
    return (
        "Name, e-mail address, password, second factors, sessions and devices are erased, here and "
        f"wherever they were copied beside what this person did. “{placeholder_of(person)}” takes the "
        "place of the name; the same name elsewhere (of a customer, in a remark) stays. What this "
        "person did stays as it is, under that number: history, approvals, signatures and security "
        "events, these for 400 days with the addresses they came from. Backups are deleted by "
        "whoever runs Tieout. It cannot be taken back."
    )


def _erase(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    erase_person(person, me(request), answers["reason"])
    return (
        f"This is {placeholder_of(person)} from now on. What was copied of the name is erased within "
        "some minutes."
    )


ERASE_PERSON = ButtonAct(
    name="erase",
    words="Erase personal data…",
    permission=ActName.GIVE_ACCESS,
    when=_may,
    danger=True,
    asks=ReasonForm,
    means=_means,
    do=_erase,
)
