"""What an installation must be given before any of its processes starts."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from config import env
from config.local import MARK, named_elsewhere

UNSAFE_SECRET_KEY: Final = "not-a-secret-only-for-local-use-replace-in-production"
# As Django's own check has it (security.W009).
SECRET_LENGTH, SECRET_SIGNS = 50, 5
KEY_BYTES: Final = 32
SMTP: Final = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE: Final = "django.core.mail.backends.console.EmailBackend"
# They send nothing: what they are given ends in a log, a folder or nowhere.
SENDS_NOTHING: Final = tuple(
    f"django.core.mail.backends.{each}.EmailBackend"
    for each in ("console", "filebased", "locmem", "dummy")
)
PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
MAKE_SECRET: Final = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
MAKE_KEY: Final = (
    'python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
)
MAIL_EXAMPLE: Final = "smtp+tls://user:password@mail.example.com:587"


class NotReady(ImproperlyConfigured):
    """A setting is missing or unsafe. The text names each of them with its remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What was given, as text of the environment or as it was read from there."""

    secret_key: str
    token_keys: list[str]
    file_keys: list[str]
    trail_keys: list[str]
    allowed_hosts: list[str]
    site_url: str
    mail_backend: str
    mail_problems: list[str]
    sender: str
    trusted_proxies: list[str]


def demand_all_of_an_installation(given: Given) -> None:
    """Raises NotReady with a line for everything that is missing or unsafe."""
    problems = [
        *_secret_problems(given.secret_key),
        *_key_problems("TOKEN_KEYS", "seal the access to accounting systems", given.token_keys),
        *_key_problems("FILE_KEYS", "seal the files that are kept", given.file_keys),
        *_key_problems("TRAIL_KEYS", "seal the audit trail", given.trail_keys),
        *_address_problems(given.allowed_hosts, given.site_url),
        *given.mail_problems,
        *_mail_problems(given.mail_backend, given.sender),
        *_proxy_problems(given.trusted_proxies),
    ]
    if problems:
        raise NotReady(
            "Tieout does not start: settings are missing or unsafe.\n"
            + "\n".join(f"- {each}" for each in problems)
            + "\nAll processes of an installation are given the same. README.md, under “Run it”, "
            "lists them.\nOn your own machine `manage.py demo` and `manage.py runserver` need none, "
            "and other commands take DEBUG=True."
        )


def demand_this_machine(hosts: list[str], site_url: str, mail_problems: list[str]) -> None:
    """Of a local process, whose keys everybody can read. Raises NotReady for a name of elsewhere, and
    for a mail server that cannot be read."""
    if mail_problems:
        raise NotReady("Tieout does not start. " + " ".join(mail_problems))
    elsewhere = named_elsewhere(hosts, site_url)
    if elsewhere:
        raise NotReady(
            "Tieout does not start: DEBUG, `manage.py runserver` and the demo are for this machine "
            f"alone, and ALLOWED_HOSTS or SITE_URL names {', '.join(elsewhere)}.\nTake these two out "
            "of the environment, or run it as an installation (without DEBUG, by "
            "`gunicorn config.wsgi`)."
        )


def refuse_debug_of_an_installation(debug: bool) -> None:
    """Pages of faults with settings in them, shown to everybody."""
    if debug:
        raise NotReady(
            f"Tieout does not start: DEBUG is True and {MARK} is False. Take DEBUG out of the "
            "environment."
        )


def derived(secret: str) -> str:
    """A key for a local process: as safe as what it is made of."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()


def mail_from_environment(local: bool) -> tuple[dict[str, Any], list[str]]:
    """The EMAIL_ settings of Django, and what is wrong with what was given.

    `EMAIL_URL` says all of it; what an older installation has given by the names of Django is read
    where it is missing.
    """
    url = env.text("EMAIL_URL")
    old = [name for name in _OLD_NAMES if env.text(name)]
    if url and old:
        said = f"EMAIL_URL says what {', '.join(old)} said before."
        return {}, [f"{said} Take the latter out of the environment."]
    if url:
        return _mail_of_url(url)
    if not old:
        return ({"EMAIL_BACKEND": CONSOLE}, []) if local else ({}, [_NO_MAIL])
    return {
        "EMAIL_BACKEND": env.text("EMAIL_BACKEND", SMTP),
        "EMAIL_HOST": env.text("EMAIL_HOST", "localhost"),
        "EMAIL_PORT": env.whole("EMAIL_PORT", 25),
        "EMAIL_HOST_USER": env.text("EMAIL_HOST_USER"),
        "EMAIL_HOST_PASSWORD": env.text("EMAIL_HOST_PASSWORD"),
        "EMAIL_USE_TLS": env.flag("EMAIL_USE_TLS", False),
        "EMAIL_USE_SSL": env.flag("EMAIL_USE_SSL", False),
    }, []


_OLD_NAMES: Final = (
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
)


