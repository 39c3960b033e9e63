"""Erasing what is held of a customer: an accountant asks, an administrator sees what it means and agrees."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.control.people_acts import me
from apps.backoffice.frame.acts import ButtonAct, OnRequest
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.lists.erasure_box import last_erasure
from apps.billing.models import Customer, Erasure
from apps.exchange.erasing import asking
from apps.exchange.erasing.ending import rest_kept_until
from apps.exchange.erasing.marks import placeholder_of
from apps.exchange.erasing.obstacles import in_the_way
from apps.staff.acts import ActName

CLOSED = (Erasure.State.REFUSED, Erasure.State.WITHDRAWN)


def _may_ask(customer: Customer) -> bool:
    asked = last_erasure(customer)
    return customer.erased_at is None and (asked is None or asked.state in CLOSED)


def _waits(customer: Customer) -> bool:
    asked = last_erasure(customer)
    return asked is not None and asked.is_waiting


def _found(customer: Customer) -> Erasure:
    asked = last_erasure(customer)
    assert asked is not None  # `when` has looked
    return asked


def _what_goes(customer: Customer) -> str:
    until, company = rest_kept_until(customer), customer.company
    gone = (
        "E-mail address, phone number and notes, here and in its history, and its name in all that is "
        "its own: mails, imports, exchanged messages, what was told to other programs, and logs"
    )
    end = (
        "It cannot be invoiced, changed or sent any more, nothing of it is read back from its books, "
        "and it cannot be taken back."
    )
    if until is None:
        return (
            f"{gone} are erased. Name, address and tax number too: nothing of it has to be kept. It is "
            f"called “{placeholder_of(customer)}” from then on. {end}"
        )
    return (
        f"{gone} are erased. Its name, address and tax number, its issued documents with their printed "
        f"copies, and its money stay until {until:%-d %B %Y}: {company} keeps its books for "
        f"{company.books_kept_years} years after the end of the fiscal year. After that day they are "
        f"erased by themselves, under “{placeholder_of(customer)}”. {end}"
    )


def _means_asking(customer: Customer) -> str:
    return f"An administrator decides. {_what_goes(customer)}"


def _means_agreeing(customer: Customer) -> str:
    asked = _found(customer)
    return f"{asked.asked_by} asked for it: “{asked.why}”. {_what_goes(customer)}"


def _ask(request: HttpRequest, customer: Customer, answers: dict[str, Any]) -> str:
    asking.ask(customer, me(request), answers["reason"])
    return "An administrator finds it on the first page and here, and decides it."


def _agree(request: HttpRequest, customer: Customer, answers: dict[str, Any]) -> str:
    asking.agree(_found(customer), me(request))
    return "It is being erased. How far that has come stands on this page."


def _refuse(request: HttpRequest, customer: Customer, answers: dict[str, Any]) -> str:
    asking.refuse(_found(customer), me(request), answers["reason"])
    return "Refused. Nothing is erased."


def _withdraw(request: HttpRequest, customer: Customer, answers: dict[str, Any]) -> str:
    asking.withdraw(_found(customer), me(request), answers["reason"])
    return "Withdrawn. Nothing is erased."


ERASING = (
    ButtonAct(
        name="ask-erasure",
        words="Ask to erase personal data…",
        permission=ActName.ASK_ERASURE,
        when=_may_ask,
        asks=ReasonForm,
        means=_means_asking,
        doubts=in_the_way,
        do=_ask,
    ),
    OnRequest(
        request_of=last_erasure,
        name="erase",
        words="Erase personal data…",
        permission=ActName.ERASE_CUSTOMER,
        when=_waits,
        danger=True,
        means=_means_agreeing,
        doubts=in_the_way,
        do=_agree,
    ),
    OnRequest(
        request_of=last_erasure,
        name="refuse-erasure",
        words="Refuse to erase…",
        permission=ActName.ERASE_CUSTOMER,
        when=_waits,
        asks=ReasonForm,
        means="Nothing is erased. Whoever asked reads the reason here.",
        do=_refuse,
    ),
    OnRequest(
        request_of=last_erasure,
        by_asker=True,
        name="withdraw-erasure",
        words="Withdraw the request to erase…",
        permission=ActName.ASK_ERASURE,
        when=_waits,
        asks=ReasonForm,
        means="Nothing is erased, and nobody is asked any more.",
        do=_withdraw,
    ),
)
