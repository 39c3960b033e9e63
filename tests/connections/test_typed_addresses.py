"""An address that somebody gave us leads into no private network, by no way of writing it and by no
change of what its name leads to: not a byte, not a connection."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.connections import typed_addresses
from apps.connections.checks import own_receivers_are_places
from apps.connections.typed_addresses import CannotLookUp, checked_address, session, well_formed
from apps.connectors import http, reach
from apps.connectors.moments import within
from apps.connectors.port import Fate, Reply
from tests.triggers.receiver import Receiver, Says, receiving

PUBLIC = "93.184.216.34"
PRIVATE = "private network"
ODD = "no address of the web"

# Of hosts: each stands for a machine that is not of the public internet.
HOSTS = [
    # this machine
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "localhost", "LOCALHOST", "localhost.",
    "127.0.0.1.", "foo.localhost", "localhost.localdomain", "0.0.0.0", "0", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]",
    # its numbers, written otherwise
    "2130706433", "0x7f000001", "0x7f.1", "0x7f.0x0.0x0.0x1", "017700000001", "0177.0.0.1",
    "0177.0.0.01", "127.0.0.0x1", "127.000.000.001", "4294967295",
    # the own network
    "10.1.2.3", "10.0.0.1.", "172.16.0.1", "172.31.255.255", "192.168.1.1", "3232235777",
    "100.64.0.1", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]",
    # what hangs on the machine's own line, and the addresses at which clouds tell secrets
    "169.254.1.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]", "[fe80::1%25eth0]",
    "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192", "168.63.129.16", "[::ffff:a9fe:a9fe]",
    # new addresses that stand for old ones: mapped, compatible, 6to4, NAT64, Teredo
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:10.0.0.1]", "[::127.0.0.1]",
    "[::a00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]",
    # nobody's: documentation, tests, groups, the future, the old relays of 6to4
    "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "192.88.99.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    "[2001:10::1]", "[3fff::1]", "[5f00::1]",
    # letters of other scripts that become these
    "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loca\u00adlhost",
]  # fmt: skip

# Of whole addresses, with what is said of them.
ADDRESSES = [
    ("http://93.184.216.34/x", "https"),
    ("ftp://93.184.216.34/x", "https"),
    ("file:///etc/passwd", "https"),
    ("gopher://127.0.0.1:70/_x", "https"),
    ("//93.184.216.34/x", "https"),
    ("93.184.216.34/x", "https"),
    ("https:///x", "https"),
    ("", ODD),
    ("https://93.184.216.34:22/x", "443, 80 and 8443"),
    ("https://93.184.216.34:6379/x", "443, 80 and 8443"),
    ("https://93.184.216.34:99999/x", ODD),
    ("https://user:word@93.184.216.34/x", "before the @"),
    ("https://93.184.216.34@127.0.0.1/x", "before the @"),
    ("https://127.0.0.1\\@93.184.216.34/x", ODD),
    ("https://93.184.216.34\\.127.0.0.1/", ODD),
    ("https://93.184.216.34/x\r\nHost: inside", ODD),
    ("https://93.184.216.34\t/x", ODD),
    ("https://93.184.216.34 .evil/x", ODD),
    ("https://93.184.216.34/\x00", ODD),
    ("https://%31%32%37.0.0.1/x", ODD),
    ("https://127.0.0.1%2f.example/x", ODD),
    ("https://[::1/x", ODD),
    ("https://[93.184.216.34]/x", ODD),
    ("https://exa$mple.com/x", ODD),
    ("https://-a.example/x", ODD),
    ("https://a..example/x", ODD),
    ("https://1.2.3.4.5/x", "four plain numbers"),
    ("https://256.1.1.1/x", "four plain numbers"),
    ("https://example.0x1/x", "four plain numbers"),
    ("https://" + "a" * 64 + ".example/x", ODD),
    ("https://93.184.216.34/" + "x" * 2000, ODD),
]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver on this machine, at a port that would be a usual one: only where an address leads
    keeps it safe."""
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    with receiving() as found:
        port = int(found.address.split(":")[2].split("/")[0])
        usual = frozenset({*reach.USUAL_PORTS, port})
        monkeypatch.setattr(reach, "USUAL_PORTS", usual)
        monkeypatch.setattr(typed_addresses, "USUAL_PORTS", usual)
        yield found


def port_of(receiver: Receiver) -> str:
    return receiver.address.split(":")[2].split("/")[0]


