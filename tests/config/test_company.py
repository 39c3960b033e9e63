"""A company's sign-in that is half set up, or not safe, starts nothing."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.company import from_environment

WHOLE = {
    "OIDC_NAME": "Acme",
    "OIDC_ISSUER": "https://login.acme.example/tenant/v2.0",
    "OIDC_CLIENT_ID": "tieout",
    "OIDC_CLIENT_SECRET": "hidden-away",
}


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name in (*WHOLE, "OIDC_SECOND_FACTOR", "OIDC_ONLY", "OIDC_ACR", "OIDC_AMR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_all_of_it_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    assert from_environment(local=False) is None
    given(monkeypatch, **WHOLE, OIDC_SECOND_FACTOR="theirs", OIDC_ONLY="True")
    found = from_environment(local=False)
    assert found is not None
    assert (found.issuer, found.their_factor, found.only) == (WHOLE["OIDC_ISSUER"], True, True)
    assert "hidden-away" not in repr(found)
    given(monkeypatch, **WHOLE)
    found = from_environment(local=False)
    assert found is not None
    assert (found.their_factor, found.only) == (False, False)


def test_a_strength_is_asked_of_theirs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **WHOLE, OIDC_SECOND_FACTOR="theirs", OIDC_ACR="phr phrh", OIDC_AMR="mfa")
    found = from_environment(local=False)
    assert found is not None
    assert (found.acr, found.amr) == (("phr", "phrh"), ("mfa",))
    for name in ("OIDC_ACR", "OIDC_AMR"):
        given(monkeypatch, **WHOLE, **{name: "mfa"})
        with pytest.raises(ImproperlyConfigured, match="OIDC_SECOND_FACTOR=theirs"):
            from_environment(local=False)


@pytest.mark.parametrize("missing", WHOLE)
def test_half_of_it_is_refused(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **{name: value for name, value in WHOLE.items() if name != missing})
    with pytest.raises(ImproperlyConfigured, match=f"{missing} is missing"):
        from_environment(local=False)


@pytest.mark.parametrize("alone", [{"OIDC_ONLY": "True"}, {"OIDC_SECOND_FACTOR": "theirs"}])
def test_what_is_about_it_is_refused_without_it(
    alone: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, **alone)
    with pytest.raises(ImproperlyConfigured, match="not set up"):
        from_environment(local=False)


@pytest.mark.parametrize(
    ("issuer", "local", "taken"),
    [
        ("http://login.acme.example", False, False),
        ("http://login.acme.example", True, False),
        ("http://127.0.0.1:8080/realms/acme", True, True),
        ("http://127.0.0.1:8080/realms/acme", False, False),
        ("https://login.acme.example/?tenant=1", False, False),
        ("https://user@login.acme.example", False, False),
        ("https://", False, False),
    ],
)
def test_an_issuer_without_tls_is_for_ones_own_machine(
    issuer: str, local: bool, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, **{**WHOLE, "OIDC_ISSUER": issuer})
    if taken:
        assert from_environment(local=local) is not None
    else:
        with pytest.raises(ImproperlyConfigured, match="OIDC_ISSUER"):
            from_environment(local=local)
