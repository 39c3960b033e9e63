"""Each kind of security event is noted by a part of the product, and a test shows that it is."""

import re
from pathlib import Path

import pytest

from apps.staff.security import Kind

EVENTS = "tests/backoffice/control/test_events.py"
WATCHING = "tests/backoffice/frame/test_watching.py"
SHOWN: dict[Kind, str] = {
    Kind.KEY_MADE: f"{EVENTS}::test_a_key_that_is_made_and_revoked_is_noted_without_its_text",
    Kind.KEY_REVOKED: f"{EVENTS}::test_a_key_that_is_made_and_revoked_is_noted_without_its_text",
    Kind.CONNECTED: "tests/connections/test_noted.py::test_books_that_are_connected_are_noted",
    Kind.DISCONNECTED: f"{EVENTS}::test_books_that_are_left_are_noted_with_the_reason",
    Kind.DOWNLOADED: f"{WATCHING}::test_each_file_that_leaves_is_kept_with_who_took_it",
    Kind.REVEALED: f"{EVENTS}::test_a_secret_that_is_shown_is_noted_without_it",
    Kind.ACT_REFUSED: f"{WATCHING}::test_a_refused_act_is_kept_though_what_it_did_is_rolled_back",
    Kind.ERASURE: (
        "tests/backoffice/lists/test_erasing.py"
        "::test_an_accountant_asks_and_an_administrator_reads_what_goes_and_agrees"
    ),
    Kind.OPERATED: (
        f"{EVENTS}::test_commands_that_take_out_are_noted_with_the_account_at_the_host"
    ),
}
# Of signing in, and of people, rights and limits: their tests stand beside what notes them.
ELSEWHERE: dict[Kind, str] = {
    **dict.fromkeys(
        [
            Kind.SIGNED_IN, Kind.SIGN_IN_REFUSED, Kind.SIGNED_OUT, Kind.SESSIONS_ENDED,
            Kind.FACTOR_ADDED, Kind.FACTOR_REMOVED, Kind.FACTOR_REFUSED, Kind.RECOVERY_CODES,
            Kind.PASSWORD_CHANGED, Kind.RESET_ASKED, Kind.EMAIL_CHANGED,
        ],
        "signing in",
    ),
    **dict.fromkeys(
        [Kind.PERSON_ADDED, Kind.PERSON_CHANGED, Kind.RIGHTS_CHANGED, Kind.LIMIT_CHANGED], "people"
    ),
}  # fmt: skip


def test_every_kind_is_listed_once() -> None:
    assert set(SHOWN) | set(ELSEWHERE) == set(Kind)
    assert not set(SHOWN) & set(ELSEWHERE)


@pytest.mark.parametrize("kind", list(SHOWN), ids=lambda kind: kind.value)
def test_the_test_that_shows_it_is_there_and_asks_for_it(kind: Kind) -> None:
    path, _, name = SHOWN[kind].partition("::")
    text = Path(path).read_text(encoding="utf-8")
    body = re.search(rf"^def {name}\(.*?(?=^(?:def |@|\Z))", text, re.M | re.S)
    assert body, name
    assert f'"{kind.value}"' in body[0]


@pytest.mark.parametrize("kind", list(SHOWN), ids=lambda kind: kind.value)
def test_it_is_noted_by_the_product(kind: Kind) -> None:
    files = [*Path("apps").rglob("*.py")]
    assert any(
        f"Kind.{kind.name}" in text
        for each in files
        if "note" in (text := each.read_text(encoding="utf-8")) and "models" not in each.parts
    )
