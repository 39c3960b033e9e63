"""What this session proved, and when."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

# What proves that it is the person: not that they hold a link from a mail, nor that their browser was
# signed in at their company already.
PROOFS = ("password", "mfa")
BY_COMPANY = "socialaccount"  # allauth's word for it
SIGNING_IN = "tieout.signing_in_by_company"  # no header is called so


def methods_used(request: HttpRequest) -> list[dict[str, Any]]:
    """allauth's records of this session, oldest first: method, when, and which factor."""
    if not request.user.is_authenticated:
        return []
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return records


def last_proof(request: HttpRequest) -> float:
    """The second in which this session was signed in to last, at first or again; 0 where nobody is."""
    return max((float(each["at"]) for each in methods_used(request)), default=0.0)


def why_over(request: HttpRequest) -> str:
    """Why a sign-in by the company does not carry this session any more; empty where it does, or where
    it never did. One that began at a provider that is not set up now is nobody's word."""
    used = methods_used(request)
    providers = {each.get("provider") for each in used if each.get("method") == BY_COMPANY}
    here = settings.OIDC.issuer if settings.OIDC is not None else None
    if used and used[0].get("method") == BY_COMPANY and here not in providers:
        return "It began at a provider that is not the company's any more: the session ended."
    return ""


def vouched_for(request: HttpRequest) -> bool:
    """Whether the provider that is set up named this person in this session."""
    return settings.OIDC is not None and any(
        each.get("method") == BY_COMPANY and each.get("provider") == settings.OIDC.issuer
        for each in methods_used(request)
    )


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are within `FRESH_SIGN_IN` seconds: at sign-in, or since."""
    used = methods_used(request)
    proofs = [each["at"] for each in used if each.get("method") in PROOFS]
    if counts_theirs():
        proofs += [each["proved_at"] for each in used if "proved_at" in each]
    return bool(proofs) and 0 <= time.time() - max(proofs) < settings.FRESH_SIGN_IN


def counts_theirs() -> bool:
    """Whether the company's sign-in asks for a second factor itself, and ours is not asked for."""
    return settings.OIDC is not None and bool(settings.OIDC.their_factor)


def came_by_company(request: HttpRequest) -> bool:
    return any(each.get("method") == BY_COMPANY for each in methods_used(request))


def signs_in_by_company(request: HttpRequest) -> None:
    """The sign-in that this very request makes comes from there. No session says so afterwards."""
    request.META[SIGNING_IN] = True


def is_signing_in_by_company(request: HttpRequest) -> bool:
    return request.META.get(SIGNING_IN) is True
