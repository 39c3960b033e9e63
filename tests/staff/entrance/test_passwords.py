"""What a password may be, how it is typed, and how it is kept."""

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, identify_hasher
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from apps.staff.models import User
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.visitor import is_in, type_password

pytestmark = pytest.mark.django_db
LONG = "Ünlikely  blanks " + "§ and signs of any kind; " * 4


@pytest.fixture(autouse=True)
def by_password_alone(settings: Any) -> None:
    settings.SECOND_FACTOR = "waived"


def test_it_is_changed_by_whoever_knows_the_former_one(people: dict[str, User]) -> None:
    client, new = Client(), {"password1": LONG.strip(), "password2": LONG.strip()}
    type_password(client, "fay@example.com")
    wrong = client.post("/accounts/password/change/", {"oldpassword": "something else", **new})
    assert wrong.status_code == 200
    assert client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    people["Fay"].refresh_from_db()
    assert people["Fay"].check_password(LONG.strip())


@pytest.mark.parametrize("typed", [LONG.lower(), LONG[:64], LONG.replace("  ", " "), LONG + "x"])
def test_it_is_looked_at_as_it_was_typed_to_the_last_sign(
    people: dict[str, User], typed: str
) -> None:
    people["Fay"].set_password(LONG)
    people["Fay"].save()
    client = Client()
    type_password(client, "fay@example.com", typed)
    assert not is_in(client)
    type_password(client, "fay@example.com", LONG)
    assert is_in(client)


@pytest.mark.parametrize(
    "taken",
    [
        LONG,
        "correct horse battery",
        "mauve gravel otter",
        "ФИОЛЕТОВЫЙ ГРАВИЙ",
        "7391 5028 4466 1937",
    ],
)
def test_any_signs_will_do_and_none_is_demanded(taken: str) -> None:
    validate_password(taken)


@pytest.mark.parametrize("refused", ["short", "elevensigns", "passwordpassword", "1q2w3e4r5t6y"])
def test_what_is_short_or_tried_first_is_refused(refused: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(refused)


def test_every_one_of_the_list_of_the_most_used_is_refused() -> None:
    """Of those that have the signs."""
    most_used = [each for each in CommonPasswordValidator().passwords if len(each) >= 12]
    taken = []
    for each in most_used:
        try:
            validate_password(each)
        except ValidationError:
            continue
        taken.append(each)
    assert taken == []
    assert len(most_used) > 100


@pytest.mark.parametrize("refused", ["penelope.quill@", "PenelopeQuill"])
def test_ones_own_address_is_refused(refused: str) -> None:
    person = User(email="penelope.quill@example.com")
    with pytest.raises(ValidationError, match="too similar"):
        validate_password(refused, person)


def test_nothing_is_kept_that_would_hint_at_it() -> None:
    held = {each.name for each in User._meta.local_fields}
    assert "password" in held
    assert not [each for each in held if re.search("hint|question|answer|remind", each)]


def test_every_field_of_it_hides_what_is_typed_and_lets_a_manager_fill_it_in(
    people: dict[str, User],
) -> None:
    client = Client()
    pages = [client.get("/accounts/login/").content.decode()]
    client.force_login(people["Fay"])
    pages.append(client.get("/accounts/password/change/").content.decode())
    fields = [each for page in pages for each in re.findall(r"<input[^>]*password[^>]*>", page)]
    assert len(fields) == 4
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "onpaste" not in field


def test_an_installation_hashes_it_slowly(settings: Any) -> None:
    """Tests hash by nothing; what Django gives where nobody says otherwise is what production has."""
    from django.conf import global_settings

    from config import settings as ours

    assert not hasattr(ours, "PASSWORD_HASHERS")
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    assert isinstance(get_hasher(), PBKDF2PasswordHasher)
    assert PBKDF2PasswordHasher.digest().name == "sha256"
    assert PBKDF2PasswordHasher.iterations >= 600_000  # of NIST SP 800-132, as OWASP has it
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = User(email="x@example.com")
    user.set_password(LONG)
    assert identify_hasher(user.password).algorithm == "pbkdf2_sha256"


@pytest.mark.parametrize(
    "near", ["Fiona.Fernwood@", "fiona fernwood 7", "Fernwood-Fiona", "ff.otterton"]
)
def test_a_password_like_ones_own_name_or_address_is_refused(near: str) -> None:
    fiona = User(email="ff.otterton@example.com", name="Fiona Fernwood")
    with pytest.raises(ValidationError, match="too similar to the"):
        validate_password(near + "!!", fiona)
    validate_password(near + " and seven gravel mauve lamps", fiona)
