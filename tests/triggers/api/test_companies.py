"""A key reaches no further than its person does now: role × company × route × record."""

import re
import uuid
from typing import Any

import pytest

import apps.triggers.api.app  # noqa: F401 - the routes are declared with it
from apps.billing.models import CompanyMember
from apps.staff.models import User
from apps.triggers.api.keys import make_key
from apps.triggers.api.routes import BEGIN, ROUTES, Header
from apps.triggers.delivery.sending import _key_is_dead
from apps.triggers.models import Endpoint
from tests.backoffice.people import make_people
from tests.backoffice.two_companies import CANARY, TwoCompanies, narrow
from tests.kept_rows import kept
from tests.triggers.api.caller import EVERY, Caller

pytestmark = pytest.mark.django_db


def _two() -> TwoCompanies:
    return TwoCompanies(make_people())


@pytest.fixture
def two(db: None) -> TwoCompanies:
    return kept(_two)


def key_of_both(two: TwoCompanies, name: str, *, now_narrow: bool = True) -> Caller:
    """Made while its person saw both companies; they see the first alone now."""
    user = User.objects.get(name=name)
    companies = [two.own.company, two.other.company]
    made = make_key(user, name="Both", companies=companies, scopes=EVERY)
    if now_narrow:
        narrow(user, two.own.company)
    return Caller(made.text)


def records_of(two: TwoCompanies) -> dict[str, Any]:
    """The record of the second company for each address that takes an id."""
    rows = {f"{type(each).__name__.lower()}s": each for each in two.other.records.values()}
    rows["credit-notes"] = two.other.note
    rows["connections"] = two.other.connection
    return rows


@pytest.mark.variants  # who else asks is a repetition
@pytest.mark.parametrize("name", ["Fay", "Ada"])
def test_no_route_opens_or_moves_a_record_of_another_company(two: TwoCompanies, name: str) -> None:
    caller, rows, wrong, tried = key_of_both(two, name), records_of(two), [], 0
    for of in ROUTES:
        kind = of.path.removeprefix(f"{BEGIN}/").split("/")[0]
        if "{" not in of.path or kind == "hooks":
            continue
        tried += 1
        path = re.sub(r"{[^}]+}", str(rows[kind].public_id), of.path)
        headers = {"if_match": "*"} if of.version is Header.NEEDED else {}
        if of.repeat is not Header.NONE:
            headers["idempotency_key"] = uuid.uuid4().hex
        said = caller.ask(of.method, path, {} if of.reads else None, **headers)
        # A body that is none of this route's is refused before anything is looked for.
        if said.status not in (403, 404, 422, 400) or CANARY.encode() in said.raw:
            wrong.append((of.name, said.status))
        if not of.reads and said.status not in (403, 404):
            wrong.append((of.name, said.status))
    assert wrong == []
    assert tried > 20


def test_the_same_key_opened_them_before(two: TwoCompanies) -> None:
    """Else the tests beside this one could not fail."""
    caller, rows = key_of_both(two, "Fay", now_narrow=False), records_of(two)
    found = {}
    for of in ROUTES:
        kind = of.path.removeprefix(f"{BEGIN}/").split("/")[0]
        if of.method == "GET" and "{" in of.path:
            path = re.sub(r"{[^}]+}", str(rows[kind].public_id), of.path)
            found[of.name] = caller.get(path).status
        elif of.method == "GET" and of.name != "list_samples":
            found[of.name] = caller.get(of.path).status
    assert set(found.values()) == {200}
    assert CANARY.encode() in caller.get("/invoices").raw


@pytest.mark.variants  # who else asks is a repetition
@pytest.mark.parametrize("name", ["Fay", "Ada", "Vera"])
def test_no_list_and_no_sample_tells_of_another_company(two: TwoCompanies, name: str) -> None:
    caller, wrong, tried = key_of_both(two, name), [], 0
    for of in ROUTES:
        if of.method != "GET" or "{" in of.path:
            continue
        tried += 1
        queries = ["?event=invoice.paid"] if of.name == "list_samples" else ["", "?limit=100"]
        for query in queries:
            said = caller.get(of.path + query)
            if CANARY.encode() in said.raw or said.status not in (200, 403, 422):
                wrong.append((of.name, query, said.status))
    assert wrong == []
    assert tried > 10


def test_a_body_names_no_record_and_no_company_out_of_sight(two: TwoCompanies) -> None:
    fay, theirs = key_of_both(two, "Fay"), two.other
    customer = next(iter(theirs.company.customers.all()))
    said = fay.post("/invoices", {"customer": str(customer.public_id), "lines": []})
    assert said.status == 422
    assert CANARY.encode() not in said.raw
    refused = fay.post("/customers", {"name": "Ferndean Ltd", "company": theirs.company.pk})
    assert refused.status == 422
    assert CANARY.encode() not in refused.raw
    assert not theirs.company.customers.filter(name="Ferndean Ltd").exists()


def test_a_key_opens_nothing_once_its_person_sees_none_of_its_companies(two: TwoCompanies) -> None:
    fay = key_of_both(two, "Fay")
    assert fay.get("/me").status == 200
    assert [each["id"] for each in fay.get("/me").body["companies"]] == [two.own.company.pk]
    CompanyMember.objects.all().delete()
    said = fay.get("/me")
    assert said.status == 403
    assert "sees no company of this key any more" in said.body["detail"]


def test_no_key_is_made_for_a_company_that_its_maker_does_not_see(two: TwoCompanies) -> None:
    from django.core.exceptions import ValidationError

    fay = User.objects.get(name="Fay")
    narrow(fay, two.own.company)
    with pytest.raises(ValidationError, match="that you see yourself"):
        make_key(fay, name="Theirs", companies=[two.other.company], scopes=EVERY)


def test_what_a_program_subscribed_ends_with_its_persons_sight(two: TwoCompanies) -> None:
    user = User.objects.get(name="Ada")
    companies = [two.own.company, two.other.company]
    made = make_key(user, name="Both", companies=companies, scopes=EVERY)
    hooks = [
        Endpoint.objects.create(company=each, name="Hook", by_key=made.key.public_id)
        for each in companies
    ]
    assert [_key_is_dead(each) for each in hooks] == [False, False]
    narrow(user, two.own.company)
    assert [_key_is_dead(each) for each in hooks] == [False, True]
