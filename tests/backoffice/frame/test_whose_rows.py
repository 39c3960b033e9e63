"""Who sees the records of several companies reads whose each row is; who sees one, nowhere."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.models import CompanyMember
from apps.staff.models import User
from tests.backoffice.world import World
from tests.factories import make_company

Browse = Callable[[str], Client]
LISTS = ("invoice", "creditnote", "payment", "refund", "adjustment", "allocation", "deposit",
         "customer", "item")  # fmt: skip


def columns(client: Client, model: str) -> list[str]:
    answer = client.get(reverse(f"admin:billing_{model}_changelist"))
    assert answer.status_code == 200
    return [str(each) for each in answer.context["cl"].list_display]


@pytest.mark.parametrize("model", LISTS)
def test_the_company_is_the_last_column_where_several_are_seen(
    world: World, people: dict[str, User], browse: Browse, model: str
) -> None:
    fay = browse("Fay")
    assert "company" not in columns(fay, model)
    make_company(legal_name="Second Ltd")
    assert columns(fay, model)[-1] == "company"
    User.objects.filter(pk=people["Fay"].pk).update(every_company=False)
    CompanyMember.objects.create(user=people["Fay"], company=world.company)
    assert "company" not in columns(fay, model)
