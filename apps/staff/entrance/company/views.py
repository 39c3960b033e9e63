"""Signing in by the company: there and back, linked once, asked again, unlinked."""

import secrets
import time
from enum import StrEnum
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.ratelimit import consume_or_429
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.core.company_sign_in import the_company
from apps.core.numbers import whole
from apps.staff.entrance.company import links
from apps.staff.entrance.company.provider import (
    NotProved,
    Somebody,
    TooWeak,
    is_recent,
    refuse_mixed_up,
    way_there,
    who_came,
)
from apps.staff.entrance.factors import has_factor
from apps.staff.entrance.forms import LinkForm
from apps.staff.entrance.records import BY_COMPANY, counts_theirs, is_fresh, signs_in_by_company
from apps.staff.inviting import NotGood, opened, use_without_password
from apps.staff.models import User
from apps.staff.security import Kind, mark_of, note

PENDING: Final = "company_link"  # in the session: who waits to be linked, for ten minutes
NOT_KNOWN: Final = (
    "Nobody here has this account. Ask an administrator to invite you with the e-mail address that you "
    "have there, or use the account of that address."
)
OVER: Final = "This sign-in is over: it was used already, or took too long. Begin again."
UNREACHED: Final = (
    "{name} could not be asked, or its answer does not hold. Nothing was done. Try again."
)


TOO_WEAK: Final = (
    "{name} let you in without the second factor that Tieout asks of it. Add one there, or ask whoever runs "
    "{name}, and sign in again."
)
# A link page asks for a password that they do not have.
NO_PASSWORD: Final = (
    "{name} knows you, and nothing here links you with it yet: you have no password here that would prove "
    "that it is you. {passkey}Ask whoever operates Tieout to run: manage.py staff invite {email}. By the link "
    "of that invitation you come in with {name}."
)
BY_PASSKEY: Final = (
    "If you have a passkey, sign in with it and link under “Your sign-in”. If you have none: "
)
NOTHING_TO_SHOW: Final = (
    "Nothing here can show that it is you: you have neither a password nor a second factor. Ask whoever "
    "operates Tieout to run manage.py staff invite with your e-mail address."
)


class Purpose(StrEnum):
    SIGN_IN = "sign-in"
    AGAIN = "again"  # a fresh sign-in of whoever is signed in
    LINK = "link"  # of whoever is signed in, by a sign-in of a moment ago
    INVITED = "invited"


