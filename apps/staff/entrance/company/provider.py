"""What the company's provider says of somebody, and whether it is the provider who says it.

OpenID Connect Core, authorization code flow with PKCE. django-allauth's provider looks at neither the
nonce nor the configured issuer, and leaves out the signature of what came over TLS; here each of them is
looked at, as RFC 9700 and OAuth's security profile ask.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import jwt
import requests
from django.core.cache import caches
from django.views.decorators.debug import sensitive_variables

from apps.core.company_sign_in import CompanySignIn

# What signs for whom nobody else can: no `none`, and no key that both sides share.
KINDS_OF_KEYS: Final = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "ES256": "EC",
}
SCOPES: Final = "openid email profile"
KEPT: Final = 600  # seconds for which a description and its keys are not asked for again
ASKED_AGAIN: Final = 30  # seconds between two looks for a key that is not known yet
LEEWAY: Final = 60  # seconds by which two clocks may differ
PATIENCE: Final = (5, 10)  # seconds to connect, and to answer
LARGEST: Final = 512 * 1024  # bytes of an answer
LAST_SECOND: Final = 10**11  # of a clock, some 3,000 years from now
LONGEST_SUBJECT: Final = 191  # as the table of links has it
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class NotProved(Exception):
    """Why nothing is believed, as a sentence for the log and the page of events. It holds no secret."""


class TooWeak(NotProved):
    """The provider let somebody in without what the installation asks of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Somebody:
    """Who signed in over there. `email` in small letters, "" unless the provider has verified it;
    `proved_at` the second of their last sign-in there, where it says so."""

    issuer: str
    subject: str
    email: str = ""
    proved_at: float | None = None


def way_there(
    company: CompanySignIn, *, back: str, state: str, nonce: str, challenge: str, again: bool
) -> str:
    """The address at the provider. `again`: ask them for who they are though they are signed in there.
    Raises `NotProved` where the provider cannot be reached or is not the one that is set up."""
    asked = {
        "response_type": "code",
        "client_id": company.client_id,
        "redirect_uri": back,
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"acr_values": " ".join(company.acr)} if company.acr else {}),
        **({"prompt": "login", "max_age": "0"} if again else {}),
    }
    there = described(company)["authorization_endpoint"]
    return f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}"


@sensitive_variables()
def who_came(
    company: CompanySignIn, *, code: str, back: str, verifier: str, nonce: str
) -> Somebody:
    """Take the code to the provider, and look at what it says. Raises `NotProved`."""
    answer = _exchanged(company, code=code, back=back, verifier=verifier)
    claims = _believed(company, str(answer.get("id_token") or ""), nonce)
    _refuse_weak(company, claims)
    if "email" not in claims:  # some say it on a second page alone
        claims = {**claims, **_more(company, str(answer.get("access_token") or ""), claims["sub"])}
    return Somebody(
        issuer=company.issuer,
        subject=claims["sub"],
        email=_verified_email(claims),
        proved_at=_second(claims.get("auth_time")),
    )


def refuse_mixed_up(company: CompanySignIn, told: Mapping[str, str]) -> None:
    """RFC 9207: an answer that names another issuer is another's. Raises `NotProved`."""
    named = told.get("iss")
    required = described(company).get("authorization_response_iss_parameter_supported") is True
    if (named is None and required) or (named is not None and named != company.issuer):
        raise NotProved("The answer is not the one of the provider that is set up.")


# --- the provider itself ------------------------------------------------------------------------


def described(company: CompanySignIn) -> dict[str, Any]:
    """Its own description, which has to be of the very issuer that is set up. Raises `NotProved`."""
    address = company.issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = _kept(_name("described", company), address)
    if found.get("issuer") != company.issuer:
        raise NotProved("The provider describes itself as another issuer than OIDC_ISSUER.")
    scheme = urlsplit(company.issuer).scheme
    for name in (*ENDPOINTS, "userinfo_endpoint"):
        there = found.get(name)
        if there is None and name not in ENDPOINTS:
            continue
        if not isinstance(there, str) or urlsplit(there).scheme not in ("https", scheme):
            raise NotProved(f"The provider gives no safe {name}.")
    return found


def _name(what: str, company: CompanySignIn) -> str:
    return f"company-{what}-{hashlib.sha256(company.issuer.encode()).hexdigest()}"


def _kept(name: str, address: str, *, anew: bool = False) -> dict[str, Any]:
    cache = caches["process"]
    found: dict[str, Any] | None = None if anew else cache.get(name)
    if found is None:
        found = _asked("GET", address)
        cache.set(name, found, KEPT)
    return found


