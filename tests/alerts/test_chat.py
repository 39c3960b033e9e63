"""An address that a person typed leads into no private network, by no way of writing it."""

import socket
from typing import Any

import pytest

from apps.alerts.telling import chat
from apps.exchange.schedules.posting import Later, Refused
from tests.alerts.chat import Chat, chat_server


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)


def test_an_address_is_judged_as_all_that_are_typed() -> None:
    """By every way of writing one in tests/connections/test_typed_addresses.py."""
    for address in ("http://93.184.216.34/x", "https:///x", ""):
        with pytest.raises(Refused):
            chat.refuse_unfit(address)
    with pytest.raises(Refused, match="private network"):
        chat.refuse_unfit("https://10.1.2.3/services/x")
    chat.refuse_unfit("https://93.184.216.34/services/x")


def test_a_name_that_leads_elsewhere_when_it_is_asked_again_gets_nothing(
    chat_: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    port = int(chat_.address.split(":")[2].split("/")[0])
    monkeypatch.setattr(socket, "getaddrinfo", here)
    with pytest.raises(Refused, match="private network"):
        chat.send("https://chat.example/services/x", "a word")
    assert chat_.asked == []


def test_what_a_chat_answers_decides(chat_: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    chat_.location = chat_.address.replace("services", "elsewhere")
    for status, outcome in ((503, Later), (429, Later), (404, Refused), (302, Refused)):
        chat_.status = status
        with pytest.raises(outcome, match=f"The chat answered {status}"):
            chat.send(chat_.address, "a word")
    assert len(chat_.asked) == 4  # a redirect is not followed


@pytest.fixture
def chat_() -> Any:
    with chat_server() as found:
        yield found
