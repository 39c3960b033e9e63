"""What a person types, ticks or opens by its address reaches no record of another company."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.core import mail
from django.db.models import Sum
from django.forms import ModelChoiceField
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.alerts.models import Alert, AlertRule, Event
from apps.alerts.models import Delivery as AlertDelivery
from apps.alerts.telling.addressing import address
from apps.backoffice.worklist.first_page import first_page
from apps.billing.models import Company, CompanyMember, Invoice
from apps.billing.sight import companies_of, in_sight, sees
from apps.connections.models import Connection, Grant
from apps.exchange.models import ImportProfile, PrintJob, PrivateFile
from apps.exchange.schedules.makers import lacks
from apps.exchange.storage.keeping import may_have
from apps.staff.models import User
from tests.backoffice.companies.pages import NOBODYS, pages_of
from tests.backoffice.companies.test_matrix import ROLES, TRACES, listed, text_of
from tests.backoffice.two_companies import CANARY, TwoCompanies, narrow
from tests.kept_rows import rows_of

Browse = Callable[[str], Client]


@pytest.mark.parametrize("name", ROLES)
def test_no_field_offers_or_takes_a_record_out_of_sight(
    name: str, two: TwoCompanies, people: dict[str, User], browse: Browse
) -> None:
    """Of every page where something is added, its lines too: what a field does not offer it refuses."""
    client, user, wrong, fields = browse(name), User.objects.get(name=name), [], 0
    for model in admin.site._registry:
        place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        answer = client.get(f"{place}?company={two.other.company.pk}")
        if answer.status_code != 200 or not answer.context:
            continue
        if CANARY in text_of(answer):
            wrong.append((place, "named"))
        forms = [answer.context["adminform"].form] if "adminform" in answer.context else []
        forms += [answer.context["form"]] if not forms and "form" in answer.context else []
        for each in answer.context.get("inline_admin_formsets") or []:
            forms.append(each.formset.empty_form)
        for form in forms:
            for label, field in form.fields.items():
                # The key of a line itself is looked for among the lines of its document.
                if isinstance(field, ModelChoiceField) and label != "id":
                    fields += 1
                    offered = field.queryset
                    if offered.exclude(pk__in=in_sight(user, offered).values("pk")).exists():
                        wrong.append((place, label))
    assert not wrong, listed(wrong)
    assert fields or name in ("Vera", "Iris")


# What addresses of pages name by its key.
NAMED_BY_ADDRESS = {
    "company": "company",
    "customer": "invoice.customer",
    "into": "invoice.customer",
    "item": "draft_item",
    "bank": "bank",
    "payments": "waiting",
    "refunds": "refund",
    "invoice": "open_invoice",
    "seen": "open_invoice",
    "connection": "connection",
    "books": "connection",
    "of": "record",
    "record": "record",
    "code": "code",
    "with": "remote",
    "theirs": "remote",
    "ours": "open_invoice",
    "method": "card",
    "start": "layout",
    "source": "open_invoice",
}


def keys_of(two: TwoCompanies) -> dict[str, Any]:
    other = two.other
    row: dict[str, Any] = {
        "invoice.customer": other.invoice.customer,
        "draft_item": other.company.plain_item,
        "code": other.codes[0],
        "layout": other.records[ImportProfile],
    }
    found = {name: row.get(of) or getattr(other, of) for name, of in NAMED_BY_ADDRESS.items()}
    return {name: each.pk for name, each in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ROLES)
def test_a_page_of_ones_own_record_tells_nothing_of_another_company(
    name: str, two: TwoCompanies, browse: Browse
) -> None:
    """Whatever else its address names, and whatever its form offers."""
    client, user, wrong, opened = browse(name), User.objects.get(name=name), [], 0
    named = urlencode(keys_of(two))
    for _, _, (page, _) in pages_of(two.own):
        for place in (page, f"{page}{'&' if '?' in page else '?'}{named}"):
            answer = client.get(place, follow=True)
            opened += answer.status_code == 200
            if CANARY in text_of(answer) or answer.status_code >= 500:
                wrong.append((place, answer.status_code))
            form = (answer.context or {}).get("form")
            for label, field in getattr(form, "fields", {}).items():
                if isinstance(field, ModelChoiceField) and field.queryset.model is User:
                    # Colleagues who work on this company, though they may see others, too.
                    if not all(sees(each, two.own.company) for each in field.queryset):
                        wrong.append((place, label))
                elif isinstance(field, ModelChoiceField):
                    offered = field.queryset
                    if offered.exclude(pk__in=in_sight(user, offered).values("pk")).exists():
                        wrong.append((place, label))
    assert not wrong, listed(wrong)
    assert opened > 100


@pytest.mark.parametrize("name", ROLES)
def test_no_act_of_a_list_reaches_a_row_out_of_sight(
    name: str, two: TwoCompanies, people: dict[str, User], browse: Browse
) -> None:
    client, tried = browse(name), 0
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(name=name)
    before = {table: set(rows) for table, rows in rows_of().items()}
    for model, screen in admin.site._registry.items():
        row = two.other.records.get(model)
        if row is None or not screen.has_view_permission(request):
            continue
        place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for action in screen.get_actions(request):
            tried += 1
            form = {"action": action, "_selected_action": [str(row.pk)]}
            answer = client.post(place, form, follow=True)
            assert CANARY not in text_of(answer), (place, action)
    moved = {table for table, rows in rows_of().items() if set(rows) != before[table]}
    assert moved <= TRACES
    assert tried


@pytest.mark.parametrize("name", ROLES)
def test_each_number_of_the_first_page_is_that_of_its_list(
    name: str, two: TwoCompanies, people: dict[str, User], browse: Browse
) -> None:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(name=name)
    client, page, compared = browse(name), first_page(request), 0
    for line in page.work:
        answer = client.get(line.url)
        assert answer.status_code == 200, line.url
        if "cl" in (answer.context or {}):
            compared += 1
            assert answer.context["cl"].queryset.count() == line.count, line.what
    own = Invoice.objects.filter(company=two.own.company, status="issued")
    due = own.filter(balance_due__gt=0).aggregate(sum=Sum("balance_due"))["sum"]
    assert [each.outstanding for each in page.owed] == [due]
    assert {each.connection.company for each in page.health} == {two.own.company}
    assert {each.connection.company for each in page.runs} <= {two.own.company}
    assert {each.alert.company for each in page.alerts} == {two.own.company}
    assert compared > 3


@pytest.mark.parametrize("name", ["Fay", "Ada"])
def test_no_way_to_consent_leads_to_another_companys_books(
    name: str, two: TwoCompanies, browse: Browse
) -> None:
    client, theirs = browse(name), two.other
    ways = [
        ("connections:start", [theirs.company.pk, "quickbooks", "simulated"],
         [NOBODYS, "quickbooks", "simulated"]),
        ("connections:enter", [theirs.company.pk, "quickbooks", "simulated"],
         [NOBODYS, "quickbooks", "simulated"]),
        ("connections:again", [theirs.connection.pk], [NOBODYS]),
        ("connections:replace", [theirs.connection.pk], [NOBODYS]),
        ("connections:choose", [theirs.connection.grant.public_id, two.own.company.pk],
         ["7b0e9a4e-0000-4000-8000-000000000000", two.own.company.pk]),
        ("connections:choose", [two.own.connection.grant.public_id, theirs.company.pk],
         [two.own.connection.grant.public_id, NOBODYS]),
    ]  # fmt: skip
    for way, keys, of_none in ways:
        for method in (client.get, client.post):
            answer, none = method(reverse(way, args=keys)), method(reverse(way, args=of_none))
            assert (answer.status_code, none.status_code) == (404, 404), way
            assert CANARY not in text_of(answer)
    assert client.get(reverse("connections:again", args=[two.own.connection.pk])).status_code != 404


def test_an_access_that_opens_books_of_both_is_offered_to_nobody_of_one(two: TwoCompanies) -> None:
    fay = User.objects.get(name="Fay")
    assert list(in_sight(fay, Grant.objects.all())) == [two.own.connection.grant]
    Connection.objects.filter(pk=two.other.connection.pk).update(grant=two.own.connection.grant)
    assert not in_sight(fay, Grant.objects.all()).exists()


def test_a_layout_of_all_companies_is_changed_by_nobody_of_one(
    two: TwoCompanies, browse: Browse
) -> None:
    layout = two.own.records[ImportProfile]
    ImportProfile.objects.filter(pk=layout.pk).update(company=None)
    page = reverse("admin:exchange_importprofile_retire", args=[layout.pk])
    text = browse("Fay").post(page, follow=True).content.decode()
    assert "made and changed by somebody who sees every company" in text
    layout.refresh_from_db()
    assert layout.retired_at is None


def test_a_print_of_anothers_invoices_is_nobodys_who_was_moved_out(
    two: TwoCompanies, people: dict[str, User], browse: Browse
) -> None:
    fay = User.objects.get(name="Fay")
    mixed = [two.own.open_invoice.pk, two.other.open_invoice.pk]
    job = PrintJob.objects.create(requested_by=fay, count=2, invoice_ids=mixed, state="ready")
    for name in ("change", "download"):
        asked = reverse(f"admin:exchange_printjob_{name}", args=[job.pk])
        assert browse("Fay").get(asked).status_code == 404
    job.invoice_ids = mixed[:1]
    job.save()
    own = reverse("admin:exchange_printjob_change", args=[job.pk])
    assert browse("Fay").get(own).status_code == 200
    assert browse("Cleo").get(own).status_code == 404  # another person's


def test_a_file_that_was_kept_is_had_by_nobody_who_was_moved_out(
    two: TwoCompanies, people: dict[str, User], browse: Browse
) -> None:
    file = two.own.records[PrivateFile]
    download = reverse("admin:exchange_privatefile_download", args=[file.pk])
    assert may_have(User.objects.get(name="Vera"), file)
    assert browse("Vera").get(download).status_code == 302  # it has no bytes: said on its page
    CompanyMember.objects.all().delete()
    assert not may_have(User.objects.get(name="Vera"), file)
    assert browse("Vera").get(download).status_code == 404


def test_a_schedule_stops_once_its_owner_sees_the_company_no_more(two: TwoCompanies) -> None:
    from apps.exchange.models import ScheduledExport

    schedule = two.own.records[ScheduledExport]
    assert lacks(User.objects.get(name="Fay"), schedule, ()) == ""
    CompanyMember.objects.all().delete()
    why = lacks(User.objects.get(name="Fay"), schedule, ())
    assert why == "does not see this company any more"


def test_a_letter_of_what_was_not_made_goes_to_nobody_who_was_moved_out(two: TwoCompanies) -> None:
    """It was addressed while they saw the company, and leaves hours later."""
    from apps.exchange.models import RunMail, ScheduledExport, ScheduleRun
    from apps.exchange.schedules.letters import send

    fay, now = User.objects.get(name="Fay"), timezone.now()
    run = ScheduleRun.objects.create(
        schedule=two.own.records[ScheduledExport], due_at=now, try_after=now, state="failed"
    )
    for tells in (RunMail.Tells.GAVE_UP, RunMail.Tells.REFUSED):
        mail.outbox.clear()
        for to, sent in (("before@example.com", 1), ("after@example.com", 0)):
            row = RunMail.objects.create(run=run, tells=tells, to=to, user=fay, try_after=now)
            if not sent:
                CompanyMember.objects.filter(user=fay).delete()
            send(row.pk)
            row.refresh_from_db()
            assert (row.state == RunMail.State.SENT) is bool(sent), row.sentence
        assert len(mail.outbox) == 1
        CompanyMember.objects.create(user=fay, company=two.own.company)


def test_nobody_is_told_of_an_alert_of_a_company_out_of_sight(
    two: TwoCompanies, people: dict[str, User]
) -> None:
    at = timezone.now()
    AlertRule.objects.update(at_least=1, kinds=[])
    for world in (two.own, two.other):
        alert = world.records[Alert]
        Event.objects.create(alert=alert, number=2, what="grew", count=4, at=at, addressed=False)
    address(at + timedelta(minutes=1))
    told = {
        company: set(
            AlertDelivery.objects.filter(
                event__alert__company=company, event__number=2
            ).values_list("to", flat=True)
        )
        for company in (two.own.company, two.other.company)
    }
    assert told[two.own.company] == {"fay@example.com", "zoe@example.com"}
    assert told[two.other.company] == {"zoe@example.com"}


def test_a_person_of_both_companies_sees_both(
    two: TwoCompanies, people: dict[str, User], browse: Browse
) -> None:
    narrow(people["Fay"], two.own.company, two.other.company)
    fay = User.objects.get(name="Fay")
    assert companies_of(fay) == {two.own.company.pk, two.other.company.pk}
    shown = text_of(browse("Fay").get("/admin/billing/company/"))
    assert CANARY in shown
    assert Company.objects.get(pk=two.own.company.pk).legal_name in shown
