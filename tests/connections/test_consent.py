"""Connecting books: the state that comes back, and which books are refused."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from apps.billing.models import Company, NumberSeries
from apps.connections import consent
from apps.connections.endpoints import app_of
from apps.connections.models import Connection, ConsentState, Grant
from apps.connections.tokens import opened
from apps.staff.models import User
from tests.connections.paper import Paper
from tests.connections.people import a_company, a_connection
from tests.led_away import led_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, fay: User) -> Client:
    client.force_login(fay)
    return client


def sent_off(browser: Client, company: Company, **form: str) -> str:
    """Start at the page of the company; the state that goes to Paper's consent page."""
    path = f"/connections/start/{company.pk}/paper/test/"
    answer = browser.post(path, form) if form else browser.get(path)
    return state_in(led_to(answer))


def state_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def come_back(browser: Client, paper: Paper, state: str, book: str = "77", **query: str):
    query = {"state": state, "book": book, "code": paper.new_code()} | query
    return browser.get("/connections/paper/callback/", query)


def test_the_consent_page_is_asked_with_everything_it_needs(
    browser: Client, paper: Paper, company: Company
) -> None:
    answer = browser.get(f"/connections/start/{company.pk}/paper/test/")
    address = urlsplit(led_to(answer))
    query = parse_qs(address.query)
    assert address.path == "/consent"
    assert query["client_id"] == ["paper-client"]
    assert query["response_type"] == ["code"]
    assert query["scope"] == ["paper.books"]
    assert query["redirect_uri"] == ["http://127.0.0.1:8000/connections/paper/callback/"]
    assert len(query["state"][0]) >= 43
    assert query["state"][0] not in str(ConsentState.objects.values().get())


def test_consent_makes_a_connection_and_tells_our_company_what_their_books_demand(
    browser: Client, paper: Paper, company: Company, fay: User
) -> None:
    paper.ledger["closing_date"] = "2026-01-31"
    answer = come_back(browser, paper, sent_off(browser, company))
    assert answer.status_code == 302
    connection = Connection.objects.get()
    company.refresh_from_db()
    assert (connection.remote_company_id, connection.name) == ("77", "Willow Ltd")
    assert (connection.home_currency, connection.stage) == ("GBP", "setup")
    assert connection.grant is not None
    assert connection.grant.granted_by == fay
    assert opened(connection.grant, connection.grant.access_token) in paper.access
    assert company.number_length == 21
    assert company.closing_date == date(2026, 1, 31)


def test_our_closing_date_is_never_lowered(browser: Client, paper: Paper, company: Company) -> None:
    company.closing_date, company.number_length = date(2026, 3, 31), 17
    company.save()
    paper.ledger["closing_date"] = "2026-01-31"
    come_back(browser, paper, sent_off(browser, company))
    company.refresh_from_db()
    assert (company.closing_date, company.number_length) == (date(2026, 3, 31), 17)


def refused(answer, *sentences: str) -> None:
    text = answer.content.decode()
    assert answer.status_code == 400
    for sentence in sentences:
        assert sentence in text
    assert "Back to the connections" in text
    assert not Connection.objects.exists()
    assert not Grant.objects.exists()


def test_a_wrong_state_connects_nothing(browser: Client, paper: Paper, company: Company) -> None:
    sent_off(browser, company)
    refused(come_back(browser, paper, "guessed"), "does not belong to a request")
    assert paper.asked["authorization_code"] == 0


def test_a_state_of_one_system_connects_nothing_at_the_address_of_another(
    browser: Client, paper: Paper, company: Company
) -> None:
    state = sent_off(browser, company)
    assert ConsentState.objects.update(system="another") == 1
    refused(come_back(browser, paper, state), "does not belong to a request")
    assert paper.asked["authorization_code"] == 0


def test_an_expired_state_connects_nothing(browser: Client, paper: Paper, company: Company) -> None:
    state = sent_off(browser, company)
    ConsentState.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(come_back(browser, paper, state), "longer than 10 minutes")


