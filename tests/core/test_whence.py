import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, override_settings

from apps.core.whence import client_address


def told(remote: str, forwarded: str | None, *trusted: str) -> str:
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, **more)
    with override_settings(TRUSTED_PROXIES=list(trusted)):
        return client_address(request)


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "found"),
    [
        ("203.0.113.9", None, (), "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", (), "203.0.113.9"),  # nobody's word is believed
        ("10.0.0.2", "198.51.100.1", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", ("10.0.0.0/8",), "198.51.100.1"),  # theirs in front
        ("10.0.0.2", "1.1.1.1, 198.51.100.1, 10.0.0.3", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", "nonsense", ("10.0.0.0/8",), "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1, nonsense", ("10.0.0.0/8",), "10.0.0.2"),
        ("10.0.0.2", None, ("10.0.0.0/8",), "10.0.0.2"),
        ("10.0.0.2", "10.0.0.7", ("10.0.0.0/8",), "10.0.0.7"),
        ("", "198.51.100.1", (), ""),  # a socket nobody said to trust
        ("", "198.51.100.1", ("socket",), "198.51.100.1"),
        ("", "9.9.9.9, 198.51.100.1", ("socket",), "198.51.100.1"),
        ("::ffff:10.0.0.2", "2001:db8::5", ("10.0.0.0/8",), "2001:db8::5"),
        # A zone is no part of an address: PostgreSQL refuses the row in which it stands.
        ("fe80::1%eth0", None, (), "fe80::1"),
        ("10.0.0.2", "fe80::1%whatever, 10.0.0.3", ("10.0.0.0/8",), "fe80::1"),
    ],
)  # fmt: skip
def test_only_what_a_trusted_proxy_says_is_believed(
    remote: str, forwarded: str | None, trusted: tuple[str, ...], found: str
) -> None:
    assert told(remote, forwarded, *trusted) == found


def test_a_proxy_that_is_no_address_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        told("10.0.0.2", "1.1.1.1", "the proxy")