@sensitive_variables()
def _asked(method: str, address: str, **options: Any) -> dict[str, Any]:
    """An answer in JSON. Redirects are not followed: a code or a secret goes where it is meant to."""
    try:
        with requests.request(
            method, address, timeout=PATIENCE, allow_redirects=False, stream=True, **options
        ) as answer:
            if answer.status_code != 200:
                raise NotProved(f"The provider answered {answer.status_code}.")
            body = b""
            for part in answer.iter_content(64 * 1024):
                body += part
                if len(body) > LARGEST:
                    raise NotProved("The provider answered more than it ever should.")
        found = json.loads(body)
    except (requests.RequestException, ValueError) as fault:
        raise NotProved(f"The provider cannot be asked: {type(fault).__name__}.") from None
    if not isinstance(found, dict):
        raise NotProved("The provider answered something that is no object.")
    return found


@sensitive_variables()
def _exchanged(company: CompanySignIn, *, code: str, back: str, verifier: str) -> dict[str, Any]:
    description = described(company)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
        "client_id": company.client_id,
    }
    ways = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    options: dict[str, Any] = {"data": form, "headers": {"Accept": "application/json"}}
    if "client_secret_basic" in ways:
        options["auth"] = (quote(company.client_id, safe=""), quote(company.secret, safe=""))
    else:
        form["client_secret"] = company.secret
    return _asked("POST", description["token_endpoint"], **options)


@sensitive_variables()
def _more(company: CompanySignIn, token: str, subject: str) -> dict[str, Any]:
    """The e-mail address from the provider's page of the person, which has to be of the same one."""
    there = described(company).get("userinfo_endpoint")
    if not there or not token:
        return {}
    found = _asked("GET", there, headers={"Authorization": f"Bearer {token}"})
    if found.get("sub") != subject:
        raise NotProved("The provider tells of another person than it let in.")
    return {name: found[name] for name in ("email", "email_verified", "xms_edov") if name in found}


# --- what it says -------------------------------------------------------------------------------


@sensitive_variables()
def _believed(company: CompanySignIn, token: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that is signed by the provider, for us, for now and for this sign-in."""
    try:
        header = jwt.get_unverified_header(token)
        key = _key(company, header)
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[header["alg"]],
            issuer=company.issuer,
            audience=company.client_id,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as fault:
        raise NotProved(f"The provider's word does not hold: {type(fault).__name__}.") from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else company.client_id) != company.client_id:
        raise NotProved("The provider's word was given to another program.")
    if not hmac.compare_digest(str(claims.get("nonce") or "").encode(), nonce.encode()):
        raise NotProved("The provider's word was given for another sign-in.")
    if not 0 < len(str(claims["sub"])) <= LONGEST_SUBJECT:
        raise NotProved("The provider names nobody.")
    return claims


def _key(company: CompanySignIn, header: dict[str, Any]) -> jwt.PyJWK:
    kind = KINDS_OF_KEYS.get(str(header.get("alg")))
    if kind is None:
        raise NotProved("The provider's word is not signed in a way that counts.")
    found = _fitting(_keys(company), header, kind)
    if not found and caches["process"].add(_name("looked", company), True, ASKED_AGAIN):
        found = _fitting(_keys(company, anew=True), header, kind)  # they change their keys
    if len(found) != 1:
        raise NotProved("The provider's word is signed with a key that it does not name.")
    return jwt.PyJWK(found[0], algorithm=header["alg"])


def _keys(company: CompanySignIn, *, anew: bool = False) -> list[Any]:
    address = described(company)["jwks_uri"]
    keys = _kept(_name("keys", company), address, anew=anew).get("keys")
    return keys if isinstance(keys, list) else []


def _fitting(keys: list[Any], header: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    named = header.get("kid")
    return [
        key
        for key in keys
        if isinstance(key, dict)
        and key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and (named is None or key.get("kid") == named)
    ]


def _refuse_weak(company: CompanySignIn, claims: Mapping[str, Any]) -> None:
    """Asking for a strength binds no provider; only what the token says of it counts."""
    if company.acr and claims.get("acr") not in company.acr:
        raise TooWeak("The provider names none of the classes of sign-in in OIDC_ACR.")
    named = claims.get("amr")
    if missing := set(company.amr) - {each for each in _listed(named) if isinstance(each, str)}:
        raise TooWeak(f"The provider does not name {', '.join(sorted(missing))}, of OIDC_AMR.")


def _listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


def _verified_email(claims: Mapping[str, Any]) -> str:
    """Entra ID says in `xms_edov` that the owner of the domain has proved it; the others in `email_verified`."""
    verified = claims.get("email_verified") is True or claims.get("xms_edov") in (True, "1", "true")
    return str(claims.get("email") or "").strip().lower() if verified else ""


def _second(told: Any) -> float | None:
    """A second of a clock; None for what no clock says, such as a number of 400 digits."""
    if not isinstance(told, int | float) or not 0 <= told <= LAST_SECOND:
        return None
    return float(told)


def is_recent(moment: float | None, seconds: float) -> bool:
    """Whether they were asked over there within so many seconds, by a clock that may be off a little."""
    return moment is not None and -LEEWAY <= time.time() - moment < seconds
