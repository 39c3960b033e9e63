"""Where a request came from, when a proxy stands in front."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(request: HttpRequest) -> str:
    """The address of who asked, as text; empty where there is none (a socket of this host).

    `X-Forwarded-For` is read from its end, as long as whoever wrote an entry is one of
    `TRUSTED_PROXIES`: what a caller wrote into it in front is never believed.
    """
    found = _address(request.META.get("REMOTE_ADDR", ""))
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    told = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    while told and (found is None or any(found in network for network in trusted)):
        if found is None and "socket" not in settings.TRUSTED_PROXIES:
            break
        before = _address(told.pop())
        if before is None:
            break
        found = before
    return str(found or "")


Answer = Callable[[HttpRequest], HttpResponseBase]


def believe_trusted_proxies(answer: Answer) -> Answer:
    """Middleware, the outermost: that a request came by https is heard from `TRUSTED_PROXIES` alone.
    Anybody else could say so of one that came in clear."""

    def heard(request: HttpRequest) -> HttpResponseBase:
        if not asked_by_trusted_proxy(request):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return answer(request)

    return heard


def asked_by_trusted_proxy(request: HttpRequest) -> bool:
    """Whether the last to hand it on is one of `TRUSTED_PROXIES`."""
    found = _address(request.META.get("REMOTE_ADDR", ""))
    if found is None:
        return "socket" in settings.TRUSTED_PROXIES
    return any(found in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache
def _networks(words: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(word) for word in words if word != "socket")
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES: {error}; use addresses or networks such as 10.0.0.0/8, and “socket” for"
            " a proxy that asks over a socket of this host."
        ) from None


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        # Without its zone (“%eth0”): no database takes that for an address, and whoever is behind a
        # trusted proxy could write anything there.
        return found.ipv4_mapped or IPv6Address(int(found))
    return found
