"""Guessing is slow for whoever guesses, and never shuts out the person themselves."""

from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from apps.billing.models import Company
from apps.core.text_cache import TextCache
from apps.staff.models import SecurityEvent, User
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.visitor import ELSEWHERE, type_password

pytestmark = pytest.mark.django_db
Kind = SecurityEvent.Kind
TOO_MANY = "Too many tries"


@pytest.fixture(autouse=True)
def by_password_alone(settings: Any) -> None:
    settings.SECOND_FACTOR = "waived"


def tried(email: str, times: int, client: Client | None = None, **headers: Any) -> str:
    answer: Any = None
    for _ in range(times):
        answer = type_password(client or Client(), email, "wrong", **headers)
    return str(answer.content.decode())


def test_the_sixth_try_from_one_address_is_not_even_looked_at(people: dict[str, User]) -> None:
    assert TOO_MANY not in tried("fay@example.com", 5)
    assert TOO_MANY in tried("fay@example.com", 1)
    answer = type_password(Client(), "fay@example.com")
    assert TOO_MANY in answer.content.decode()
    assert type_password(Client(), "fay@example.com", REMOTE_ADDR=ELSEWHERE).status_code == 302


def test_an_address_made_up_in_a_header_counts_for_nothing(people: dict[str, User]) -> None:
    for number in range(5):
        tried("fay@example.com", 1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    made_up = {"HTTP_X_FORWARDED_FOR": "203.0.113.99"}
    assert TOO_MANY in tried("fay@example.com", 1, **made_up)


def test_behind_a_trusted_proxy_each_client_counts_for_itself(
    people: dict[str, User], settings: Any
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    for number in range(6):  # the attacker writes in front, the proxy behind
        told = tried("fay@example.com", 1, HTTP_X_FORWARDED_FOR=f"10.9.9.{number}, 203.0.113.5")
    assert TOO_MANY in told
    other = type_password(Client(), "fay@example.com", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert other.status_code == 302


def test_who_guesses_from_many_addresses_is_slowed_and_the_usual_device_is_not(
    people: dict[str, User],
) -> None:
    usual = Client()
    assert type_password(usual, "fay@example.com").status_code == 302
    usual.post("/accounts/logout/")
    for number in range(30):
        tried("fay@example.com", 1, REMOTE_ADDR=f"203.0.113.{number}")
    assert TOO_MANY in tried("fay@example.com", 1, REMOTE_ADDR="203.0.113.200")
    # The right password from there as well: whoever has found it is not told so.
    found = type_password(Client(), "fay@example.com", REMOTE_ADDR="203.0.113.201")
    assert TOO_MANY in found.content.decode()
    assert type_password(usual, "fay@example.com").status_code == 302


def test_a_usual_device_that_guesses_is_stopped_too(people: dict[str, User]) -> None:
    usual = Client()
    type_password(usual, "fay@example.com")
    usual.post("/accounts/logout/")
    for number in range(5):
        tried("fay@example.com", 1, usual, REMOTE_ADDR=f"203.0.113.{number}")
    assert TOO_MANY in tried("fay@example.com", 1, usual, REMOTE_ADDR="203.0.113.90")


def test_the_cookie_of_a_device_is_of_one_person_and_cannot_be_made_up(
    people: dict[str, User],
) -> None:
    ada = Client()
    type_password(ada, "ada@example.com")
    ada.post("/accounts/logout/")
    for number in range(30):
        tried("fay@example.com", 1, REMOTE_ADDR=f"203.0.113.{number}")
    assert TOO_MANY in tried("fay@example.com", 1, ada, REMOTE_ADDR="203.0.113.91")
    forged = Client()
    forged.cookies["device"] = "eyJsYXN0IjoxfQ:1abcde:forged"
    assert TOO_MANY in tried("fay@example.com", 1, forged, REMOTE_ADDR="203.0.113.92")
    cookie = ada.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "ada" not in cookie.value


def test_good_sign_ins_use_up_no_tries(people: dict[str, User]) -> None:
    for _ in range(8):
        assert type_password(Client(), "fay@example.com").status_code == 302


def test_a_refused_sign_in_is_kept_without_what_was_typed(people: dict[str, User]) -> None:
    tried("fay@example.com", 1, REMOTE_ADDR=ELSEWHERE)
    tried("stranger@example.com", 1, REMOTE_ADDR=ELSEWHERE)
    known, unknown = SecurityEvent.objects.order_by("id")
    assert (known.kind, known.subject, known.person) == (Kind.SIGN_IN_REFUSED, people["Fay"], None)
    assert unknown.subject is None
    assert known.address == unknown.address == ELSEWHERE
    kept = f"{unknown.words} {unknown.details} {known.words} {known.details}"
    assert "stranger" not in kept
    assert "wrong" not in f"{known.details}{unknown.details}"


def test_whoever_may_not_sign_in_any_more_is_refused_and_kept(people: dict[str, User]) -> None:
    fay = people["Fay"]
    fay.is_active = False
    fay.save()
    client = Client()
    type_password(client, fay.email)
    assert client.get("/admin/").status_code == 302
    assert SecurityEvent.objects.get().kind == Kind.SIGN_IN_REFUSED


def test_a_flood_from_one_address_is_answered_with_429(people: dict[str, User]) -> None:
    answers = [type_password(Client(), f"p{n}@example.com", "x").status_code for n in range(31)]
    assert answers[-1] == 429
    assert set(answers[:20]) == {200}


@pytest.mark.parametrize(
    "easy",
    [
        "123456789012",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcabcabcabcab",
        "qwertyuiopas",
        "qwertyqwerty",
        "0987654321098",
        "abcdefghijkl",
        "1q2w3e4r5t6y7u",
        "passwordpassword",
        "Password1234567",
        "Tieout123456",
        "tieouttieout",
        "TieoutTieout!!",
        "Willow Supplies Ltd",
        "willowsupplies1",
        "WillowSupplies2",
    ],
)
@pytest.mark.usefixtures("db")
def test_what_a_program_tries_first_is_refused(easy: str) -> None:
    Company.objects.create(legal_name="Willow Supplies Ltd", home_currency="GBP")
    with pytest.raises(ValidationError):
        validate_password(easy)


@pytest.mark.parametrize(
    "good",
    [PASSWORD, "long enough to be kept", "correct horse battery staple", "kX7!vq2#Lm9@", "süße Wörter über Öl", "willow trees bend in storms"],
)  # fmt: skip
def test_what_a_person_makes_up_is_taken(good: str) -> None:
    Company.objects.create(legal_name="Willow Supplies Ltd", home_currency="GBP")
    validate_password(good)


def test_of_two_that_add_a_key_one_succeeds_and_what_is_over_is_gone() -> None:
    first, second = TextCache("shared_cache", {}), TextCache("shared_cache", {})
    assert first.add("lock", True, 60)
    assert not second.add("lock", True, 60)
    assert second.get("lock") is True
    first.set("tries", [1.5, 2.5], 60)
    assert second.get("tries") == [1.5, 2.5]
    first.set("over", "x", -1)
    assert second.get("over", "gone") == "gone"
    assert second.add("over", "y", 60)
    assert first.delete("lock")
    assert not second.delete("lock")
    assert second.get("lock") is None


def test_nothing_that_runs_is_read_from_the_shared_cache() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        TextCache("shared_cache", {}).set("hostile", object(), 60)


def test_addresses_of_one_network_of_version_six_count_as_one(people: dict[str, User]) -> None:
    for number in range(5):
        tried("fay@example.com", 1, REMOTE_ADDR=f"2001:db8:1:1::{number}")
    assert TOO_MANY in tried("fay@example.com", 1, REMOTE_ADDR="2001:db8:1:1:9::9")
    assert (
        type_password(Client(), "fay@example.com", REMOTE_ADDR="2001:db8:2::1").status_code == 302
    )