_NO_MAIL: Final = (
    "EMAIL_URL is missing: invitations, reset links and alerts go by mail. Give the mail server, such "
    f"as {MAIL_EXAMPLE}."
)


_NO_SERVER: Final = (
    "EMAIL_URL names no mail server. Begin it with smtp+tls:// (STARTTLS, mostly port 587), "
    "smtp+ssl:// (mostly port 465) or smtp:// (neither: for a server in your own network), such as "
    f"{MAIL_EXAMPLE}, with signs such as @ and / of a user's name or password percent-encoded."
)


def _mail_of_url(url: str) -> tuple[dict[str, Any], list[str]]:
    try:
        scheme, read = urlsplit(url).scheme, environ.Env.email_url_config(url)
    except (ImproperlyConfigured, ValueError):
        scheme, read = "", {}
    if read and read["EMAIL_BACKEND"] in SENDS_NOTHING:
        return {**read, "EMAIL_HOST": "", "EMAIL_PORT": 0}, []
    if scheme not in PORTS or not read["EMAIL_HOST"]:
        # The address is not repeated: it may hold a password.
        return {}, [_NO_SERVER]
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": read["EMAIL_HOST"],
        "EMAIL_PORT": read["EMAIL_PORT"] or PORTS[scheme],
        "EMAIL_HOST_USER": read["EMAIL_HOST_USER"] or "",
        "EMAIL_HOST_PASSWORD": read["EMAIL_HOST_PASSWORD"] or "",
        "EMAIL_USE_TLS": scheme == "smtp+tls",
        "EMAIL_USE_SSL": scheme == "smtp+ssl",
    }, []


def _secret_problems(secret: str) -> list[str]:
    remedy = f"Make one with {MAKE_SECRET} and keep it: another one signs everybody out."
    if not secret:
        return [f"SECRET_KEY is missing. {remedy}"]
    if secret == UNSAFE_SECRET_KEY:
        return [f"SECRET_KEY is the one that everybody can read in the source. {remedy}"]
    if len(secret) < SECRET_LENGTH or len(set(secret)) < SECRET_SIGNS:
        return [f"SECRET_KEY can be guessed: it has fewer than {SECRET_LENGTH} signs. {remedy}"]
    return []


def _key_problems(name: str, purpose: str, keys: list[str]) -> list[str]:
    remedy = f"Make one with {MAKE_KEY} and keep it, apart from the database: without it what it sealed stays shut."
    if not keys:
        return [f"{name} is missing: the keys that {purpose}, newest first, comma-separated. {remedy}"]  # fmt: skip
    if not all(_is_key(each) for each in keys):
        return [f"{name} holds one that is no key (32 bytes in URL-safe base64). {remedy}"]
    return []


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text.encode())) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _address_problems(hosts: list[str], site_url: str) -> list[str]:
    found = []
    site = urlsplit(site_url)
    if not hosts:
        found.append(
            "ALLOWED_HOSTS is missing: the names that Tieout is reached by, comma-separated. "
            "Give the one of its address, such as tieout.example.com."
        )
    elif "*" in hosts:
        found.append(
            "ALLOWED_HOSTS takes any name, so that links in mails could lead to others. Name the "
            "hosts that are yours, comma-separated."
        )
    if not site_url:
        found.append(
            "SITE_URL is missing: the public address, for links in mails and for the way back from "
            "consent pages. Give it as https://tieout.example.com."
        )
    elif site.scheme != "https" or not site.hostname:
        found.append(f"SITE_URL is {site_url!r}. Give the public address with https://.")
    elif hosts and not validate_host(site.hostname, hosts):
        found.append(f"SITE_URL leads to {site.hostname}, which is not among ALLOWED_HOSTS. Add it.")  # fmt: skip
    return found


def _mail_problems(backend: str, sender: str) -> list[str]:
    found = []
    if backend in SENDS_NOTHING:
        name = "EMAIL_BACKEND" if env.text("EMAIL_BACKEND") else "EMAIL_URL"
        found.append(
            f"{name} sends no mail: reset links would end in a log, a folder or nowhere. Give the "
            f"mail server as EMAIL_URL, such as {MAIL_EXAMPLE}."
        )
    if "@" not in sender:
        found.append(
            "DEFAULT_FROM_EMAIL is missing: the address that mails come from, such as "
            "“Tieout <tieout@example.com>”."
        )
    return found


def _proxy_problems(proxies: list[str]) -> list[str]:
    found = []
    for each in proxies:
        try:
            everybody = each != "socket" and ip_network(each).prefixlen == 0
        except ValueError as error:
            found.append(f"TRUSTED_PROXIES: {error}. {_PROXIES}")
        else:
            if everybody:
                found.append(f"TRUSTED_PROXIES takes everybody for a proxy ({each}). {_PROXIES}")
    return found


_PROXIES: Final = (
    "Use addresses or networks such as 10.0.0.0/8, and “socket” for a proxy that asks over a socket "
    "of this host."
)
