"""An address that a person typed leads into no private network, by no way of writing it."""

import socket
from typing import Any

import pytest

from apps.alerts.telling import chat
from apps.connectors import http
from apps.connectors.moments import within
from apps.connectors.port import Fate
from apps.exchange.schedules.posting import Later, Refused
from tests.alerts.chat import Chat, chat_server


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)


@pytest.mark.parametrize(
    "address",
    [
        "http://93.184.216.34/services/x",
        "ftp://93.184.216.34/x",
        "https:///services/x",
        "93.184.216.34/services",
        "",
    ],
)
def test_only_https_is_taken(address: str) -> None:
    with pytest.raises(Refused, match="https"):
        chat.refuse_unfit(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254",
        "0.0.0.0", "100.64.0.1", "[::1]", "[::ffff:10.0.0.1]", "[fd00::1]", "[fe80::1]",
        "[64:ff9b::a00:1]", "[2002:a00:1::]", "224.0.0.1", "2130706433", "0x7f.1",
    ],
)  # fmt: skip
def test_no_address_of_a_private_network_is_taken(host: str) -> None:
    with pytest.raises(Refused, match="private network"):
        chat.refuse_unfit(f"https://{host}/services/x")


def test_a_public_address_is_taken() -> None:
    chat.refuse_unfit("https://93.184.216.34/services/x")
    chat.refuse_unfit("https://[2606:2800:220:1:248:1893:25c8:1946]/services/x")


def test_a_name_that_leads_elsewhere_when_it_is_asked_again_gets_nothing(
    chat_: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is looked at where the connection really went, too."""
    monkeypatch.setattr(chat, "_found", lambda host: ["93.184.216.34"])
    monkeypatch.setattr(chat, "require_secure", lambda address: None)
    with pytest.raises(Exception, match="could not be reached"):
        chat.send(chat_.address, "a word")
    assert chat_.asked == []


def test_what_a_chat_answers_decides(chat_: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    chat_.location = chat_.address.replace("services", "elsewhere")
    for status, outcome in ((503, Later), (429, Later), (404, Refused), (302, Refused)):
        chat_.status = status
        with pytest.raises(outcome, match=f"The chat answered {status}"):
            chat.send(chat_.address, "a word")
    assert len(chat_.asked) == 4  # a redirect is not followed


def test_a_session_for_public_addresses_lets_no_byte_leave_to_another(chat_: Chat) -> None:
    with http.pooled_session(1, public_only=True) as session:
        reply = http.exchange(session, "GET", chat_.address, headers={}, until=within(5))
    assert (reply.fate, chat_.asked) == (Fate.UNSENT, [])


def test_one_of_several_addresses_that_is_private_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def two(*_: Any) -> Any:
        return [(socket.AF_INET, 0, 0, "", (each, 0)) for each in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(Refused):
        chat.refuse_unfit("https://chat.example/services/x")


@pytest.fixture
def chat_() -> Any:
    with chat_server() as found:
        yield found
