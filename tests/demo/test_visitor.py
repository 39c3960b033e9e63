"""The demo's visitor fills in real pages as a browser would."""

import pytest
import responses

from apps.demo.place import DemoRefused
from apps.demo.visitor import Visitor, forms_of

CONSENT = """
<form action="/search"><input name="q"></form>
<form method="post">
  <input type="hidden" name="state" value="abc">
  <input type="radio" name="realm" value="1" checked><input type="radio" name="realm" value="2">
  <input type="checkbox" name="later" value="yes">
  <button name="decision" value="connect">Connect</button>
</form>
"""


def test_hidden_fields_and_what_is_ticked_are_sent_back() -> None:
    search, consent = forms_of(CONSENT)

    assert (search.method, search.action) == ("get", "/search")
    assert consent.fields == {"state": "abc", "realm": "1"}
    assert consent.choices == {"realm": ["1", "2"], "later": ["yes"]}
    assert consent.buttons == [("decision", "connect")]


@responses.activate
def test_the_company_of_the_demo_is_chosen_on_the_consent_page() -> None:
    responses.get("http://127.0.0.1:9/consent", body=CONSENT)
    responses.post("http://127.0.0.1:9/consent", body="connected")
    visitor = Visitor("http://127.0.0.1:9")

    answer = visitor.approve(visitor.open("/consent"), "2")

    assert answer.text == "connected"
    assert answer.request.body == "state=abc&realm=2&decision=connect"


CHOOSE = """
<form method="post">
  <input type="checkbox" name="organisation" value="1">
  <input type="checkbox" name="organisation" value="2">
  <select name="company_2"><option value="7">Elm<option value="8" selected>Oak</select>
  <button type="submit">Connect what is ticked</button>
</form>
"""


@responses.activate
def test_where_a_consent_opens_several_companies_it_is_chosen_on_our_page_too() -> None:
    responses.get("http://127.0.0.1:9/consent", body=CONSENT)
    responses.post("http://127.0.0.1:9/consent", body=CHOOSE)
    responses.post("http://127.0.0.1:9/consent", body="connected")
    visitor = Visitor("http://127.0.0.1:9")

    answer = visitor.approve(visitor.open("/consent"), "2")

    assert answer.text == "connected"
    assert answer.request.body == "company_2=8&organisation=2"


@responses.activate
def test_a_company_that_the_page_does_not_offer_is_refused() -> None:
    responses.get("http://127.0.0.1:9/consent", body=CONSENT)
    visitor = Visitor("http://127.0.0.1:9")

    with pytest.raises(DemoRefused, match="does not offer the company"):
        visitor.approve(visitor.open("/consent"), "3")


@responses.activate
def test_an_error_page_is_named_without_its_query() -> None:
    responses.get("http://127.0.0.1:9/callback", status=400, body="no")

    with pytest.raises(DemoRefused) as refused:
        Visitor("http://127.0.0.1:9").open("/callback?code=secret")

    assert "answered 400" in str(refused.value)
    assert "secret" not in str(refused.value)


@responses.activate
def test_a_refused_sign_in_is_told() -> None:
    page = '<form method="post"><input name="login"><input type="password" name="password"></form>'
    responses.get("http://127.0.0.1:9/accounts/login/", body=page)
    responses.post("http://127.0.0.1:9/accounts/login/", body=page)

    with pytest.raises(DemoRefused, match="sign-in was refused"):
        Visitor("http://127.0.0.1:9").sign_in("fay@example.com", "wrong")
