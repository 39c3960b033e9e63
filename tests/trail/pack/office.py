"""A small company with one of each thing that an auditor asks about, and another one beside it.

Times are those of the acts, so that each row of a pack can be written down by hand. The period is
March 2026 as London counts it: it ends at 23:00 UTC of the 31st.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import time_machine

from apps.billing import actions
from apps.billing.acts.approving import approve, ask
from apps.billing.acts.closing import set_closing_date
from apps.billing.acts.drafting import DraftLine
from apps.billing.changes import made_by
from apps.billing.models import ActLimit, Company
from apps.billing.rules.limits import NeedsApproval
from apps.connections.models import Connection
from apps.mappings.models import Mapping, RemoteCode
from apps.staff.access import add_member, set_up_roles
from apps.staff.models import User
from apps.staff.people import agree, change_rights
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note
from apps.sync.models import Attempt, Call, Edit, RemoteRecord, Run, State, SyncRecord, packed
from apps.triggers.api.keys import make_key
from tests.backoffice.people import PASSWORD
from tests.backoffice.signed import signed_before
from tests.backoffice.world import make_connection
from tests.factories import make_company, make_customer, make_invoice, make_item

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


@contextmanager
def at(text: str, by: User | None = None, reason: str = "") -> Iterator[None]:
    """`at("03-02 10:00", fay)`: what is done then, by whom; time stands still meanwhile."""
    moment = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    with (
        time_machine.travel(moment, tick=False),
        made_by(by.pk if by else None, reason=reason),
    ):
        yield


class Office:
    """Wren & Sons Ltd, with Ada, Fay and Gus."""

    def __init__(self) -> None:
        with at("01-05 09:00"):
            set_up_roles()
            self.ada = add_member("ada@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Ada")
            self.fay = add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")
            self.gus = add_member("gus@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Gus")
            self.company = make_company(
                legal_name="Wren & Sons Ltd", time_zone="Europe/London", amend_allowed=True
            )
            self.customer = make_customer(self.company, name="Bell & Daughters")
            self.item = make_item(self.company, code="LAN-1", name="Brass lantern")
            self.connection = make_connection(self.company, name="Wren's books")
        self._documents()
        self._sends()
        self._settings()
        self._people()
        self._signed()

    def invoice(self, day: date, **fields: Any) -> Any:
        lines = [(self.item, 4, "12.50")]
        return make_invoice(customer=self.customer, lines=lines, issue_date=day, **fields)

    def _documents(self) -> None:
        """Two invoices; 3 to 5 are skipped; one more; a draft that is deleted; a void one that a second
        person agreed to; and a last one, in April already."""
        fay = self.fay
        with at("03-02 09:00", fay):
            self.first = self.invoice(date(2026, 3, 2), message="Thank you")
            self.second = self.invoice(date(2026, 3, 2))
        with at("03-03 09:00", fay):
            series = self.company.series.get(kind="invoice")
            actions.skip_numbers(series, through=5, reason="A printed pad")
        with at("03-04 09:00", fay):
            self.third = self.invoice(date(2026, 3, 4))
            self.draft = self.invoice(date(2026, 3, 4), issued=False)
            self.draft_key = self.draft.pk
        with at("03-05 10:00", fay):
            line = DraftLine(item=self.item, quantity=Decimal(3), unit_price=Decimal("12.50"))
            actions.amend_invoice(self.second, lines=[line], reason="One was returned")
        with at("03-06 10:00", fay, "Ordered twice"):
            self.draft.delete()
        with at("03-07 10:00", self.ada):
            ActLimit.objects.create(
                company=self.company, role="Accountant", act="billing.void_invoice", amount=20
            )
        with at("03-09 10:00", fay):
            try:
                actions.void(self.third, on=date(2026, 3, 9), reason="Sent to the wrong customer")
            except NeedsApproval as refusal:
                self.approval = ask(refusal)
        with at("03-10 11:00"):
            approve(self.approval, self.gus)
        # 00:30 of 1 April in London.
        with at("03-31 23:30", fay):
            self.first.refresh_from_db()
            self.first.message = "Thank you, and a late word"
            self.first.save()

    def _sends(self) -> None:
        """The first invoice goes over, is changed there, and goes over again once that was decided."""
        record = SyncRecord.objects.create(
            connection=self.connection, kind="invoice", invoice=self.first, wanted=2, sent=2,
            state=State.IN_THE_BOOKS,
        )  # fmt: skip
        self.record = record
        self.calls = [
            self._sent("03-11 08:00", 1, Attempt.Result.DONE),
            self._sent("03-12 08:00", 2, Attempt.Result.NEWER, "5010", "Stale object"),
            self._sent("03-13 08:00", 2, Attempt.Result.DONE),
        ]
        RemoteRecord.objects.create(
            connection=self.connection, kind="Invoice", remote_id="145", of_kind="invoice",
            sync_record=record, version="3", packed_raw=packed({"Id": "145"}),
            arrival=RemoteRecord.Arrival.ECHO, read_at=datetime(2026, 3, 13, 8, tzinfo=UTC),
        )  # fmt: skip

    def _sent(self, when: str, revision: int, result: str, code: str = "", said: str = "") -> Call:
        with at(when):
            now = datetime.now(UTC)
            run = Run.objects.create(
                connection=self.connection, duty="sync", started_at=now, ended_at=now,
                outcome=Run.Outcome.DONE,
            )  # fmt: skip
            call = Call.objects.create(
                connection=self.connection, run=run, purpose="documents", method="POST",
                path="/batch", state=Call.State.ANSWERED, started_at=now, answered_at=now,
            )  # fmt: skip
            Attempt.objects.create(
                call=call, sync_record=self.record, revision=revision, result=result, code=code,
                sentence=said,
            )  # fmt: skip
        return call

    def _settings(self) -> None:
        """A mapping that was changed twice, a closing date that went forth and back, and a due date that
        somebody changed over there, with a note of why."""
        sales, trade, goods = (
            RemoteCode.objects.create(
                connection=self.connection, kind="account", remote_id=number, number=number,
                name=name, read_at=datetime(2026, 1, 5, tzinfo=UTC),
            )
            for number, name in (("4000", "Sales"), ("4010", "Trade"), ("4020", "Goods"))
        )  # fmt: skip
        with at("02-10 10:00", self.fay):
            mapping = Mapping.objects.create(
                connection=self.connection, subject="income", code=sales
            )
        for when, code in (("03-14 10:00", trade), ("03-15 10:00", goods)):
            with at(when, self.gus):
                mapping.code = code
                mapping.save()
        for when, day, reason in (
            ("03-16 10:00", date(2026, 2, 28), "February is done"),
            ("03-17 10:00", date(2026, 1, 31), "A late invoice"),
        ):
            with at(when, self.fay):
                set_closing_date(self.company, day, reason=reason)
        with at("03-18 10:00"):
            Edit.objects.create(
                connection=self.connection, sync_record=self.record, side=Edit.Side.HERE,
                what="message “Thank you” → “Thanks”", dated=date(2026, 3, 2), revision=2,
                by=self.fay, note="Asked for by phone", noted_by=self.fay,
                noted_at=datetime(2026, 3, 18, 11, tzinfo=UTC), state=Edit.State.BOTH,
                where="Private note",
            )  # fmt: skip

    def _people(self) -> None:
        """Nia becomes a Clerk, which Bo, a second administrator, agrees to, and is one no more."""
        with at("03-19 09:00"):
            self.bo = add_member("bo@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Bo")
            self.nia = User.objects.create_user("nia@example.com", PASSWORD, name="Nia")
            self.company.members.create(user=self.nia)
        with at("03-20 09:00"):
            asked = change_rights(self.nia, frozenset({RoleName.CLERK}), active=True, by=self.ada)
            assert asked is not None  # a second administrator is there
        with at("03-20 15:00"):
            agree(asked, self.bo)
        with at("03-22 09:00"):  # of a list: Nia sees no other company, Ada does
            for person, words in ((self.nia, "Downloaded “march.csv”."), (self.ada, "“all.csv”.")):
                page = "admin:billing_invoice_changelist"
                note(Kind.DOWNLOADED, words, person=person, page=page, keys=[])
        with at("03-25 09:00"):
            change_rights(self.nia, frozenset(), active=True, by=self.ada)
        with at("03-26 09:00"):
            note(Kind.CONNECTED, "Connected again.", person=self.ada, connection=self.connection.pk)

    def _signed(self) -> None:
        with at("04-03 09:00"):  # it is dated back by a week
            self.proof = signed_before(self.connection, self.fay, on=date(2026, 3, 26))


class OtherOffice:
    """Another company, in which the same happened: no word of it is in the pack."""

    words = ("Quokka", "quokka", "Zephyr", "zephyr", "ZQX")

    def __init__(self, office: Office) -> None:
        with at("01-06 09:00"):
            self.zed = add_member(
                "zephyr@example.com",
                RoleName.ACCOUNTANT,
                PASSWORD,
                name="Zephyr",
                every_company=False,
            )
            self.company: Company = make_company(legal_name="Quokka Ltd", amend_allowed=True)
            customer = make_customer(self.company, name="Zephyr Traders")
            item = make_item(self.company, code="ZQX", name="Quokka food")
            self.connection: Connection = make_connection(self.company, name="Quokka's books")
        with at("03-02 09:00", self.zed):
            lines = [(item, 4, "12.50")]
            invoice = make_invoice(
                customer=customer, lines=lines, issue_date=date(2026, 3, 2), message="Quokka"
            )
        with at("03-05 09:00", self.zed):
            line = DraftLine(item=item, quantity=Decimal(3), unit_price=Decimal("12.50"))
            actions.amend_invoice(invoice, lines=[line], reason="Quokka sent it back")
            series = self.company.series.get(kind="invoice")
            actions.skip_numbers(series, through=5, reason="Zephyr's pad")
        record = SyncRecord.objects.create(
            connection=self.connection, kind="invoice", invoice=invoice, wanted=1, sent=1,
            state=State.IN_THE_BOOKS,
        )  # fmt: skip
        with at("03-11 08:00"):
            Attempt.objects.create(
                sync_record=record, revision=1, result=Attempt.Result.DONE, sentence="Quokka"
            )
        code = RemoteCode.objects.create(
            connection=self.connection, kind="account", remote_id="1", name="Quokka sales",
            read_at=datetime(2026, 1, 5, tzinfo=UTC),
        )  # fmt: skip
        with at("03-12 08:00", self.zed):
            Mapping.objects.create(connection=self.connection, subject="income", code=code)
            set_closing_date(self.company, date(2026, 1, 31), reason="Zephyr said so")
            Edit.objects.create(
                connection=self.connection, sync_record=record, side=Edit.Side.HERE, what="Quokka",
                dated=date(2026, 3, 2), revision=1, by=self.zed,
            )  # fmt: skip
            signed_before(self.connection, self.zed, on=date(2026, 3, 10))
            ActLimit.objects.create(company=self.company, role="Clerk", act="billing.void_invoice")
        with at("03-13 08:00"):
            self.company.members.create(user=self.zed)
            note(Kind.SIGNED_IN, "Signed in.", person=self.zed)
            note(Kind.CONNECTED, "Quokka was connected.", connection=self.connection.pk)
            note(Kind.PERSON_CHANGED, "Saw Quokka Ltd.", person=office.ada, subject=office.fay)
            page = {"page": "admin:billing_company_archive", "keys": [str(self.company.pk)]}
            note(Kind.DOWNLOADED, "Downloaded “quokka.zip”.", person=office.ada, **page)
            key = make_key(
                office.ada, name="Both", companies=[self.company, office.company], scopes=["read"]
            ).key
            words = "Downloaded “zephyr.csv” by the key “Both”."
            note(Kind.DOWNLOADED, words, person=office.ada, key=key.pk)
            note(Kind.LIMIT_CHANGED, "“Clerk: quokka” is 5.00 GBP.", person=office.ada)
