"""The loser of a decision is kept and can be brought back, over real HTTP."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import void
from apps.billing.changes import made_by
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.decide.acts import decide_conflict, decide_record
from apps.sync.decide.bring_back import bring_back, changed_since, stands_now, why_not
from apps.sync.models import Conflict, Reason, Side, SideRule, State, SyncRecord
from apps.sync.rules.choosing import choose
from tests.books import Books
from tests.factories import make_customer
from tests.sync.rules.there import CASES, Case, rule
from tests.sync.theirs import their_id

each_kind = pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])


def back(books: Books, conflict: Conflict, seen: Any = None) -> Conflict:
    stood = stands_now(conflict) if seen is None else seen
    return bring_back(conflict, user_id=books.fay.pk, reason="It was right", seen=stood)


def decided(books: Books, invoice: Any, case: Case, side: Side) -> tuple[Any, Conflict]:
    """Both sides changed it and the rule let one win."""
    subject = case.of(invoice)
    rule(books, case, side)
    case.there(books, subject, "Theirs now")
    case.here(books, subject, "Ours now")
    books.run()
    return subject, books.record(subject).conflicts.get()


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("side", [Side.OURS, Side.THEIRS])
def test_what_lost_by_a_rule_is_brought_back_and_goes_over(
    books: Books, invoice: Any, case: Case, side: Side
) -> None:
    subject, kept = decided(books, invoice, case, side)
    lost = kept.loser

    made = back(books, kept)
    books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == (lost, lost)
    assert books.record(subject).state == State.IN_THE_BOOKS
    assert "Brought back: It was right" in subject.history.first().history_change_reason
    assert subject.history.first().history_user_id == books.fay.pk
    assert (made.brings_back, made.decided_by, made.rule) == (kept, books.fay, None)
    assert made.loser == kept.winner
    assert books.run().pushed == 0


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("answer", ["ours", "theirs"])
def test_what_lost_by_a_person_is_brought_back_and_back_again(
    books: Books, invoice: Any, case: Case, answer: str
) -> None:
    subject = case.of(invoice)
    case.there(books, subject, "Theirs now")
    case.here(books, subject, "Ours now")
    books.run()
    kept = books.record(subject).conflicts.get()
    decide_conflict(kept, answer, user_id=books.fay.pk)
    books.run()
    kept.refresh_from_db()

    made = back(books, kept)
    books.run()
    assert case.ours(subject) == case.theirs(books, subject) == kept.loser

    back(books, made)
    books.run()
    assert case.ours(subject) == case.theirs(books, subject) == kept.winner
    assert not Conflict.objects.filter(decision="").exists()


@pytest.mark.slow
def test_brought_back_under_a_rule_of_theirs_it_stands_until_they_change_it(
    books: Books, invoice: Any
) -> None:
    case = CASES[0]
    customer, kept = decided(books, invoice, case, Side.THEIRS)
    back(books, kept)
    for _ in range(3):
        books.run()
    assert case.theirs(books, customer) == "Ours now"

    case.there(books, customer, "Theirs again")
    books.run()

    assert (case.ours(customer), case.theirs(books, customer)) == ("Theirs again", "Theirs again")


def test_what_was_changed_since_shows_what_it_is_now_and_asks_again(
    books: Books, invoice: Any
) -> None:
    case = CASES[0]
    customer = invoice.customer
    kept = _kept(books, customer, "name", ours="Bell Ltd", theirs=customer.name)
    assert changed_since(kept) == ""
    seen = stands_now(kept)
    case.here(books, customer, "Renamed since")

    assert "it is “Renamed since” now" in changed_since(kept)
    with pytest.raises(ValidationError, match="Renamed since"):
        back(books, kept, seen)
    assert case.ours(customer) == "Renamed since"
    assert Conflict.objects.count() == 1

    back(books, kept)  # seen, and said again
    assert case.ours(customer) == "Bell Ltd"


def test_a_reason_is_needed_and_what_stands_already_is_not_brought_back(
    books: Books, invoice: Any
) -> None:
    customer = invoice.customer
    kept = _kept(books, customer, "name", ours=customer.name, theirs="Theirs")
    with pytest.raises(ValidationError, match="Give a reason"):
        bring_back(kept, user_id=books.fay.pk, reason=" ", seen=stands_now(kept))
    with pytest.raises(ValidationError, match="already"):
        back(books, kept)


def test_every_value_of_a_customer_comes_back_as_it_was(books: Books, invoice: Any) -> None:
    customer = invoice.customer
    address = {"lines": ["1 Quay"], "city": "Hull", "region": "", "postal_code": "HU1 1AA",
               "country": "GB"}  # fmt: skip
    for path, lost in {"email": "a@b.example", "phone": "0117 1", "address": address}.items():
        back(books, _kept(books, customer, path, ours=lost, theirs=""))
    customer.refresh_from_db()
    assert (customer.email, customer.phone) == ("a@b.example", "0117 1")
    assert (customer.address_lines, customer.city) == ("1 Quay", "Hull")
    item = invoice.lines.get().item
    back(books, _kept(books, item, "unit_price", ours="12.5", theirs="13"))
    item.refresh_from_db()
    assert str(item.unit_price.normalize()) == "12.5"


FROZEN = ["total", "net", "tax", "customer_id", "issue_date", "number", "lines.1.net", "currency"]


@pytest.mark.parametrize("path", FROZEN)
def test_a_frozen_field_is_refused_with_a_sentence(books: Books, invoice: Any, path: str) -> None:
    kept = _kept(books, invoice, path, ours="1", theirs="2")
    assert "is issued, so its" in why_not(kept)
    with pytest.raises(ValidationError, match="Credit it and issue a new one"):
        back(books, kept, "1")


def test_what_a_person_decided_about_an_amount_is_refused_too(books: Books, invoice: Any) -> None:
    books.server.act(books.realm, "change_line", id=their_id(books, invoice), amount=120)
    books.run()
    record = books.record(invoice)
    decide_record(record, Conflict.Decision.OURS, user_id=books.fay.pk)
    for each in record.conflicts.all():
        assert each.loser != each.winner
        assert why_not(each)


def test_a_void_document_is_refused(books: Books, invoice: Any) -> None:
    kept = _kept(books, invoice, "message", ours="Lost", theirs="")
    void(invoice, reason="Typed twice")
    assert "is void" in why_not(Conflict.objects.get(pk=kept.pk))


def test_a_merged_customer_and_one_that_is_gone_there_are_refused(
    books: Books, invoice: Any
) -> None:
    customer = invoice.customer
    kept = _kept(books, customer, "name", ours="Lost", theirs=customer.name)
    other = make_customer(books.company, name="The one that stays")
    customer.merged_into = other
    customer.save_by_act()
    assert "merged into The one that stays" in why_not(Conflict.objects.get(pk=kept.pk))
    item = invoice.lines.get().item
    kept = _kept(books, item, "name", ours="Lost", theirs=item.name)
    SyncRecord.objects.filter(item=item).update(state=State.GONE, reason=Reason.GONE)
    assert "does not stand in QuickBooks any more" in why_not(Conflict.objects.get(pk=kept.pk))
    with pytest.raises(ValidationError, match="any more"):
        back(books, kept, item.name)


def test_what_is_asked_again_is_decided_there(books: Books, invoice: Any) -> None:
    customer = invoice.customer
    kept = _kept(books, customer, "name", ours="Lost", theirs=customer.name)
    Conflict.objects.create(
        sync_record=books.record(customer), path="name", base="a", ours="b", theirs="c"
    )
    assert "Changed on both sides" in why_not(kept)


def test_books_that_win_in_it_beside_these_are_named(books: Books, invoice: Any) -> None:
    customer = invoice.customer
    kept = _kept(books, customer, "name", ours="Lost", theirs=customer.name)
    beside = Connection.objects.get(pk=books.connection.pk)
    beside.pk, beside.public_id, beside.remote_company_id = None, "0" * 32, "beside"
    beside.name = "The other books"
    beside.save()
    SideRule.objects.create(connection=beside, kind="customer", field="name", side="theirs")
    SyncRecord.objects.create(
        connection=beside, kind="customer", customer=customer, wanted=1, sent=1
    )
    assert "The other books" in why_not(kept)
    assert "wins in the name" in why_not(kept)


def test_a_value_that_ours_may_not_have_is_refused_in_billing_s_words(
    books: Books, invoice: Any
) -> None:
    make_customer(books.company, name="Taken")
    kept = _kept(books, invoice.customer, "name", ours="Taken", theirs=invoice.customer.name)
    with pytest.raises(ValidationError, match="There is a customer of this name already"):
        back(books, kept)
    assert not kept.brought_back.exists()


def test_who_chose_is_kept_and_a_fixed_field_is_refused(books: Books) -> None:
    with made_by(books.fay.pk):
        assert choose(books.connection, Kind.CUSTOMER, "email", Side.OURS)
        assert not choose(books.connection, Kind.CUSTOMER, "email", Side.OURS)
        assert choose(books.connection, Kind.CUSTOMER, "email", Side.ASK)
    chosen = SideRule.objects.get()
    assert chosen.changed_by == books.fay
    assert [each.side for each in chosen.history.all()] == ["ask", "ours"]
    assert {each.history_user for each in chosen.history.all()} == {books.fay}
    for kind, field in ((Kind.INVOICE, "total"), (Kind.ITEM, "account_id")):
        with pytest.raises(ValidationError):
            choose(books.connection, kind, field, Side.OURS)
    with pytest.raises(ValidationError, match="cannot be deleted"):
        chosen.delete()


def _kept(books: Books, subject: Any, path: str, *, ours: Any, theirs: Any) -> Conflict:
    """Theirs stood; ours gave way."""
    return Conflict.objects.create(
        sync_record=books.record(subject),
        path=path,
        base=theirs,
        ours=ours,
        theirs=theirs,
        decision=Conflict.Decision.THEIRS,
        decided_by=books.fay,
        decided_at=books.record(subject).changed_at,
    )