def test_a_state_is_good_once(browser: Client, paper: Paper, company: Company) -> None:
    state = sent_off(browser, company)
    come_back(browser, paper, state)
    again = come_back(browser, paper, state)
    assert again.status_code == 400
    assert "used already" in again.content.decode()
    assert paper.asked["authorization_code"] == 1
    assert Connection.objects.count() == 1


def test_a_state_of_another_person_connects_nothing(
    browser: Client, paper: Paper, company: Company, fay: User
) -> None:
    state = sent_off(browser, company)
    other = Client()
    rival = User.objects.create_user("ruth@willow.test", every_company=True)
    rival.groups.set(fay.groups.all())
    other.force_login(rival)
    refused(come_back(other, paper, state), "this browser session")


def test_a_state_of_another_session_of_the_same_person_connects_nothing(
    browser: Client, paper: Paper, company: Company, fay: User
) -> None:
    state = sent_off(browser, company)
    other = Client()
    other.force_login(fay)
    refused(come_back(other, paper, state), "this browser session")


def test_a_state_is_bound_to_the_person_even_within_one_session(
    paper: Paper, company: Company, fay: User, vera: User
) -> None:
    address = consent.start(
        consent.Visitor(user=fay, session_key="shared"), company, app_of("paper", "test")
    )
    with pytest.raises(consent.ConsentRefused):
        consent.take_state(
            consent.Visitor(user=vera, session_key="shared"), "paper", state_in(address)
        )


def test_who_is_denied_over_there_reads_so_and_the_state_is_used_up(
    browser: Client, paper: Paper, company: Company
) -> None:
    state = sent_off(browser, company)
    denied = browser.get("/connections/paper/callback/", {"state": state, "error": "access_denied"})
    refused(denied, "access was not allowed")
    assert come_back(browser, paper, state).status_code == 400
    assert not Connection.objects.exists()


def test_a_code_that_is_no_good_connects_nothing(
    browser: Client, paper: Paper, company: Company
) -> None:
    refused(
        come_back(browser, paper, sent_off(browser, company), code="used-before"),
        "no longer accepts this authorisation",
    )


def test_books_that_cannot_serve_are_refused_with_every_reason_and_given_back(
    browser: Client, paper: Paper, company: Company
) -> None:
    NumberSeries.objects.create(
        company=company, kind="invoice", year=2026, prefix="INVOICE-2026-", width=9
    )
    paper.ledger |= {"home_currency": "USD", "refusals": ["Sales tax is on there."]}
    refused(
        come_back(browser, paper, sent_off(browser, company)),
        "Sales tax is on there.",
        "keeps its books in USD",
        "up to 22 characters",
    )
    assert len(paper.revoked) == 1


def test_books_that_cannot_be_read_connect_nothing(
    browser: Client, paper: Paper, company: Company
) -> None:
    state = sent_off(browser, company)
    paper.on_read = lambda: (503, {})
    refused(come_back(browser, paper, state), "Paper answered 503")


def test_a_missing_company_connects_nothing(
    browser: Client, paper: Paper, company: Company
) -> None:
    refused(
        come_back(browser, paper, sent_off(browser, company), book=""),
        "did not say which company",
    )


def test_a_second_set_of_books_needs_a_person_to_say_so(
    browser: Client, paper: Paper, company: Company
) -> None:
    a_connection(paper, company)
    asked = browser.get(f"/connections/start/{company.pk}/paper/test/")
    assert asked.status_code == 200
    assert "A second set of books for Willow Ltd?" in asked.content.decode()
    assert not ConsentState.objects.exists()
    come_back(browser, paper, sent_off(browser, company, second_books="yes"), book="78")
    assert Connection.objects.count() == 2


def test_a_second_set_that_came_about_meanwhile_is_refused(
    browser: Client, paper: Paper, company: Company
) -> None:
    state = sent_off(browser, company)
    a_connection(paper, company)
    answer = come_back(browser, paper, state, book="78")
    assert answer.status_code == 400
    assert "connected to Books 77 (Paper) already" in answer.content.decode()
    assert Connection.objects.count() == 1


