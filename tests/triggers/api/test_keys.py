"""Keys: shown once, kept as a digest, narrower than their person, dead when they are."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from apps.connections.clock import now
from apps.staff.roles import RoleName
from apps.triggers.api.calls import forget_old
from apps.triggers.api.keys import key_of, make_key, make_service_key, release, revoke
from apps.triggers.models import ApiCall, ApiKey, ApiRequest, Scope
from tests.triggers.api.caller import EVERY, Caller, Office

pytestmark = pytest.mark.django_db


def test_its_text_is_stored_nowhere(office: Office) -> None:
    made = make_key(office.people["Fay"], name="A", companies=[office.company], scopes=EVERY)
    row = str(ApiKey.objects.filter(pk=made.key.pk).values().get())

    assert made.text.startswith("tie_")
    assert made.text not in row
    assert made.text[10:] not in row
    assert key_of(made.text) == made.key


@pytest.mark.parametrize("spoil", [lambda text: text[:-1], lambda text: text.swapcase(),
                                   lambda text: f"{text[:-1]}{'0' if text[-1] != '0' else '1'}",
                                   lambda text: "", lambda text: "tie_" + "a" * 51])  # fmt: skip
def test_what_is_no_key_asks_nothing_of_the_database(
    office: Office, spoil, django_assert_num_queries
) -> None:
    text = office.key()
    with django_assert_num_queries(0):
        assert key_of(spoil(text)) is None


def test_it_opens_nothing_once_it_is_revoked_expired_or_its_person_is_gone(office: Office) -> None:
    fay = office.people["Fay"]
    kept = {"companies": [office.company], "scopes": EVERY}
    revoked = make_key(fay, name="A", **kept)
    expiring = make_key(fay, name="B", expires_at=now() + timedelta(hours=1), **kept)
    other = make_key(office.people["Cleo"], name="C", **kept)
    assert [Caller(each.text).get("/me").status for each in (revoked, expiring, other)] == [200] * 3

    revoke(revoked.key)
    office.people["Cleo"].is_active = False
    office.people["Cleo"].save()
    assert Caller(revoked.text).get("/me").kind == "not-authenticated"
    assert Caller(other.text).get("/me").kind == "not-authenticated"
    with time_machine.travel(now() + timedelta(hours=1)):
        assert Caller(expiring.text).get("/me").kind == "not-authenticated"


def test_without_a_key_it_says_how_to_send_one(office: Office) -> None:
    for sent in ("", "Basic abc", "Bearer", "Bearer tie_x", "bearer \u00e4"):
        answer = Caller("").get("/me", authorization=sent)
        assert (answer.status, answer.kind) == (401, "not-authenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_service_acts_under_its_own_name_with_its_role_and_cannot_sign_in(office: Office) -> None:
    ada = office.people["Ada"]
    made = make_service_key(ada, name="Web shop", role=RoleName.CLERK, companies=[office.company],
                            scopes=EVERY)  # fmt: skip
    shop = Caller(made.text)
    waits = shop.post("/customers", {"name": "Ferndean Ltd"})
    assert (waits.status, "waits for an accountant" in waits.body["detail"]) == (401, True)
    with pytest.raises(ValidationError, match="may not release API keys"):
        release(made.key, office.people["Vera"])
    with pytest.raises(ValidationError, match="made this key yourself"):
        release(made.key, ada)
    release(made.key, office.people["Fay"])
    with pytest.raises(ValidationError, match="does not wait"):
        release(made.key, office.people["Fay"])
    added = shop.post("/customers", {"name": "Ferndean Ltd"})

    assert added.status == 201
    assert (
        office.company.customers.get(name="Ferndean Ltd").history.get().history_user
        == made.key.user
    )
    assert (
        shop.post(f"/invoices/{office.draft.public_id}/issue", if_match="*").kind == "not-allowed"
    )
    assert (made.key.made_by, str(made.key.user)) == (ada, "Web shop")
    assert not made.key.user.has_usable_password()
    assert not made.key.user.is_staff
    revoke(made.key)
    made.key.user.refresh_from_db()
    assert not made.key.user.is_active


def test_a_service_that_only_reads_waits_for_nobody(office: Office) -> None:
    made = make_service_key(office.people["Ada"], name="Screen", role=RoleName.VIEWER,
                            companies=[office.company], scopes=[Scope.READ])  # fmt: skip
    assert Caller(made.text).get("/me").status == 200


def test_a_key_that_was_revoked_is_released_by_nobody(office: Office) -> None:
    made = make_service_key(office.people["Ada"], name="Shop", role=RoleName.ACCOUNTANT,
                            companies=[office.company], scopes=EVERY)  # fmt: skip
    revoke(made.key)
    with pytest.raises(ValidationError, match="does not wait"):
        release(made.key, office.people["Fay"])
    assert Caller(made.text).get("/me").status == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"companies": []}, "companies"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
        ({"name": " "}, "name"),
    ],
)
def test_a_key_without_sense_is_refused(office: Office, wrong, field: str) -> None:
    given = {"name": "A", "companies": [office.company], "scopes": [Scope.READ], **wrong}
    with pytest.raises(ValidationError) as refusal:
        make_key(office.people["Fay"], **given)
    assert field in refusal.value.message_dict


def test_a_service_never_gives_access(office: Office) -> None:
    with pytest.raises(ValidationError, match="gives nobody access"):
        make_service_key(office.people["Ada"], name="A", role=RoleName.ADMINISTRATOR,
                         companies=[office.company], scopes=EVERY)  # fmt: skip


def test_each_call_is_noted_narrowly_and_forgotten_after_30_days(office: Office) -> None:
    fay = office.caller()
    fay.get(f"/customers/{office.customer.public_id}")
    fay.get("/nothing")
    fay.post("/customers", {"name": "Ferndean Ltd", "email": "secret@example.com"})
    noted = list(ApiCall.objects.order_by("pk").values_list("method", "path", "status"))

    assert noted == [
        ("GET", "/api/v1/customers/{id}", 200),
        ("POST", "/api/v1/customers", 201),
    ]
    assert ApiKey.objects.get().last_used_at is not None
    with time_machine.travel(now() + timedelta(days=29)):
        assert forget_old() == 0
    with time_machine.travel(now() + timedelta(days=31)):
        assert forget_old() == 3
    assert not ApiRequest.objects.exists()


def test_last_used_is_written_once_a_minute(office: Office) -> None:
    fay = office.caller()
    fay.get("/me")
    first = ApiKey.objects.get().last_used_at
    fay.get("/me")
    assert ApiKey.objects.get().last_used_at == first
    with time_machine.travel(first + timedelta(seconds=61)):
        fay.get("/me")
    assert ApiKey.objects.get().last_used_at > first


def test_above_the_limit_it_says_when_to_ask_again(office: Office, settings) -> None:
    settings.API_CALLS_PER_MINUTE = 3
    fay, cleo = office.caller(), office.caller("Cleo")
    assert [fay.get("/me").status for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = fay.get("/me")
    wait = int(refused.headers["Retry-After"])

    assert refused.kind == "too-many"
    assert 1 <= wait <= 60
    assert cleo.get("/me").status == 200
    with time_machine.travel(now() + timedelta(seconds=wait)):
        assert fay.get("/me").status == 200