class Refused(Exception):
    """What the person reads, and what the event says beside it."""

    def __init__(self, words: str, *, subject: User | None = None, **details: Any) -> None:
        super().__init__(words)
        self.subject, self.details = subject, details


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class CompanyPage(View):
    """There where a company's sign-in is set up alone. A refusal is a page, and an event."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.OIDC is None:
            raise Http404
        if limit := consume_or_429(request, app="allauth.account", action="login"):
            return limit
        try:
            return super().dispatch(request, *args, **kwargs)
        except TooWeak as why:
            words = TOO_WEAK.format(name=the_company().name)
            return _refused(request, words, None, {"why": str(why)})
        except NotProved as why:
            words = UNREACHED.format(name=the_company().name)
            return _refused(request, words, None, {"why": str(why)})
        except Refused as why:
            return _refused(request, str(why), why.subject, why.details)


class Begin(CompanyPage):
    """Leads there. By POST alone, so that no other site sends a browser through it; and by a page, since
    the policy of content lets forms end nowhere but here."""

    def post(self, request: HttpRequest) -> HttpResponse:
        purpose = _purpose(request.POST.get("for", ""))
        kept: dict[str, Any] = {"for": purpose, "next": get_next_redirect_url(request)}
        if purpose in (Purpose.AGAIN, Purpose.LINK):
            if not request.user.is_authenticated:
                raise Refused(OVER)
            kept["person"] = request.user.pk
        if purpose == Purpose.LINK and not is_fresh(request):
            return HttpResponseRedirect(reverse("company_sign_in"))
        if purpose == Purpose.INVITED:
            try:
                row = opened(whole(request.POST.get("key")) or 0, request.POST.get("token", ""))
            except NotGood as why:
                raise Refused(str(why)) from None
            kept["invitation"] = row.pk
        address = _set_out(request, kept, again=purpose == Purpose.AGAIN)
        context = {"company": the_company(), "address": address}
        response = render(request, "account/company_leaving.html", context)
        response["Refresh"] = f"0; url={address}"
        return response


class Back(CompanyPage):
    """Where the provider sends them back to, once for each time they set out."""

    def get(self, request: HttpRequest) -> HttpResponse:
        company = the_company()
        kept = statekit.unstash_state(
            request, state_id=request.GET.get("state", ""), provider_id=company.issuer
        )
        if kept is None:
            raise Refused(OVER)
        refuse_mixed_up(company, request.GET)
        code = request.GET.get("code", "")
        if "error" in request.GET or not code:
            raise Refused(f"{company.name} did not let you in, or you turned back. Begin again.")
        somebody = who_came(
            company, code=code, back=_back(), verifier=kept["verifier"], nonce=kept["nonce"]
        )
        then = {
            Purpose.SIGN_IN: _sign_in,
            Purpose.AGAIN: _again,
            Purpose.LINK: _link_here,
            Purpose.INVITED: _invited,
        }
        try:
            return then[Purpose(kept["for"])](request, somebody, kept)
        except (links.NotLinked, NotGood) as why:
            raise Refused(str(why)) from None


def _sign_in(request: HttpRequest, somebody: Somebody, kept: dict[str, Any]) -> HttpResponse:
    if request.user.is_authenticated:
        logout(request)
    person = links.person_of(somebody)
    if person is None:
        return _offer_link(request, somebody)
    if not person.is_active or not person.is_staff:
        raise Refused(
            "You may not sign in any more. Ask an administrator if that is a mistake.",
            subject=person,
        )
    return _let_in(request, person, somebody, kept["next"])


def _let_in(
    request: HttpRequest, person: User, somebody: Somebody, next: str | None
) -> HttpResponse:
    recent = is_recent(somebody.proved_at, settings.FRESH_SIGN_IN)
    record_authentication(
        request,
        person,
        BY_COMPANY,
        provider=somebody.issuer,
        proved_at=somebody.proved_at if recent else None,
    )
    signs_in_by_company(request)
    response: HttpResponse = perform_login(request, Login(user=person, redirect_url=next))
    return response


def _offer_link(request: HttpRequest, somebody: Somebody) -> HttpResponse:
    person = links.person_to_link(somebody)
    if person is None:
        known = User.objects.filter(email=somebody.email).first() if somebody.email else None
        raise Refused(NOT_KNOWN, subject=known, account=mark_of(somebody.email))
    if not person.has_usable_password():
        company = the_company()
        passkey = "" if company.only or not has_factor(person) else BY_PASSKEY
        words = NO_PASSWORD.format(name=company.name, passkey=passkey, email=person.email)
        raise Refused(words, subject=person)
    request.session[PENDING] = {
        "issuer": somebody.issuer,
        "subject": somebody.subject,
        "email": somebody.email,
        "person": person.pk,
        "at": time.time(),
    }
    return HttpResponseRedirect(reverse("company_link"))


def _again(request: HttpRequest, somebody: Somebody, kept: dict[str, Any]) -> HttpResponse:
    person = _who_set_out(request, kept)
    if links.person_of(somebody) != person:
        raise Refused("That is another account than the one that you are linked with.")
    if not counts_theirs() or not is_recent(somebody.proved_at, settings.FRESH_SIGN_IN):
        raise Refused(
            f"{the_company().name} does not say that it asked you just now, so it does not count as a fresh "
            "sign-in. Use a second factor here instead."
        )
    record_authentication(
        request, person, BY_COMPANY, provider=somebody.issuer, proved_at=somebody.proved_at
    )
    return HttpResponseRedirect(kept["next"] or reverse("admin:index"))


def _link_here(request: HttpRequest, somebody: Somebody, kept: dict[str, Any]) -> HttpResponse:
    person = _who_set_out(request, kept)
    links.link(person, somebody, request=request, how="a fresh sign-in here")
    # Their company has named them a moment ago, which carries this session where it alone counts.
    record_authentication(request, person, BY_COMPANY, provider=somebody.issuer, proved_at=None)
    messages.success(request, f"You are linked: sign in with {the_company().name} from now on.")
    return HttpResponseRedirect(reverse("company_sign_in"))


def _invited(request: HttpRequest, somebody: Somebody, kept: dict[str, Any]) -> HttpResponse:
    if request.user.is_authenticated:
        logout(request)
    with transaction.atomic():
        person = use_without_password(kept["invitation"], request=request)
        links.link(person, somebody, request=request, how="the invitation", anew=True)
    return _let_in(request, person, somebody, None)


def _who_set_out(request: HttpRequest, kept: dict[str, Any]) -> User:
    person = request.user
    if not isinstance(person, User) or person.pk != kept["person"]:
        raise Refused(OVER)
    return person


class LinkPage(CompanyPage):
    """Somebody whose address is known came by an account that is not: they prove that it is them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        person, somebody = _pending(request)
        return _link_page(request, LinkForm(request=request, person=person), somebody)

    def post(self, request: HttpRequest) -> HttpResponse:
        person, somebody = _pending(request)
        form = LinkForm(request.POST, request=request, person=person)
        if not form.is_valid():
            return _link_page(request, form, somebody)
        del request.session[PENDING]
        try:
            links.link(person, somebody, request=request, how=form.proof)
        except links.NotLinked as why:
            raise Refused(str(why), subject=person) from None
        messages.success(request, f"You are linked. Sign in with {the_company().name} now.")
        return HttpResponseRedirect(reverse("account_login"))


