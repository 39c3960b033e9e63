"""The mapping page: proposals that are no choices, what waits for each, and what a change touches."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.ledgers.steps import steps_of
from apps.backoffice.worklist.first_page import first_page
from apps.billing.models import BankAccount
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import Attempt, Reason, State, SyncRecord
from tests.backoffice.desk import Desk
from tests.backoffice.world import WholeWorld, World
from tests.factories import make_invoice, make_item, make_term

Browse = Callable[[str], Client]


def page(world: World) -> str:
    return reverse("admin:connections_connection_map", args=[world.connection.pk])


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.split())


def code(world: World, remote_id: str, name: str, *roles: str, **fields: Any) -> RemoteCode:
    return RemoteCode.objects.create(
        connection=world.connection,
        kind=fields.pop("kind", "account"),
        remote_id=remote_id,
        name=name,
        roles=list(roles),
        read_at=timezone.now(),
        **fields,
    )


@pytest.mark.slow
@pytest.mark.slow
def test_accept_all_takes_names_and_sales_and_leaves_money_to_a_look(
    world: World, browse: Browse
) -> None:
    """A proposal is no choice: saving takes none, and taking all takes no bank and no clearing."""
    mug = make_item(world.company, name="Mug sales")
    term = make_term(world.company, name="Net 45", due_days=45)
    bank = BankAccount.objects.create(company=world.company, name="Checking", currency="GBP")
    sales = code(world, "80", "Mug sales", "income")
    net = code(world, "5", "Net 45", kind="term", detail={"due_days": "45"})
    checking = code(world, "36", "Checking", "bank", "clearing")
    fay = browse("Fay")
    shown = words(fay.get(page(world)))
    assert "Only proposed" in shown
    assert "Proposed: Checking . It has the same name." in shown
    fay.post(page(world), {})
    assert Mapping.objects.count() == 1

    fay.post(page(world), {"take": "all"})

    chosen = {(each.subject, each.code) for each in Mapping.objects.exclude(subject="income")}
    assert chosen == {("item_account", sales), ("term", net)}
    assert {each.thing for each in Mapping.objects.exclude(subject="income")} == {mug, term}
    fay.post(page(world), {"take": f"bank_account-{bank.pk}"})
    assert Mapping.objects.get(bank_account=bank).code == checking


def test_a_change_in_force_is_shown_with_what_it_touches_before_it_is_saved(
    world: World, browse: Browse
) -> None:
    wrong = Mapping.objects.get(subject="income")
    right = code(world, "81", "Lantern sales", "income", number="4100")
    record, _ = SyncRecord.objects.update_or_create(
        connection=world.connection,
        invoice=world.invoice,
        defaults={"kind": "invoice", "wanted": 1, "sent": 1, "state": State.IN_THE_BOOKS},
    )
    Attempt.objects.filter(sync_record__invoice__isnull=False).exclude(sync_record=record)
    Attempt.objects.create(sync_record=record, revision=1, result=Attempt.Result.DONE)
    fay = browse("Fay")
    asked = {"income-default": str(right.pk)}

    before = fay.post(page(world), asked)

    told = words(before)
    assert "Nothing is saved yet" in told
    assert "From 4000 Sales of Product Income" in told
    assert "1 invoice 92.00 GBP" in told
    wrong.refresh_from_db()
    assert wrong.code != right
    fay.post(page(world), {**asked, "seen": "1", "reason": "The accountant said so"})
    wrong.refresh_from_db()
    assert wrong.code == right
    after = words(fay.get(page(world)))
    assert "Sales account by default 4000 Sales of Product Income 4100 Lantern sales Fay" in after
    assert "The accountant said so" in after


def test_what_waits_is_listed_with_the_way_to_its_choice_and_the_stepper_says_so(
    whole: WholeWorld, browse: Browse, rf: Any
) -> None:
    connection = whole.connection
    connection.tax_regime, connection.tax_code_on_every_line = "global", True
    connection.save()
    item = make_item(whole.company)
    invoice = make_invoice(company=whole.company, lines=[(item, 1, 10, whole.rate)])
    whole.rate.active = False
    whole.rate.save()
    field = f"tax-{whole.rate.pk}"
    record = SyncRecord.objects.create(
        connection=connection,
        kind="invoice",
        invoice=invoice,
        wanted=invoice.revision,
        state=State.NEEDS_PERSON,
        reason=Reason.MAPPING_MISSING,
        sentence="No QuickBooks tax code is chosen.",
        remedy="Choose it on the mapping page.",
        waits_for=f"mapping:tax:{whole.rate.pk}",
    )
    fay = browse("Fay")

    listed = fay.get(f"{page(whole)}?show={field}")

    assert f'id="id_{field}"' in listed.content.decode()  # though no new document may bear it
    assert f"Invoice {invoice.number}" in words(listed)
    (step,) = [each for each in steps_of(connection, "map") if each.name == "map"]
    assert not step.done
    log = reverse("admin:sync_syncrecord_change", args=[record.pk])
    assert f"{page(whole)}?show={field}#id_{field}" in fay.get(log).content.decode()
    request = rf.get("/")
    request.user = fay_of(whole)
    assert any("Not mapped for" in each.what for each in first_page(request).work)


def fay_of(world: World) -> Any:
    from apps.staff.models import User

    return User.objects.get(name="Fay")


def test_an_account_that_changed_its_type_is_one_question_and_a_new_name_is_told(
    world: World, browse: Browse, rf: Any
) -> None:
    income = Mapping.objects.get(subject="income").code
    income.roles = ["expense"]
    income.save()
    request = rf.get("/")
    request.user = fay_of(world)

    [asked] = [
        each for each in first_page(request).work if each.what.startswith("Look at a mapping")
    ]

    assert "cannot be the sales account by default: choose an income account." in asked.more
    assert asked.url.endswith("?show=income-default#id_income-default")
    assert Mapping.objects.get(subject="income").code == income
    income.roles, income.named_before, income.renamed_at = ["income"], "4000 Sales", timezone.now()
    income.save()
    work = [each for each in first_page(request).work if each.what.startswith("Renamed")]
    assert "It is the same one: nothing to do." in work[0].more
    assert "Choose another" not in words(browse("Fay").get(page(world)))


@pytest.mark.usefixtures("today")
def test_the_page_makes_as_many_queries_for_many_documents_as_for_few(
    world: World, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    fay = browse("Fay")
    assert isinstance(fay, Desk)
    fay.get(page(world))
    with django_assert_max_num_queries(140) as few:
        fay.get(page(world))
    for _ in range(5):
        make_invoice(company=world.company, lines=[(make_item(world.company), 1, 10)])
    with django_assert_max_num_queries(len(few) + 2):
        fay.get(page(world))
