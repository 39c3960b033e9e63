"""In a row of history `pk` is the key of the version: whose it is, is asked by the record's own `id`."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps

from apps.billing.sight import Everybodys, belonging_of, in_sight
from apps.staff.models import User
from apps.triggers.models import ApiKey
from tests.backoffice.two_companies import narrow
from tests.factories import make_company


def histories() -> Iterator[Any]:
    for model in apps.get_models():
        if hasattr(model, "history_object") and not isinstance(belonging_of(model), Everybodys):
            yield model


@pytest.mark.parametrize("history", histories(), ids=lambda each: each.__name__)
def test_no_rule_takes_the_key_of_a_version_for_that_of_its_record(
    history: Any, people: dict[str, User]
) -> None:
    narrow(people["Fay"], make_company())
    rows = in_sight(people["Fay"], history._base_manager.all())
    _, _, condition = str(rows.query).partition(" WHERE ")
    condition, _, _ = condition.partition(" ORDER BY ")
    assert condition
    assert "history_id" not in condition
    list(rows)  # the statement runs


def test_the_history_of_a_key_is_its_own_and_of_no_other(people: dict[str, User]) -> None:
    """Keys of versions and of records run apart, so that one would be taken for another."""
    ours, theirs = make_company(), make_company()
    narrow(people["Fay"], ours)
    made = []
    for company in (theirs, theirs, ours):
        key = ApiKey.objects.create(user=people["Ada"], made_by=people["Ada"], name="k", digest=str(len(made)) * 64,
                                    expires_at="2027-01-01T00:00Z")  # fmt: skip
        key.companies.add(company)
        made.append(key)
        made[0].save()  # versions of the first, with the numbers of later keys
    seen = in_sight(people["Fay"], ApiKey.history.model._base_manager.all())
    assert {each.id for each in seen} == {made[2].pk}