def _pending(request: HttpRequest) -> tuple[User, Somebody]:
    kept = request.session.get(PENDING)
    if not kept or not is_recent(kept["at"], statekit.STATE_TTL):
        raise Refused(OVER)
    somebody = Somebody(issuer=kept["issuer"], subject=kept["subject"], email=kept["email"])
    person = links.person_to_link(somebody)
    if person is None or person.pk != kept["person"] or somebody.issuer != the_company().issuer:
        raise Refused(OVER)
    return person, somebody


def _link_page(request: HttpRequest, form: LinkForm, somebody: Somebody) -> HttpResponse:
    context = {"form": form, "company": the_company(), "email": somebody.email}
    return render(request, "account/company_link.html", context)


class Again(CompanyPage):
    """The page that asks whoever is signed in for a fresh sign-in by their company."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponseRedirect(reverse("account_login"))
        context = {"company": the_company(), "next": get_next_redirect_url(request) or ""}
        return render(request, "account/company_again.html", context)


class Mine(CompanyPage):
    """Whether I am linked; and unlinked by a button while a password remains."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return HttpResponseRedirect(reverse("account_login"))
        context = {
            "company": the_company(),
            "link": links.link_of(request.user),
            "may_unlink": request.user.has_usable_password() and not the_company().only,
            "fresh": is_fresh(request),
            "again": _way_to_be_fresh(request),
            "nothing_to_show": NOTHING_TO_SHOW,
        }
        return render(request, "account/company_mine.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return HttpResponseRedirect(reverse("account_login"))
        if not is_fresh(request):
            return HttpResponseRedirect(_way_to_be_fresh(request) or request.path)
        try:
            if links.unlink(request.user, request=request):
                messages.success(request, "You are unlinked. Your password signs you in.")
        except links.NotLinked as why:
            messages.error(request, str(why))
        return HttpResponseRedirect(reverse("company_sign_in"))


def _way_to_be_fresh(request: HttpRequest) -> str:
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        return ""  # neither a password nor a factor: no page could ask for one
    there = methods[0]["url"]
    return f"{there}?{urlencode({'next': reverse('company_sign_in')})}"


def _set_out(request: HttpRequest, kept: dict[str, Any], *, again: bool) -> str:
    proof, nonce, state = (
        generate_code_challenge(),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
    )
    address = way_there(
        the_company(),
        back=_back(),
        state=state,
        nonce=nonce,
        challenge=proof["code_challenge"].decode(),
        again=again,
    )
    kept = {**kept, "nonce": nonce, "verifier": proof["code_verifier"]}
    statekit.stash_state(request, provider_id=the_company().issuer, state=kept, state_id=state)
    return address


def _back() -> str:
    """The one address that the provider may send back to, whatever host a request names."""
    return str(settings.SITE_URL).rstrip("/") + reverse("company_back")


def _purpose(word: str) -> Purpose:
    try:
        return Purpose(word)
    except ValueError:
        raise Refused(OVER) from None


def _refused(
    request: HttpRequest, words: str, subject: User | None, details: dict[str, Any]
) -> HttpResponse:
    note(
        Kind.SIGN_IN_REFUSED,
        f"The company's sign-in was refused: {words}",
        request=request,
        subject=subject,
        **details,
    )
    context = {"company": the_company(), "why": words}
    return render(request, "account/company_refused.html", context, status=403)
