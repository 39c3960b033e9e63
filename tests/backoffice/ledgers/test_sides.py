"""Which side wins, and what was decided: the pages, by role, and what they refuse."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from apps.backoffice.frame.asking import key_of
from apps.backoffice.ledgers.sides import groups
from apps.backoffice.worklist.sync_log import subject_name
from apps.billing.changes import made_by
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from apps.sync.models import Conflict, Side, SideRule, SyncRecord
from apps.sync.rules.choosing import choose
from tests.backoffice.desk import Desk
from tests.backoffice.world import World, make_connection

Browse = Callable[[str], Desk]
CHOICES = "admin:connections_connection_which-side-wins"


def address(world: World) -> str:
    return reverse(CHOICES, args=[world.connection.pk])


def test_an_accountant_chooses_and_it_is_kept_with_name_and_history(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    answer = fay.post(address(world), {"customer-email": "theirs", "item-unit_price": "ours"})
    assert answer.status_code == 302
    email = SideRule.objects.get(kind="customer", field="email")
    assert (email.side, email.changed_by) == ("theirs", people["Fay"])
    assert SideRule.objects.get(kind="item", field="unit_price").side == "ours"
    page = fay.get(address(world)).content.decode()
    assert "QuickBooks wins" in page
    assert "Chosen by Fay" in page
    history = fay.get(reverse("admin:sync_siderule_history", args=[email.pk]))
    assert "Fay" in history.content.decode()


def test_what_is_fixed_is_shown_with_its_reason_and_cannot_be_posted(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    page = fay.get(address(world)).content.decode()
    assert "Fixed by the rules of the books" in page
    assert "It is frozen once issued: a change there is always asked." in page
    assert "QuickBooks has no room for it." in page  # the purchase-order number
    before = SideRule.objects.count()
    posted = {"invoice-total": "theirs", "invoice-issue_date": "ours", "item-account_id": "ours",
              "invoice-purchase_order_number": "ours", "payment-amount": "theirs",
              "customer-email": "whoever"}  # fmt: skip
    assert fay.post(address(world), posted).status_code == 302
    assert SideRule.objects.count() == before


@pytest.mark.parametrize("name", ["Vera", "Cleo", "Ada", "Otto"])
def test_others_do_not_choose(world: World, browse: Browse, name: str) -> None:
    other = browse(name)
    assert other.get(address(world)).status_code == 403
    posted = {"one_time_key": "x" * 32, "customer-email": "theirs"}
    assert other.post(address(world), posted).status_code == 403
    assert not SideRule.objects.filter(field="email").exists()


def test_a_save_opened_before_a_change_of_somebody_else_is_refused(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    unseen = fay.opened(address(world))
    with made_by(people["Fay"].pk):
        choose(world.connection, Kind.CUSTOMER, "email", Side.OURS)

    answer = fay.post(address(world), {**unseen, "customer-email": "theirs"})

    assert answer.status_code == 409
    assert "Customers: E-mail address" in answer.content.decode()
    assert SideRule.objects.get(field="email").side == "ours"


def test_a_second_master_of_one_field_is_refused_beside_its_field(
    world: World, browse: Browse
) -> None:
    other = make_connection(world.company, remote_company_id="2", name="Second set")
    choose(other, Kind.CUSTOMER, "email", Side.THEIRS)
    fay = browse("Fay")

    answer = fay.post(address(world), {"customer-email": "theirs", "customer-name": "ours"})

    assert "Second set (QuickBooks) wins in it already" in answer.content.decode()
    rows = SideRule.objects.filter(connection=world.connection)
    assert {each.field: each.side for each in rows} == {"phone": "ours", "name": "ours"}


@pytest.mark.parametrize(
    ("system", "closed"),
    [
        ("quickbooks", {"invoice-purchase_order_number"}),
        ("xero", {"invoice-message", "credit_note-message"}),
        ("freshbooks", set()),
    ],
)
def test_what_a_ledger_has_no_room_for_is_told_and_not_offered(
    world: World, system: str, closed: set[str]
) -> None:
    world.connection.system = system
    lines = [line for group in groups(world.connection) for line in group.lines]
    assert {line.name for line in lines if line.closed} == closed
    assert all(line.closed.endswith("has no room for it.") for line in lines if line.closed)


def test_two_that_win_in_one_field_are_told_that_neither_does(world: World) -> None:
    other = make_connection(world.company, remote_company_id="2", name="Second set")
    for each in (world.connection, other):
        SideRule.objects.create(connection=each, kind="item", field="name", side="theirs")
    (line,) = (
        line
        for group in groups(world.connection)
        for line in group.lines
        if line.name == "item-name"
    )
    assert "Second set (QuickBooks) wins in it as well, so neither does" in line.note


# --- Told before it is saved ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "field", "typed"),
    [
        (Kind.CUSTOMER, "phone", {"phone": "0117 1"}),
        (Kind.CUSTOMER, "address", {"city": "Hull"}),
        (Kind.ITEM, "unit_price", {"unit_price": "9"}),
    ],
)
def test_who_types_in_a_field_of_theirs_is_told_before_it_is_saved(
    world: World, browse: Browse, kind: Kind, field: str, typed: dict[str, str]
) -> None:
    from tests.backoffice.frame.test_saves_kept import filled

    choose(world.connection, kind, field, Side.THEIRS)
    record = world.draft.customer if kind is Kind.CUSTOMER else world.draft.lines.first().item
    page = reverse(f"admin:billing_{kind}_change", args=[record.pk])
    fay = browse("Fay")
    form = {**filled(fay, page), **typed}

    asked = fay.post(page, form)

    assert asked.status_code == 200
    (question,) = asked.context["adminform"].form.asked
    assert "wins in the" in question.words
    record.refresh_from_db()
    (name, value), *_ = typed.items()
    assert str(getattr(record, name)) != value

    assert fay.post(page, {**form, "sure": [key_of(question.words)]}).status_code == 302
    record.refresh_from_db()
    assert str(getattr(record, name)).startswith(value)


def test_a_message_of_theirs_is_told_before_it_is_saved(world: World, browse: Browse) -> None:
    SyncRecord.objects.filter(invoice=world.open_invoice).update(sent=1)
    choose(world.connection, Kind.INVOICE, "message", Side.THEIRS)
    page = reverse("admin:billing_invoice_change-open-fields", args=[world.open_invoice.pk])
    assert "wins in the message to the customer" in browse("Fay").get(page).content.decode()


# --- What was decided ----------------------------------------------------------------------------


@pytest.fixture
def kept(world: World, people: dict[str, User]) -> tuple[Conflict, Conflict]:
    """One decided by a rule about a customer, one by Fay about an item."""
    record = SyncRecord.objects.get(customer=world.draft.customer)
    about_item = SyncRecord.objects.get(item__isnull=False)
    customer = world.draft.customer
    moment = timezone.now() - timedelta(minutes=5)
    told: dict[str, Any] = {"decided_at": moment}
    by_rule = Conflict.objects.create(
        sync_record=record, path="phone", base="1", ours=customer.phone, theirs="0117 496 0000",
        decision="ours", rule=SideRule.objects.get(field="phone"), **told,
    )  # fmt: skip
    by_fay = Conflict.objects.create(
        sync_record=about_item, path="name", base="a", ours="Old lantern", theirs="Brass lantern",
        decision="theirs", decided_by=people["Fay"], **told,
    )  # fmt: skip
    return by_rule, by_fay


def listed(desk: Desk, query: str) -> set[int]:
    answer = desk.get(f"{reverse('admin:sync_conflict_changelist')}?{query}")
    assert answer.status_code == 200
    return {each.pk for each in answer.context["cl"].result_list}


def test_decisions_are_listed_by_rule_person_kind_record_and_books(
    world: World, kept: tuple[Conflict, Conflict], browse: Browse
) -> None:
    by_rule, by_fay = kept
    fay = browse("Fay")
    assert listed(fay, "by=rule") == {by_rule.pk}
    assert listed(fay, "by=person") == {by_fay.pk}
    assert listed(fay, "decided=yes&kind=item") == {by_fay.pk}
    assert listed(fay, f"sync_record__id__exact={by_rule.sync_record_id}&decided=yes") == {
        by_rule.pk
    }
    books = f"decided=yes&sync_record__connection__id__exact={world.connection.pk}"
    assert listed(fay, books) == {by_rule.pk, by_fay.pk}
    page = fay.get(f"{reverse('admin:sync_conflict_changelist')}?by=rule").content.decode()
    assert "Rule: Tieout wins" in page
    customer = reverse("admin:billing_customer_change", args=[world.draft.customer_id])
    link = f"sync_record__id__exact={by_rule.sync_record_id}"
    assert link in fay.get(customer).content.decode()


def test_it_is_brought_back_by_a_person_with_a_reason(
    world: World, kept: tuple[Conflict, Conflict], people: dict[str, User], browse: Browse
) -> None:
    by_rule, _ = kept
    page = reverse("admin:sync_conflict_bring-back", args=[by_rule.pk])
    fay = browse("Fay")
    shown = fay.get(page).content.decode()
    assert "“0117 496 0000” again" in shown

    assert fay.post(page, {"reason": ""}).status_code == 200
    assert fay.post(page, {"reason": "They moved"}).status_code == 302

    customer = world.draft.customer
    customer.refresh_from_db()
    assert customer.phone == "0117 496 0000"
    assert customer.history.first().history_user == people["Fay"]
    made = by_rule.brought_back.get()
    assert (made.decided_by, made.reason) == (people["Fay"], "They moved")


def test_what_is_not_decided_yet_is_refused_by_the_name_of_its_record(
    world: World, kept: tuple[Conflict, Conflict], browse: Browse
) -> None:
    Conflict.objects.filter(pk=kept[0].pk).rewrite(decision="", rule=None)
    page = reverse("admin:sync_conflict_bring-back", args=[kept[0].pk])
    told = browse("Fay").get(page, follow=True).content.decode()
    name = escape(subject_name(kept[0].sync_record))
    assert f"is not possible for {name} as it stands now" in told


@pytest.mark.parametrize("name", ["Vera", "Cleo", "Ada", "Otto"])
def test_others_do_not_bring_back(
    kept: tuple[Conflict, Conflict], browse: Browse, name: str
) -> None:
    page = reverse("admin:sync_conflict_bring-back", args=[kept[0].pk])
    posted = {"one_time_key": "x" * 32, "reason": "Mine"}
    assert browse(name).post(page, posted).status_code == 403
    assert not Conflict.objects.filter(brings_back__isnull=False).exists()


def test_changed_since_the_decision_it_says_what_it_is_and_asks(
    world: World, kept: tuple[Conflict, Conflict], browse: Browse
) -> None:
    by_rule, _ = kept
    customer = world.draft.customer
    customer.phone = "0800 77"
    customer.save()
    page = reverse("admin:sync_conflict_bring-back", args=[by_rule.pk])
    fay = browse("Fay")
    assert "it is “0800 77” now" in fay.get(page).content.decode()

    asked = fay.post(page, {"reason": "They moved"})
    (question,) = asked.context["form"].asked
    customer.refresh_from_db()
    assert customer.phone == "0800 77"

    ticked = {"reason": "They moved", "sure": [key_of(question.words)]}
    assert fay.post(page, ticked).status_code == 302
    customer.refresh_from_db()
    assert customer.phone == "0117 496 0000"


def test_a_form_that_was_opened_before_it_changed_is_refused(
    world: World, kept: tuple[Conflict, Conflict], browse: Browse
) -> None:
    by_rule, _ = kept
    page = reverse("admin:sync_conflict_bring-back", args=[by_rule.pk])
    fay = browse("Fay")
    unseen = fay.opened(page)
    customer = world.draft.customer
    customer.phone = "0800 77"
    customer.save()

    assert fay.post(page, {**unseen, "reason": "They moved"}).status_code == 409
    customer.refresh_from_db()
    assert customer.phone == "0800 77"


def test_what_is_frozen_is_refused_with_a_sentence(world: World, browse: Browse) -> None:
    frozen = Conflict.objects.create(
        sync_record=world.record, path="total", base="1", ours="1", theirs="2", decision="ours",
        decided_at=timezone.now(),
    )  # fmt: skip
    page = reverse("admin:sync_conflict_bring-back", args=[frozen.pk])
    fay = browse("Fay")
    assert "is issued, so its total does not change any more" in fay.get(page).content.decode()
    answer = fay.post(page, {"reason": "It was right"})
    assert "Credit it and issue a new one" in answer.content.decode()
    assert not frozen.brought_back.exists()
