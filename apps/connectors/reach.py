"""How far an address may lead that a person typed: to the public internet, and to what the operator
listed of the own network.

A name is asked once, every address that it leads to is judged before anything is connected, and the
connection goes to one that was judged: what a name leads to may be another thing when it is asked
again. RFC 6890 and IANA's registries of special addresses say what is not public.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, Final

from apps.core.numbers import whole

Network = IPv4Network | IPv6Network
Found = tuple[Any, Any, int, str, tuple[Any, ...]]  # as `socket.getaddrinfo` answers

USUAL_PORTS: Final = frozenset({80, 443, 8443})

# Special, and yet taken for global by Python's tables: what protocols use among themselves (one cloud
# tells its secrets there), 6to4's relays, and the address by which machines of another cloud reach
# their host.
_NOT_FOR_US = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
)
# Only this part of the new addresses is given out to anybody (RFC 4291). The rest stands for old
# addresses, private networks, or nothing yet; within it lie those that carry others (Teredo, 6to4),
# tell of nobody (ORCHID) or are for books alone.
_GIVEN_OUT = IPv6Network("2000::/3")
_NOT_GIVEN_OUT = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
# Where a listed name must not lead: only a listed network says that it is meant.
_NEVER_BY_NAME = (
    IPv4Network("169.254.0.0/16"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("100.100.100.200/32"),
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::/32"),
)


class NotReachable(OSError):
    """The name leads where nothing of ours goes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What of the own network an operator listed, each with a port, or None for the usual ones.

    `names` in small letters. `any_port_in` is this machine, for tests and the demo.
    """

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: frozenset[tuple[Network, int | None]] = frozenset()
    any_port_in: tuple[Network, ...] = ()

    def names_own(self, name: str, port: int) -> bool:
        """Whether the name itself, or the address that is its text, was listed with this port."""
        if self.any_port_in and name == "localhost":
            return True
        if _of_port((each for known, each in self.names if known == name), port):
            return True
        found = address_of(name)
        return found is not None and self._has(found, port)

    def takes(self, name: str, port: int, address: str) -> bool:
        """Whether a connection for this name may go to this IP address."""
        found = address_of(address)
        if found is None:
            return False
        if port in USUAL_PORTS and is_public([address]):
            return True
        if self._has(found, port):
            return True
        listed = _of_port((each for known, each in self.names if known == name), port)
        return listed and not (
            any(found in each for each in _NEVER_BY_NAME)
            or found.is_multicast
            or found.is_unspecified
            or found.is_reserved
        )

    def _has(self, address: IPv4Address | IPv6Address, port: int) -> bool:
        if any(address in each for each in self.any_port_in):
            return True
        return _of_port((each for net, each in self.networks if address in net), port)


PUBLIC: Final = Reach()
# Of tests and the demo: this very machine as well, by whatever port a server of theirs got.
WITH_THIS_MACHINE: Final = Reach(any_port_in=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")))


def look_up(name: str, port: int, reach: Reach) -> list[Found]:
    """The addresses that the name leads to, asked once. Raises `NotReachable` where one of them is not
    within reach, and `socket.gaierror` where there is none."""
    found: list[Found] = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    if not all(reach.takes(name.lower(), port, str(each[4][0])) for each in found):
        raise NotReachable("not an address of the public internet")
    return found


def reach_of(entries: Iterable[str]) -> Reach:
    """Of an operator's list: `name`, `name:port`, `10.1.0.0/16`, `10.1.2.3:5678`, `[fd00::/8]:8443`.
    Raises ValueError that names the entry which is none of these."""
    names: set[tuple[str, int | None]] = set()
    networks: set[tuple[Network, int | None]] = set()
    for entry in entries:
        host, port = _parted(entry.strip().lower())
        try:
            networks.add((ip_network(host), port))
            continue
        except ValueError:
            if not host or not all(each.isalnum() or each in ".-_" for each in host):
                raise ValueError(f"“{entry}” is no name, address or network.") from None
            if host.replace(".", "").isdecimal() or "/" in host:
                raise ValueError(f"“{entry}” is no name, address or network.") from None
        names.add((host.rstrip("."), port))
    return Reach(names=frozenset(names), networks=frozenset(networks))


def is_public(addresses: Iterable[str]) -> bool:
    """Whether each of these IP addresses is of the public internet, also where it stands for another
    one by a way of writing the old ones as new."""
    return all(_is_public(ip_address(each.partition("%")[0])) for each in addresses)


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a text writes, those that stand for an old one as that; None for none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        special = any(address in each for each in _NOT_FOR_US)
        return address.is_global and not address.is_multicast and not special
    if address.ipv4_mapped is not None:
        return _is_public(address.ipv4_mapped)
    return address in _GIVEN_OUT and not any(address in each for each in _NOT_GIVEN_OUT)


def _of_port(listed: Iterable[int | None], port: int) -> bool:
    return any(port == each if each is not None else port in USUAL_PORTS for each in listed)


def _parted(entry: str) -> tuple[str, int | None]:
    """Its host or network, and its port."""
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        port = rest.removeprefix(":")
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    else:
        host, port = entry, ""
    number = whole(port)
    if port and not (number and number < 65536):
        raise ValueError(f"“{entry}” names no port behind its colon.")
    return host, number