def sent(address: str) -> Reply:
    with session() as line:
        return http.exchange(line, "POST", address, headers={}, body=b"{}", until=within(3))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What names lead to: one answer after the other, the last one for ever. Returns who was asked."""

    def lead_to(*answers: list[str]) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> Any:
            asked.append(host)
            found = answers[min(len(asked), len(answers)) - 1]
            return [
                (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
                if ":" in each
                else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
                for each in found
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return lead_to


def test_there_are_at_least_sixty_of_them() -> None:
    assert len(set(HOSTS)) + len({address for address, _ in ADDRESSES}) >= 60


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_public_is_refused_in_words_and_never_connected(
    inside: Receiver, host: str
) -> None:
    for scheme in ("https", "http"):
        with pytest.raises(ValidationError) as refusal:
            checked_address(f"{scheme}://{host}:{port_of(inside)}/hook")
        (words,) = refusal.value.messages
        assert words.endswith(".")
    # The one line of defence by which the rest stands: what is connected.
    for scheme in ("http", "https"):
        assert sent(f"{scheme}://{host}:{port_of(inside)}/hook").fate is Fate.UNSENT
    assert (inside.connections, inside.got) == (0, [])


@pytest.mark.parametrize(("address", "words"), ADDRESSES)
def test_an_address_that_is_no_plain_one_is_refused_in_words(
    inside: Receiver, address: str, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        checked_address(address)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("https://93.184.216.34", "https://93.184.216.34/"),
        (" https://93.184.216.34:443/a?b=c#d ", "https://93.184.216.34/a?b=c"),
        ("HTTPS://93.184.216.34.:8443/A", "https://93.184.216.34:8443/A"),
        (
            "https://[2606:2800:0220::1946]/x",
            "https://[2606:2800:220::1946]/x",
        ),
    ],
)
def test_a_public_one_is_taken_in_one_way_of_writing(
    inside: Receiver, text: str, used: str
) -> None:
    assert checked_address(text) == used


def test_a_name_is_taken_with_letters_of_any_script(names: Any, inside: Receiver) -> None:
    asked = names([PUBLIC])
    assert checked_address("https://Bücher.Example/x") == "https://xn--bcher-kva.example/x"
    assert asked == ["xn--bcher-kva.example"]


def test_a_name_that_leads_nowhere_is_told_apart(
    inside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(CannotLookUp, match="could not be found"):
        checked_address("https://nowhere.example/x")
    reply = sent("https://nowhere.example/x")
    assert (reply.fate, reply.problem) == (Fate.UNSENT, "NameResolutionError")


@pytest.mark.parametrize(
    "mixed", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::ffff:127.0.0.1"]]
)
def test_one_private_address_among_several_is_enough(
    names: Any, inside: Receiver, mixed: list[str]
) -> None:
    asked = names(mixed)
    with pytest.raises(ValidationError, match=PRIVATE):
        checked_address("https://hook.example/x")
    reply = sent(f"http://hook.example:{port_of(inside)}/x")
    assert (reply.fate, reply.problem) == (Fate.UNSENT, "NotPublic")
    assert inside.connections == 0
    assert len(asked) == 2


def test_a_name_that_leads_elsewhere_when_it_is_asked_again_gets_nothing(
    names: Any, inside: Receiver
) -> None:
    """It was public when it was typed, and leads here when it is used."""
    asked = names([PUBLIC], ["127.0.0.1"])
    checked_address(f"https://hook.example:{port_of(inside)}/x")
    reply = sent(f"http://hook.example:{port_of(inside)}/x")
    assert (reply.fate, reply.problem) == (Fate.UNSENT, "NotPublic")
    assert inside.connections == 0
    assert len(asked) == 2


def test_it_is_asked_once_and_what_was_judged_is_what_is_connected(
    names: Any, inside: Receiver, settings: Any
) -> None:
    """By a network that an operator listed: asked a second time it would lead into another one."""
    settings.RECEIVERS_IN_OWN_NETWORK = ["127.0.0.1/32"]
    asked = names(["127.0.0.1"], ["10.0.0.1"])
    reply = sent(f"http://hook.example:{port_of(inside)}/x")
    assert reply.status == 204
    assert asked == ["hook.example"]
    assert inside.got[0].headers["host"] == f"hook.example:{port_of(inside)}"


def test_the_next_address_is_tried_where_the_first_takes_no_connection(
    names: Any, inside: Receiver, settings: Any
) -> None:
    settings.RECEIVERS_IN_OWN_NETWORK = ["127.0.0.0/8"]
    names(["127.9.9.9", "127.0.0.1"])
    assert sent(f"http://hook.example:{port_of(inside)}/x").status == 204


def test_a_redirect_into_the_own_network_is_an_answer(
    names: Any, inside: Receiver, settings: Any
) -> None:
    settings.RECEIVERS_IN_OWN_NETWORK = ["hook.example"]
    names(["127.0.0.1"])
    with receiving() as hidden:
        inside.answer = lambda got: Says(307, {"location": hidden.address})
        assert sent(f"http://hook.example:{port_of(inside)}/x").status == 307
        assert hidden.connections == 0


def test_no_proxy_of_the_host_is_asked(
    names: Any, inside: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RECEIVERS_IN_OWN_NETWORK = ["hook.example"]
    names(["127.0.0.1"])
    with receiving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.setenv("ALL_PROXY", proxy.address)
        assert sent(f"http://hook.example:{port_of(inside)}/x").status == 204
        assert proxy.connections == 0


@pytest.mark.parametrize(
    ("listed", "address", "taken"),
    [
        ("n8n.internal:5678", "http://n8n.internal:5678/hook", True),
        ("n8n.internal:5678", "https://n8n.internal:5678/hook", True),
        ("n8n.internal:5678", "http://n8n.internal:6379/hook", False),
        ("n8n.internal:5678", "http://n8n.internal/hook", False),
        ("n8n.internal", "https://n8n.internal/hook", True),
        ("n8n.internal", "https://n8n.internal:5678/hook", False),
        ("n8n.internal", "https://other.internal/hook", False),
        ("10.1.0.0/16", "https://n8n.internal/hook", True),
        ("10.1.0.0/16", "https://10.1.9.9/hook", True),
        ("10.1.0.0/16", "http://10.1.9.9:80/hook", True),
        ("10.1.0.0/16", "https://10.2.0.1/hook", False),
        ("10.1.2.3:5678", "http://10.1.2.3:5678/hook", True),
        ("10.1.2.3:5678", "http://10.1.2.4:5678/hook", False),
    ],
)
def test_what_an_operator_listed_is_taken_and_nothing_beside_it(
    names: Any, settings: Any, inside: Receiver, listed: str, address: str, taken: bool
) -> None:
    settings.RECEIVERS_IN_OWN_NETWORK = [listed]
    if "internal" in address:
        names(["10.1.2.3"])
    if taken:
        assert checked_address(address)
    else:
        with pytest.raises(ValidationError):
            checked_address(address)


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://hooks.slack.com/services/x", True),
        ("https://HOOKS.slack.com./services/x", True),
        ("https://hooks.zapier.com/x", True),
        ("https://zapier.com/x", False),
        ("https://evilzapier.com/x", False),
        ("https://hooks.slack.com.evil.example/x", False),
        ("https://x.hooks.slack.com/x", False),
        ("https://93.184.216.34/x", False),
        ("https://n8n.internal/x", True),  # listed as of the own network
    ],
)
def test_where_receivers_are_listed_nothing_goes_anywhere_else(
    settings: Any, address: str, taken: bool
) -> None:
    settings.PUBLIC_RECEIVERS = ["hooks.slack.com", ".Zapier.com"]
    settings.RECEIVERS_IN_OWN_NETWORK = ["n8n.internal"]
    if taken:
        assert well_formed(address)
    else:
        with pytest.raises(ValidationError, match="Nothing is sent to"):
            well_formed(address)


def test_a_listed_name_that_leads_to_secrets_of_a_cloud_is_not_taken(
    names: Any, settings: Any, inside: Receiver
) -> None:
    settings.RECEIVERS_IN_OWN_NETWORK = ["n8n.internal"]
    for place in ("169.254.169.254", "fd00:ec2::254", "224.0.0.1", "0.0.0.0"):
        names([place])
        with pytest.raises(ValidationError, match=PRIVATE):
            checked_address("https://n8n.internal/hook")


def test_tests_and_the_demo_reach_this_machine_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    assert checked_address("http://127.0.0.1:5678/x") == "http://127.0.0.1:5678/x"
    assert well_formed("http://localhost:5678/x")
    with pytest.raises(ValidationError):
        checked_address("https://10.0.0.1/x")


@pytest.mark.parametrize("wrong", ["10.0.0.0/33", "n8n internal", "name:port", "https://n8n/", ""])
def test_a_list_that_cannot_be_read_stops_the_start(settings: Any, wrong: str) -> None:
    settings.RECEIVERS_IN_OWN_NETWORK = [wrong]
    assert [each.id for each in own_receivers_are_places(None)] == ["connections.E007"]
    settings.RECEIVERS_IN_OWN_NETWORK = ["n8n.internal:5678", "10.0.0.0/8", "[fd00::/8]:8443"]
    assert own_receivers_are_places(None) == []
