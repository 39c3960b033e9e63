"""An Auditor at the screens: everything to read, nothing to change."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django_q.models import OrmQ

from apps.staff.models import RightsRequest, User
from apps.staff.roles import RoleName
from tests.backoffice.companies.pages import pages_of, pages_without
from tests.backoffice.control.test_staff import group, page
from tests.backoffice.frame.test_saves_kept import filled
from tests.backoffice.world import WholeWorld
from tests.kept_rows import rows_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Any]
# What any request leaves behind of itself, and what is kept of a file that was read: a print is made as it
# is first asked for, and whoever sees invoices lets one of many go on.
TRACES = {"billing_onetimekey", "django_session", "staff_securityevent", "exchange_filedownload",
          "exchange_printdownload", "exchange_printjob", "exchange_issuedprint",
          "connections_batchdownload", "trail_chain", "django_q_ormq"}  # fmt: skip


@pytest.mark.slow
def test_whatever_iris_posts_to_any_address_nothing_changes(
    whole: WholeWorld, browse: Browse
) -> None:
    iris = browse("Iris")
    addresses = [each for *_, (each, _) in pages_of(whole)]
    addresses += [each for *_, each in pages_without()]
    before = {table: set(rows) for table, rows in rows_of().items()}
    for address in addresses:
        if not address.endswith("/logout/"):
            assert iris.post(address, {"reason": "x", "_save": "Save"}).status_code < 500, address
    moved = [table for table, rows in rows_of().items() if set(rows) != before[table]]
    assert set(moved) <= TRACES
    queued = {each.func() for each in OrmQ.objects.all()}
    assert queued <= {"apps.exchange.printing.many.go_on"}
    assert len(addresses) > 250


def test_iris_reads_what_was_done_and_who_may(whole: WholeWorld, browse: Browse) -> None:
    iris = browse("Iris")
    for name in ("sync_run", "sync_call", "staff_securityevent", "trail_verification",
                 "billing_approval", "billing_actlimit", "staff_user", "auth_group",
                 "reconciliation_booksproof", "trail_auditorpack"):  # fmt: skip
        assert iris.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
    assert iris.get(reverse("admin:triggers_apikey_make")).status_code == 403


def test_the_page_asks_for_a_last_day_and_says_when_it_has_passed(
    people: dict[str, User], browse: Browse
) -> None:
    ada, vera = browse("Ada"), people["Vera"]
    sent = {**filled(ada, page(vera)), "groups": [group(RoleName.AUDITOR)], "last_day": ""}
    assert "say its last day" in ada.post(page(vera), sent).content.decode()
    ada.post(page(vera), {**sent, "last_day": "2098-03-31"})
    assert not RightsRequest.objects.exists()  # Ada is the only administrator
    assert User.objects.get(pk=vera.pk).last_day == date(2098, 3, 31)
    assert (
        "Active until 31 Mar 2098"
        in ada.get(reverse("admin:staff_user_changelist")).content.decode()
    )
    User.objects.filter(pk=vera.pk).update(last_day=date(2020, 3, 31))
    assert "they are refused at sign-in" in ada.get(page(vera)).content.decode()
    assert (
        "Access ended on 31 Mar 2020"
        in ada.get(reverse("admin:staff_user_changelist")).content.decode()
    )
