"""Scopes × routes × companies × roles, of every route that there is: who is let in, and who is told why."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group

import apps.triggers.api.app  # noqa: F401 - the routes are declared with it
from apps.staff.roles import ROLES, RoleName
from apps.triggers.api.keys import make_service_key, release
from apps.triggers.api.routes import BEGIN, ROUTES, Header, Route
from apps.triggers.models import ApiKey, Scope
from tests.backoffice.people import NAMES
from tests.triggers.api.caller import EVERY, Caller, Office, Said

pytestmark = pytest.mark.django_db


def asked(caller: Caller, of: Route, id: Any) -> Said:
    """The route with a body that is none of anything: what passed the gate is refused for that."""
    path = re.sub(r"{[^}]+}", str(id), of.path.removeprefix(BEGIN))
    query = "?event=invoice.paid" if of.name == "list_samples" else ""
    headers = {"if_match": '"0"'} if of.version is Header.NEEDED else {}
    if of.repeat is not Header.NONE:
        headers["idempotency_key"] = uuid.uuid4().hex
    body = b'{"nothing": 1}' if of.reads else None
    return caller.ask(of.method, path + query, body, **headers)


def expected(of: Route, scopes: Any, role: RoleName) -> bool:
    """Whether the gate opens, from the declarations and the table of roles alone."""
    return (of.scope is None or of.scope in scopes) and (
        of.right is None or of.right in ROLES[role]
    )


@pytest.mark.slow
@pytest.mark.parametrize("role", [each for each in RoleName if each != RoleName.AUDITOR])
def test_every_route_lets_in_whom_scope_and_role_let_in(office: Office, role: RoleName) -> None:
    """With each scope alone."""
    keys = {scope: office.caller(NAMES[role], scopes=[scope]) for scope in Scope.values}
    wrong = []
    for of in ROUTES:
        for scope, caller in keys.items():
            status = asked(caller, of, uuid.uuid4()).status
            if (status not in (401, 403)) != expected(of, [scope], role) or status >= 500:
                wrong.append((of.name, scope, status))
    assert wrong == []
    assert len(ROUTES) > 40


def test_no_route_opens_a_record_of_another_company(office: Office) -> None:
    """With everything allowed, and the id of a real record of a company that the key is not for."""
    fay = office.caller()
    found = {"customers": office.foreign, "invoices": office.foreign_invoice}
    seen = {}
    for of in ROUTES:
        kind = of.path.removeprefix(f"{BEGIN}/").split("/")[0]
        if "{" in of.path and kind in found and of.method != "POST":
            headers = {"if_match": "*"} if of.version is Header.NEEDED else {}
            path = re.sub(r"{[^}]+}", str(found[kind].public_id), of.path)
            body = {} if of.reads else None
            seen[of.name] = fay.ask(of.method, path, body, **headers).status
    assert set(seen.values()) == {404}
    assert len(seen) == 5


def test_every_list_shows_the_companies_of_the_key_alone(office: Office) -> None:
    ours, both = office.caller(), office.caller("Fay", office.company, office.other)
    for path in ("/customers", "/items", "/invoices"):
        shown = {each["company"]["id"] for each in ours.get(path).body["data"]}
        assert shown == {office.company.pk}, path
        shown = {each["company"]["id"] for each in both.get(path).body["data"]}
        assert shown == {office.company.pk, office.other.pk}, path


def test_a_right_that_is_taken_from_the_person_is_taken_from_the_key(office: Office) -> None:
    fay = office.caller()
    body = {"name": "Ferndean Ltd"}
    assert fay.post("/customers", body).status == 201
    office.people["Fay"].groups.clear()
    refused = fay.post("/customers", {"name": "Morton Ltd"})
    assert refused.kind == "not-allowed"
    assert "Fay" in refused.body["detail"]


def test_a_key_of_somebody_with_both_hands_changes_nothing(office: Office) -> None:
    """Giving access and working on the books exclude each other, by the API as by the screens."""
    fay = office.caller()
    office.people["Fay"].groups.add(Group.objects.get(name="Administrator"))
    assert fay.post("/customers", {"name": "Ferndean Ltd"}).kind == "not-allowed"
    assert fay.get("/customers").status == 200


def test_who_has_no_role_any_more_is_told_of_no_record(office: Office) -> None:
    """Events and samples hold records whole."""
    fay = office.caller()
    service = make_service_key(office.people["Ada"], name="Zaps", role=RoleName.CLERK,
                               companies=[office.company], scopes=EVERY)  # fmt: skip
    release(service.key, office.people["Fay"])
    callers = (fay, Caller(service.text))
    told = ("/events", "/event-types", "/hooks/sample?event=invoice.issued")
    assert {each.get(path).status for each in callers for path in told} == {200}
    office.people["Fay"].groups.clear()
    service.key.user.groups.clear()
    assert {each.get(path).kind for each in callers for path in told} == {"not-allowed"}
    hook = {"target_url": "https://93.184.216.34/hooks/1"}
    assert [each.post("/hooks", hook).kind for each in callers] == ["not-allowed"] * 2


def test_what_a_key_made_names_its_person(office: Office) -> None:
    fay = office.caller()
    fay.patch(f"/customers/{office.customer.public_id}", {"city": "York"}, if_match="*")
    assert office.customer.history.first().history_user == office.people["Fay"]


def test_every_role_and_scope_was_asked_for(office: Office) -> None:
    """The declarations name scopes and rights that exist, so that none is open by a slip."""
    every = frozenset().union(*ROLES.values())
    assert {of.right for of in ROUTES} - {None} <= every
    assert {of.scope for of in ROUTES} == {*Scope, None}
    assert [of.name for of in ROUTES if of.scope is None] == ["read_me"]
    assert not [of.name for of in ROUTES if of.method != "GET" and of.scope is Scope.READ]
    moves_money = [of for of in ROUTES if of.scope is Scope.POST]
    assert {of.repeat for of in moves_money} == {Header.NEEDED}
    assert ApiKey.objects.count() == 0
    assert len(EVERY) == 4
