"""What a comparison asks: listed in words, and answered by a person who may, with a reason."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.reconciliation.models import Cause, KeptComparison, Question
from tests.backoffice.world import World

Browse = Callable[[str], Client]
LIST = "/admin/reconciliation/question/"


def asked(world: World, fingerprint: str, **fields: Any) -> Question:
    values = {
        "connection": world.connection,
        "cause": Cause.SALE_TWICE,
        "ours": [["invoice", world.invoice.pk]],
        "theirs": [["Invoice", world.remote.remote_id]],
        "amount": Decimal(120),
        "currency": "GBP",
        "fingerprint": fingerprint,
        "sentence": "Invoice INV-7 and Invoice 1042 both come to 120.00 GBP.",
        **fields,
    }
    return Question.objects.create(**values)


def test_the_first_page_and_the_list_name_what_is_open(world: World, browse: Browse) -> None:
    Question.objects.update(standing=False)
    asked(world, "1")
    asked(world, "2", sentence="It was so yesterday.", standing=False)

    first = browse("Fay").get("/admin/").content.decode()
    assert "Both sides cannot be said to agree until they are answered." in first
    rows = browse("Vera").get(f"{LIST}?answered=no").context["cl"].result_list
    assert [row.fingerprint for row in rows] == ["1"]


def test_fay_answers_with_a_reason_and_nobody_else_can(world: World, browse: Browse) -> None:
    question = asked(world, "1")
    address = reverse("admin:reconciliation_question_answer", args=[question.pk])
    given = {"answer": "right", "reason": "Two orders of one week"}

    assert browse("Cleo").post(address, given).status_code == 403
    assert browse("Ada").post(address, given).status_code == 403
    browse("Fay").post(address, {**given, "reason": ""})
    question.refresh_from_db()
    assert not question.answer

    browse("Fay").post(address, given)
    question.refresh_from_db()
    assert (question.answer, question.reason) == ("right", "Two orders of one week")
    assert str(question.answered_by) == "Fay"
    page = browse("Vera").get(f"{LIST}{question.pk}/change/").content.decode()
    assert "Two orders of one week" in page
    assert "It is right as it stands" in page


@pytest.mark.parametrize("kind", ["tax_rate", "invoice"])
def test_a_question_shows_its_records_where_they_have_a_page(
    world: World, browse: Browse, kind: str
) -> None:
    question = asked(world, "1", ours=[[kind, world.open_invoice.pk]])

    page = browse("Vera").get(f"{LIST}{question.pk}/change/")

    assert page.status_code == 200
    address = f"/admin/billing/invoice/{world.open_invoice.pk}/change/"
    assert (address in page.content.decode()) is (kind == "invoice")


def test_one_of_an_earlier_day_is_closed_with_who_when_and_words(
    world: World, browse: Browse
) -> None:
    Question.objects.update(standing=False)
    question = asked(world, "1", standing=False, as_of=date(2026, 3, 31))
    fay = browse("Fay")
    assert "Both sides cannot be said to agree" not in fay.get("/admin/").content.decode()
    listed = fay.get(f"{LIST}?answered=day")
    assert [row.pk for row in listed.context["cl"].result_list] == [question.pk]
    assert "To be answered, as of 31 Mar 2026" in listed.content.decode()
    KeptComparison.objects.update(
        of_now=False, on=date(2026, 3, 31), found={"questions": [str(question)]}
    )
    compared = fay.get(f"/admin/reconciliation/keptcomparison/{world.comparison.pk}/change/")
    assert "?answered=day&amp;connection__id__exact=" in compared.content.decode()

    address = reverse("admin:reconciliation_question_answer", args=[question.pk])
    fay.post(address, {"answer": "settled", "reason": "Voided there in April"})

    page = browse("Vera").get(f"{LIST}{question.pk}/change/").content.decode()
    assert "It was so on that day, and is settled since" in page
    assert "Voided there in April" in page
    question.refresh_from_db()
    assert (str(question.answered_by), question.as_of) == ("Fay", date(2026, 3, 31))
