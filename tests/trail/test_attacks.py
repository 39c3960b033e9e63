"""The trail against somebody with the database in hand: each deed is found, and named."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from apps.billing.models import ActLimit, Approval, Payment
from apps.staff.security import Kind, note
from apps.sync.models import Call
from apps.trail.links import beginning, chain, head
from apps.trail.models import Again, Entry, Floor
from apps.trail.sealing import seal
from apps.trail.verifying import verify
from tests.exchange.archive.world import FullWorld
from tests.trail.raw import attack, copied, found, only, refused, unguarded, value

HISTORY = "billing_historicalinvoice"
FRESH = "0" * 31 + "1"
LAST_YEAR = datetime(2025, 3, 3, 9, tzinfo=UTC)


def test_what_nobody_touched_is_good(sealed: FullWorld) -> None:
    report = verify()

    assert found(report) == []
    assert report.entries == Entry.objects.count() > 90
    assert report.unsealed == 0
    assert report.head == (report.entries, head()[1].hex())
    seal()
    assert Entry.objects.count() == report.entries, "nothing is sealed twice"


# --- Rewritten ------------------------------------------------------------------------------------


def test_the_total_of_an_invoice(sealed: FullWorld) -> None:
    invoice = sealed.invoice
    attack("UPDATE billing_invoice SET total = total + 1000 WHERE id = %s", invoice.pk)

    only(found(), "differs from its history", invoice.number, "of Thornfield Trading Ltd",
         f"row {invoice.pk} of billing_invoice", f"total is {invoice.total + 1000}, and was {invoice.total}")  # fmt: skip


@pytest.mark.variants(keep=3)
@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("billing_invoiceline", "net = net + 5", "its lines"),
        ("billing_payment", "amount = amount + 5", "amount is"),
        ("billing_allocation", "date = '2020-01-01'", "date is 2020-01-01"),
        ("billing_refund", "amount = amount + 5", "amount is"),
        ("billing_deposit", "total = total + 5", "total is"),
        ("billing_depositline", "amount = amount + 5", "its lines"),
        ("billing_exchangerate", "rate = rate + 5", "rate is"),
        ("billing_company", "closing_date = '2020-01-01'", "closing_date is 2020-01-01"),
        ("billing_actlimit", "amount = NULL", "amount is None"),
        ("billing_payment", "applied = applied + 5", "what stands applied adds up to"),
        ("billing_customer", "email = 'mallory@example.com'", "email is mallory@example.com"),
    ],
)
def test_a_record_by_one_of_its_fields(
    table: str, change: str, says: str, sealed: FullWorld
) -> None:
    key = value(f"SELECT max(id) FROM {table}")
    attack(f"UPDATE {table} SET {change} WHERE id = %s", key)

    findings = found()
    assert {what for what, _ in findings} == {"differs from its history"}
    assert len(findings) == 1
    assert says in findings[0][1]


def test_a_row_of_history_and_its_record_with_it(sealed: FullWorld) -> None:
    key = value(f"SELECT max(history_id) FROM {HISTORY} WHERE id = %s", sealed.invoice.pk)
    change = f"UPDATE {HISTORY} SET total = 1 WHERE history_id = %s"
    assert "written once" in refused(change, key)
    attack(change, key)
    attack("UPDATE billing_invoice SET total = 1 WHERE id = %s", sealed.invoice.pk)

    only(found(), "rewritten", f"The history of invoice {sealed.invoice.pk} ({sealed.invoice.number})",
         "of Thornfield Trading Ltd", f"row {key} of {HISTORY}", "was rewritten after it was sealed")  # fmt: skip


def test_the_answer_of_a_call_and_what_it_said(sealed: FullWorld) -> None:
    call = Call.objects.exclude(answer=b"").latest("pk")
    attack("UPDATE sync_call SET answer = %s WHERE id = %s", b"forged", call.pk)

    only(found(), "rewritten", "The bodies of call", f"row {call.pk} of sync_call")
    attack(
        "UPDATE sync_call SET answer = %s, status = 201 WHERE id = %s", bytes(call.answer), call.pk
    )
    only(found(), "rewritten", f"The call ({call.path})")


@pytest.mark.slow
def test_two_rows_whose_contents_were_swapped(sealed: FullWorld) -> None:
    """Of two invoices, the oldest rows of their history."""
    first, second = (
        value(f"SELECT min(history_id) FROM {HISTORY} WHERE id = %s", each.pk)
        for each in (sealed.invoice, sealed.open_invoice)
    )
    with unguarded(), connection.cursor() as cursor:
        for old, new in ((first, -1), (second, first), (-1, second)):
            cursor.execute(
                f"UPDATE {HISTORY} SET history_id = %s WHERE history_id = %s", [new, old]
            )

    rewritten = [sentence for what, sentence in found() if what == "rewritten"]
    for sentence, key in zip(rewritten, sorted([first, second]), strict=True):
        assert f"row {key} of {HISTORY}" in sentence


@pytest.mark.slow
def test_a_decision_that_was_opened_again(sealed: FullWorld) -> None:
    attack("UPDATE billing_approval SET state = 'approved', decided_by_id = %s WHERE id = %s",
           value("SELECT max(id) FROM staff_user"), Approval.objects.latest("pk").pk)  # fmt: skip
    assert {what for what, _ in found()} == {"differs from its history"}


# --- Cut out --------------------------------------------------------------------------------------


def test_a_row_of_history(sealed: FullWorld) -> None:
    key = value(f"SELECT min(history_id) FROM {HISTORY} WHERE id = %s", sealed.invoice.pk)
    delete = f"DELETE FROM {HISTORY} WHERE history_id = %s"
    assert "written once" in refused(delete, key)
    attack(delete, key)

    only(found(), "cut out", "The history of invoice", f"row {key} of {HISTORY}", "no rule did it")


def test_an_approval(sealed: FullWorld) -> None:
    approval = Approval.objects.latest("pk")
    attack("DELETE FROM billing_approval WHERE id = %s", approval.pk)

    findings = found()
    assert {what for what, _ in findings} == {"cut out"}
    said = " ".join(sentence for _, sentence in findings)
    assert f"The request of approval of Thornfield Trading Ltd, row {approval.pk}" in said
    assert "its history tells of no deletion" in said


@pytest.mark.slow
def test_bodies_that_no_rule_took(sealed: FullWorld) -> None:
    call = Call.objects.exclude(answer=b"").latest("pk")
    attack("UPDATE sync_call SET answer = %s, body = %s WHERE id = %s", b"", b"", call.pk)

    only(found(), "cut out", "were taken away, and no rule did it")


@pytest.mark.slow
def test_entries_in_the_middle(sealed: FullWorld) -> None:
    delete = "DELETE FROM trail_entry WHERE number BETWEEN 5 AND 9"
    assert "written once" in refused(delete)
    attack(delete, rows=5)

    assert ("cut out", "Entries 5 to 9 are missing") in [
        (what, sentence[:26]) for what, sentence in found()
    ]


def test_the_last_five_entries_by_what_this_host_saw_and_by_the_mail(
    sealed: FullWorld, heads: Path
) -> None:
    number, link = head()
    attack("DELETE FROM trail_entry WHERE number > %s", number - 5, rows=5)

    tails = [sentence for what, sentence in found() if what == "tail cut"]
    assert len(tails) == 1
    assert f"This host saw entry {number:,}" in tails[0]
    for file in heads.iterdir():
        file.unlink()
    assert "tail cut" not in {what for what, _ in found()}
    mailed = found(verify(known=[(number, link.hex())]))
    assert any(each.startswith(f"The trail does not hold entry {number:,}") for _, each in mailed)
    assert "put in later" in {what for what, _ in mailed}, "their rows have lost their seals"


@pytest.mark.slow
def test_an_older_copy_that_went_on(sealed: FullWorld, heads: Path) -> None:
    """As a restored copy looks: what came last is not there, and others have its numbers."""
    seen = head()[0]
    for number in range(3):
        note(Kind.OPERATED, f"Deed {number}")
    seal()
    gone = head()[0]
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM staff_securityevent WHERE words LIKE 'Deed%%'")
        cursor.execute("DELETE FROM trail_entry WHERE number > %s", [seen])
    for number in range(9):
        note(Kind.OPERATED, f"Other deed {number}")
    seal()
    assert head()[0] > gone

    only(found(), "tail cut", f"This host saw entry {gone:,}", "restored from an older copy")


# --- Put in ---------------------------------------------------------------------------------------


def test_a_row_of_history_that_is_dated_back(sealed: FullWorld) -> None:
    newest = value(f"SELECT max(history_id) FROM {HISTORY}")
    first = value(f"SELECT min(history_id) FROM {HISTORY} WHERE id = %s", sealed.invoice.pk)
    with unguarded():
        copied(HISTORY, "history_id", first, {"history_id": newest + 7, "history_date": LAST_YEAR})
        # The record still equals the newest row, since another one follows.
        last = value(f"SELECT max(history_id) FROM {HISTORY} WHERE id = %s AND history_id < %s",
                     sealed.invoice.pk, newest + 7)  # fmt: skip
        copied(
            HISTORY, "history_id", last, {"history_id": newest + 8, "history_date": timezone.now()}
        )
    seal()

    only(found(), "put in later", f"row {newest + 7} of {HISTORY}", "says it is of 3 March 2025")


@pytest.mark.slow
def test_a_row_below_all_that_is_sealed(sealed: FullWorld) -> None:
    first = value(f"SELECT min(history_id) FROM {HISTORY}")
    with unguarded():
        copied(HISTORY, "history_id", first, {"history_id": -4, "history_date": LAST_YEAR})
    seal()

    only(found(), "put in later", f"row -4 of {HISTORY}", "has no seal", "3 March 2025")


@pytest.mark.slow
def test_a_floor_that_was_set_back_does_not_hide_it(sealed: FullWorld) -> None:
    first = value(f"SELECT min(history_id) FROM {HISTORY}")
    Floor.objects.filter(kind="billing.HistoricalInvoice").update(key=-10, looked_at=None)
    with unguarded():
        copied(HISTORY, "history_id", first, {"history_id": -4, "history_date": LAST_YEAR})
    seal()

    only(found(), "order changed", "set back how far “billing.HistoricalInvoice”")


@pytest.mark.slow
def test_a_row_that_somebody_has_sealed_again(sealed: FullWorld) -> None:
    key = value(f"SELECT max(history_id) FROM {HISTORY} WHERE id = %s", sealed.invoice.pk)
    attack(f"UPDATE {HISTORY} SET message = 'forged' WHERE history_id = %s", key)
    attack("UPDATE billing_invoice SET message = 'forged' WHERE id = %s", sealed.invoice.pk)
    Again.objects.create(kind="billing.HistoricalInvoice", key=key)
    seal()

    only(found(), "rewritten", "was sealed again, and no rule had changed it")


def test_a_deed_by_rule_that_was_written_by_hand(sealed: FullWorld) -> None:
    event = note(Kind.OPERATED, "Deleted the books")
    seal()
    now = timezone.now()
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM staff_securityevent WHERE id = %s", [event.pk])
        cursor.execute(
            'INSERT INTO trail_ruleddeed (what, rule, "table", part, keys, count, mark, under, done_at)'
            " VALUES ('purged', 'Old', 'staff.SecurityEvent', '', %s, 1, %s, 'abcd', %s)",
            [f"[[{event.pk}, {event.pk}]]", b"mark", now],
        )
    seal()

    findings = found()
    assert sorted(what for what, _ in findings) == ["cut out", "put in later"]
    assert f"row {event.pk} of staff_securityevent" in " ".join(each for _, each in findings)


# --- The chain ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_entries_that_changed_places(sealed: FullWorld) -> None:
    with unguarded(), connection.cursor() as cursor:
        for move, to in ((3, -1), (4, 3), (-1, 4)):
            cursor.execute("UPDATE trail_entry SET number = %s WHERE number = %s", [to, move])

    assert ("order changed", "Entries 3 to 5 do not follow") in [
        (what, sentence[:28]) for what, sentence in found()
    ]


@pytest.mark.slow
def test_everything_hashed_anew_without_the_key(sealed: FullWorld) -> None:
    """As somebody does who knows how it is made and has only the database."""
    attack("UPDATE sync_call SET status = 201 WHERE id = (SELECT max(id) FROM sync_call)")
    link = beginning(chain().public_id)
    with unguarded(), connection.cursor() as cursor:
        for entry in Entry.objects.order_by("number"):
            digest = hashlib.sha256(bytes(entry.salt) + str(entry.key).encode()).digest()
            link = hashlib.sha256(link + digest).digest()
            cursor.execute(
                "UPDATE trail_entry SET digest = %s, link = %s WHERE number = %s",
                [digest, link, entry.number],
            )

    findings = found()
    last = Entry.objects.count()
    assert ("order changed", f"Entries 1 to {last:,} do not follow") in [
        (what, sentence[: sentence.find(" from")]) for what, sentence in findings
    ]
    assert [what for what, _ in findings].count("tail cut") == 1


@pytest.mark.slow
def test_triggers_that_were_taken_away(sealed: FullWorld) -> None:
    with unguarded():
        only(found(), "not guarded", "Run manage.py migrate")
    assert found() == []


@pytest.mark.slow
def test_a_payment_that_was_put_in_and_a_limit_that_was_taken_out(sealed: FullWorld) -> None:
    payment, limit = Payment.objects.latest("pk"), ActLimit.objects.latest("pk")
    with unguarded(), connection.cursor() as cursor:
        copied("billing_payment", "id", payment.pk, {"id": payment.pk + 100, "public_id": FRESH})
        cursor.execute("DELETE FROM billing_actlimit WHERE id = %s", [limit.pk])

    findings = found()
    assert {what for what, _ in findings} == {"cut out", "differs from its history"}
    said = " ".join(each for _, each in findings)
    assert f"row {payment.pk + 100} of billing_payment, has no history" in said
    assert f"row {limit.pk} of billing_actlimit, is gone" in said


@pytest.mark.variants(keep=3)
@pytest.mark.parametrize(
    "table", ["staff_securityevent", "trail_entry", HISTORY, "trail_ruleddeed"]
)
def test_what_is_written_once_the_database_itself_refuses_to_alter(
    table: str, sealed: FullWorld
) -> None:
    note(Kind.OPERATED, "Somebody was here")
    attack(f"UPDATE {table} SET {value_column(table)} = {value_column(table)}", rows=None)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {value_column(table)} = NULL"):
        if value(f"SELECT count(*) FROM {table}"):
            assert "written once" in refused(statement)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # none is left for the end
        assert "written once" in refused(f"TRUNCATE {table} CASCADE")


def value_column(table: str) -> str:
    return {"staff_securityevent": "words", "trail_entry": "salt", HISTORY: "message"}.get(
        table, "rule"
    )


@pytest.mark.slow
def test_since_leaves_out_what_was_sealed_before(sealed: FullWorld) -> None:
    before = Entry.objects.count()
    later = timezone.now() + timedelta(seconds=1)
    assert verify(since=later - timedelta(days=1)).entries == before
    assert verify(since=later + timedelta(days=1)).entries == 0
