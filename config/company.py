"""The company's own sign-in: what an installation says of it, understood or refused at start."""

from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from apps.core.company_sign_in import CompanySignIn
from config import env

NAMES: Final = ("OIDC_NAME", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
STRENGTHS: Final = ("OIDC_ACR", "OIDC_AMR")
HERE: Final = ("localhost", "127.0.0.1", "::1")


def from_environment(*, local: bool) -> CompanySignIn | None:
    """None where nothing is said of one. Raises ImproperlyConfigured for what is half said or unsafe."""
    given = {name: env.text(name).strip() for name in NAMES}
    factor = env.one_of("OIDC_SECOND_FACTOR", ("ours", "theirs"))
    only = env.flag("OIDC_ONLY")
    acr, amr = (tuple(env.text(name).split()) for name in STRENGTHS)
    if not any(given.values()):
        if only or factor == "theirs" or acr or amr:
            raise ImproperlyConfigured(
                "OIDC_ONLY, OIDC_SECOND_FACTOR, OIDC_ACR and OIDC_AMR say something of a company's sign-in that is not set up: "
                f"give {', '.join(NAMES)} too, or leave them out."
            )
        return None
    if missing := [name for name, value in given.items() if not value]:
        raise ImproperlyConfigured(
            f"The company's sign-in is half set up: {', '.join(missing)} is missing."
        )
    if (acr or amr) and factor != "theirs":
        raise ImproperlyConfigured(
            "OIDC_ACR and OIDC_AMR say how the provider has to ask for a second factor, and ours is asked for. "
            "Set OIDC_SECOND_FACTOR=theirs, or leave them out."
        )
    _refuse_unsafe(given["OIDC_ISSUER"], local=local)
    return CompanySignIn(
        name=given["OIDC_NAME"],
        issuer=given["OIDC_ISSUER"],
        client_id=given["OIDC_CLIENT_ID"],
        secret=given["OIDC_CLIENT_SECRET"],
        their_factor=factor == "theirs",
        only=only,
        acr=acr,
        amr=amr,
    )


def _refuse_unsafe(issuer: str, *, local: bool) -> None:
    parts = urlsplit(issuer)
    safe = parts.scheme == "https" or (local and parts.scheme == "http" and parts.hostname in HERE)
    plain = not (parts.query or parts.fragment or parts.username)
    if not (safe and parts.hostname and plain):
        raise ImproperlyConfigured(
            f"OIDC_ISSUER is {issuer!r}; use the issuer's address as it stands in its own "
            "/.well-known/openid-configuration, with https://."
        )
