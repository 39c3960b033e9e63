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
