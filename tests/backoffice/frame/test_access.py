"""Every address of the admin, asked by each role: nobody sees or does more than the table says."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from apps.backoffice.alerts.rules import AlertRuleAdmin
from apps.backoffice.control.approvals import ActLimitAdmin
from apps.backoffice.control.staff import RoleAdmin, UserAdmin
from apps.backoffice.files.importing import FileImportAdmin
from apps.backoffice.files.layouts.screens import ImportProfileAdmin
from apps.backoffice.frame.acts import Act
from apps.backoffice.frame.screens import ReadOnlyAdmin, RecordAdmin
from apps.backoffice.ledgers.connections import ConnectionAdmin
from apps.backoffice.lists.companies import CompanyAdmin
from apps.backoffice.lists.methods import BankAccountAdmin
from apps.backoffice.lists.series import NumberSeriesAdmin
from apps.backoffice.lists.taxes import ExchangeRateAdmin, TaxAgencyAdmin, TaxRateAdmin
from apps.backoffice.money.payments import PostedAdmin
from apps.backoffice.telling.endpoints import EndpointAdmin
from apps.staff.models import User
from apps.staff.roles import ROLES, RoleName
from tests.backoffice.people import NAMES
from tests.backoffice.world import WholeWorld

Page = TypeVar("Page")
# Pages of the admin itself: for everybody whom the admin lets in, whatever their role.
OWN = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n",
       "autocomplete", "view_on_site", "app_list", "search"}  # fmt: skip


def admin_patterns() -> list[URLPattern]:
    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
        for each in patterns:
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns)
            elif each.name:
                yield each

    return list(walk(admin.site.get_urls()))


# What stands in an address beside the key of a record.
NAMED = {"name": "aged-receivables", "program": "journal", "table": "figures", "form": "csv"}
# What a page is about that is no page without it.
ASKED = {"behind": "?column=not_due", "later": "?known_on=2026-11-01"}


def model_pages(
    whole: WholeWorld, people: dict[str, User]
) -> list[tuple[str, str, RecordAdmin, str]]:
    """(url name, address, screen, what: changelist, add, an act …) of every page of a model."""
    rows = {**whole.records, User: people["Vera"], people["Vera"].groups.model: people["Vera"].groups.get()}  # fmt: skip
    pages = []
    for model, screen in admin.site._registry.items():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        row = rows[model]
        for pattern in admin_patterns():
            if not pattern.name.startswith(prefix):
                continue
            what = pattern.name.removeprefix(prefix)
            if what == "simple_history":
                arguments = [row.pk, row.history.first().pk]
            else:
                named = pattern.pattern.regex.groupindex
                arguments = [NAMED.get(each, row.pk) for each in named] or [
                    row.pk
                ] * pattern.pattern.regex.groups
            address = reverse(f"admin:{pattern.name}", args=arguments) + ASKED.get(what, "")
            pages.append((pattern.name, address, screen, what))
    return pages


def has_page(screen: RecordAdmin, what: str) -> bool:
    """Nothing is added or deleted on screens of the engine, of posted money, of roles."""
    closed: dict[str, tuple[type, ...]] = {
        "add": (ReadOnlyAdmin, PostedAdmin, ConnectionAdmin, RoleAdmin),
        "delete": (ReadOnlyAdmin, PostedAdmin, ConnectionAdmin, RoleAdmin, UserAdmin, CompanyAdmin,
                   NumberSeriesAdmin, ActLimitAdmin, BankAccountAdmin, ExchangeRateAdmin,
                   TaxAgencyAdmin, TaxRateAdmin, AlertRuleAdmin, EndpointAdmin),
    }  # fmt: skip
    brings_files = what == "add" and isinstance(screen, (FileImportAdmin, ImportProfileAdmin))
    return brings_files or not isinstance(screen, closed.get(what, ()))


def expected(role: RoleName, screen: RecordAdmin, what: str) -> int:
    """403 or not, from the table of roles alone."""
    held = ROLES[role]
    app, name = screen.opts.app_label, screen.opts.model_name
    sees = f"{app}.view_{name}" in held
    act: Act | None = next((each for each in screen.acts if each.name == what), None)
    if act is not None:
        return 200 if sees and act.permission in held else 403
    if what == "add":
        return 200 if f"{app}.add_{name}" in held else 403
    if what == "delete":
        return 200 if f"{app}.delete_{name}" in held else 403
    if what == "connect":
        return 200 if "connections.connect" in held else 403
    if what in ("line_defaults", "sums"):  # answered to whoever types lines
        return 200 if {f"{app}.add_{name}", f"{app}.change_{name}"} & set(held) else 403
    if what in ("make", "make_service"):
        made = {"deposit": "billing.make_deposit", "apikey": f"triggers.{what}_key"}
        return 200 if made[name] in held else 403
    if what == "receive":
        return 200 if "billing.receive_payment" in held else 403
    if what == "verify":
        return 200 if "trail.verify_trail" in held else 403
    return 200 if sees else 403


def test_every_model_of_the_admin_has_a_row_to_look_at(whole: WholeWorld) -> None:
    without = {
        model.__name__
        for model in admin.site._registry
        if model not in whole.records and model.__name__ not in ("User", "Group")
    }
    assert without == set()


@pytest.mark.parametrize(
    "role",
    [
        role if role == RoleName.CLERK else pytest.param(role, marks=pytest.mark.slow)
        for role in RoleName
    ],
)
@pytest.mark.slow
def test_each_role_meets_every_page_as_the_table_of_roles_says(
    role: RoleName,
    whole: WholeWorld,
    people: dict[str, User],
    browse: Callable[[str], Client],
) -> None:
    client = browse(NAMES[role])
    wrong = []
    pages = model_pages(whole, people)
    for name, address, screen, what in pages:
        status = client.get(address).status_code
        wanted = expected(role, screen, what)
        # An act that needs no page answers GET with a redirect or does nothing; it is never 403
        # for those who may, and a page for a record that it does not fit leads back with a word.
        seen = 403 if status == 403 else 200 if status in (200, 302) else status
        if not has_page(screen, what):
            wanted = 403
        if seen != wanted:
            wrong.append((name, status, wanted))
    assert wrong == []
    assert len(pages) > 170


def one_of_each(pages: Iterable[tuple[Any, str, Page]]) -> list[Page]:
    """Of (screen, what it is, page) one page of each screen and one of each kind: a sample for the quick
    run that a new screen and a new kind of page cannot be left out of."""
    seen: set[Any] = set()
    sample = []
    for screen, what, page in pages:
        if not {screen, what} <= seen:
            seen |= {screen, what}
            sample.append(page)
    return sample


@pytest.mark.parametrize("asked", ["some", pytest.param("all", marks=pytest.mark.slow)])
def test_otto_sees_nothing_of_any_model(
    asked: str, whole: WholeWorld, people: dict[str, User], browse: Callable[[str], Client]
) -> None:
    client = browse("Otto")
    pages = model_pages(whole, people)
    if asked == "some":
        pages = one_of_each((each[2], each[3], each) for each in pages)
    seen = [
        (name, status)
        for name, address, _, _ in pages
        if (status := client.get(address).status_code) != 403
    ]
    assert seen == []
    assert len(pages) > (60 if asked == "some" else 170)


def test_nobody_gets_in_without_signing_in(
    whole: WholeWorld, people: dict[str, User], browse: Callable[[str], Client]
) -> None:
    client = browse("")
    for _, address, _, _ in model_pages(whole, people):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/admin/login/?next="), address
    entrance = client.get("/admin/login/?next=/admin/")
    assert entrance["Location"] == "/accounts/login/?next=%2Fadmin%2F"


@pytest.mark.parametrize("name", ["Vera", "Cleo", "Fay", "Ada", "Otto"])
def test_pages_of_the_admin_itself_open_for_whoever_is_let_in(
    name: str, whole: WholeWorld, browse: Callable[[str], Client]
) -> None:
    client = browse(name)
    known = {pattern.name for pattern in admin_patterns() if "_" not in pattern.name} | OWN
    assert known <= OWN
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(reverse("admin:jsi18n")).status_code == 200
    assert client.get(reverse("admin:login")).status_code in (302, 403)