def test_books_of_another_company_are_refused_and_keep_their_consent(
    browser: Client, paper: Paper, company: Company
) -> None:
    held = a_connection(paper, a_company("Elm Ltd"))
    answer = come_back(browser, paper, sent_off(browser, company))
    assert answer.status_code == 400
    assert "belongs to Elm Ltd" in answer.content.decode()
    assert paper.revoked == []
    held.refresh_from_db()
    assert held.grant is not None
    assert held.grant.status == Grant.Status.ACTIVE


def test_books_that_are_connected_already_are_refused(
    browser: Client, paper: Paper, company: Company
) -> None:
    a_connection(paper, company)
    state = sent_off(browser, company, second_books="yes")
    answer = come_back(browser, paper, state)
    assert "is connected already" in answer.content.decode()
    assert Connection.objects.count() == 1


def test_connecting_again_keeps_the_connection_and_erases_the_old_tokens(
    browser: Client, paper: Paper, connection: Connection
) -> None:
    former = connection.grant
    assert former is not None
    Grant.objects.filter(pk=former.pk).update(status=Grant.Status.LOST, lost_reason="Gone.")
    state = state_in(led_to(browser.get(f"/connections/again/{connection.pk}/")))
    assert come_back(browser, paper, state).status_code == 302
    connection.refresh_from_db()
    former.refresh_from_db()
    assert connection.grant is not None
    assert connection.grant.status == Grant.Status.ACTIVE
    assert (former.status, former.access_token, former.refresh_token) == ("revoked", "", "")
    assert paper.revoked == []
    assert Connection.objects.count() == 1


def test_connecting_again_with_another_company_changes_nothing(
    browser: Client, paper: Paper, connection: Connection
) -> None:
    state = state_in(led_to(browser.get(f"/connections/again/{connection.pk}/")))
    answer = come_back(browser, paper, state, book="78")
    before = connection.grant_id
    connection.refresh_from_db()
    assert answer.status_code == 400
    assert "choose the same company" in answer.content.decode()
    assert (connection.grant_id, connection.remote_company_id) == (before, "77")


def test_a_disconnected_connection_comes_back_paused_when_it_was_tested(
    browser: Client, paper: Paper, company: Company
) -> None:
    held = a_connection(
        paper, company, stage="disconnected", trial_matched_at=timezone.now(), grant=None
    )
    come_back(browser, paper, sent_off(browser, company))
    held.refresh_from_db()
    assert (held.stage, held.stage_reason) == (
        "paused",
        "Connected again. Go live when you are ready.",
    )


@pytest.mark.parametrize("who", ["vera", "otto"])
def test_who_may_not_connect_is_refused(
    who: str, client: Client, paper: Paper, company: Company, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    for path in (f"/connections/start/{company.pk}/paper/test/", "/connections/paper/callback/"):
        assert client.get(path).status_code == 403
    assert not ConsentState.objects.exists()


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client, company: Company) -> None:
    answer = client.get(f"/connections/start/{company.pk}/paper/test/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_system_without_a_registration_is_told(
    browser: Client, paper: Paper, company: Company
) -> None:
    answer = browser.get(f"/connections/start/{company.pk}/quickbooks/production/")
    assert answer.status_code == 502
    assert "not registered with QuickBooks" in answer.content.decode()


def test_what_their_settings_do_by_themselves_is_said_at_connect_and_on_the_page(
    browser: Client, paper: Paper, company: Company
) -> None:
    paper.ledger["warnings"] = ["Paper applies credits by itself."]
    answer = come_back(browser, paper, sent_off(browser, company))
    assert [str(each) for each in get_messages(answer.wsgi_request)] == paper.ledger["warnings"]
    connection = Connection.objects.get()
    assert connection.warnings == paper.ledger["warnings"]
    page = render_to_string("backoffice/ledgers/connection.html", {"connection": connection})
    assert "What Paper does by itself" in page
    assert "Paper applies credits by itself." in page
