"""A company that holds one of everything that an archive carries."""

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from apps.billing import actions
from apps.billing.changes import made_by
from apps.billing.models import (
    BankAccount,
    Batch,
    Company,
    Erasure,
    KeptBoth,
    NumberSeries,
    OutsideDeposit,
    OutsideEntry,
    PaymentMethod,
    PaymentMethodPlace,
    Refund,
)
from apps.connections.models import BatchDownload, BatchFile, BroughtFile, BroughtRow, Said
from apps.exchange.archive.making import Making
from apps.exchange.archive.reading import Archive
from apps.exchange.archive.restoring import restore
from apps.exchange.imports.money.holding import Movement, hold, key_of
from apps.exchange.imports.money.plans import (
    DepositPlan,
    FeeLine,
    Part,
    PaymentPlan,
    Plan,
    RefundPlan,
)
from apps.exchange.imports.own.finding import as_it_stands
from apps.exchange.imports.own.saving import retire
from apps.exchange.models import (
    BroughtMaster,
    BroughtMoney,
    FileImport,
    ImportProfile,
    MailedPrint,
    RefusedRow,
)
from apps.exchange.printing.kept import kept_print
from apps.reconciliation.models import ReviewRemark
from apps.staff.models import User
from apps.sync.models import (
    Agreed,
    Call,
    Cursor,
    Edit,
    FirstOfKind,
    HistoryNote,
    Intended,
    MatchDecision,
    OpeningItem,
    SyncRecord,
    Tie,
    Undo,
    UndoPart,
    packed,
)
from tests.backoffice.world import WholeWorld
from tests.exchange.archive.photograph import Photograph, photograph
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)

PASSPHRASE = "four words that do well"


class FullWorld(WholeWorld):
    def __init__(self, user: User) -> None:
        super().__init__(user)
        with made_by(user.pk, reason="Tidied up"):
            self._masters(user)
            self._documents()
        self._engine(user)
        self._mailbox(user)
        self._files_of(user)

        Erasure.objects.create(
            customer=self.doubled, asked_by=user, why="They wrote to us", table="sync.Call",
            after=self.doubled.pk, counts={"sync.Call": 3},
        )  # fmt: skip
        self.review_item.owner, self.review_item.due_on = user, date(2026, 12, 4)
        self.review_item.save()
        ReviewRemark.objects.create(item=self.review_item, text="Asked the bank.", by=user)

    def _masters(self, user: User) -> None:
        company = self.company
        twin, head = make_customer(company, name="Bell"), make_customer(company, name="Bell Group")
        self.doubled = make_customer(company, name="Bell and Daughters", parent=head)
        actions.merge_customers(self.doubled, twin, reason="One firm")
        KeptBoth.objects.create(
            company=company, customer=twin, other_customer=head, reason="Two", decided_by=user
        )
        self.rate = make_tax_rate(company, 5, "9.975", code="QC", name="Québec “GST + QST” 日本")
        make_exchange_rate(company, "EUR", "0.8531", on=date(2026, 3, 1))
        PaymentMethodPlace.objects.create(
            method=self.card, since=date(2027, 1, 1), posts_to="clearing", reason="A new contract"
        )
        actions.skip_numbers(
            NumberSeries.objects.filter(company=company).earliest("pk"), through=90, reason="Spoilt"
        )

    def _documents(self) -> None:
        company, rate = self.company, self.rate
        abroad = make_customer(company, name="Müller & Söhne", currency="EUR")
        item = make_item(company, tax_rate=rate)
        lines = [(item, 3, "19.99", rate, {"discount_percent": Decimal("7.5")})]
        taxed = make_invoice(customer=abroad, lines=lines, exchange_rate=Decimal("0.8531"))
        void = make_invoice(
            customer=abroad, lines=[("Sample", 1, 9)], exchange_rate=Decimal("0.8531")
        )
        actions.void(void, on=date(2026, 3, 5), reason="Typed twice")
        note = make_credit_note(invoice=taxed, issued=False)
        note.delete()  # its history stays
        paid = make_payment(customer=abroad, amount="40", exchange_rate=Decimal("0.86"))
        applied = actions.allocate(paid, taxed, Decimal(30), on=date(2026, 3, 20))
        actions.reverse(applied, on=date(2026, 3, 21), reason="Wrong invoice")
        Batch.objects.create(company=company, name="march.csv")
        kept_print(taxed)
        merely_theirs = actions.receive_payment(
            customer=self.draft.customer,
            amount=Decimal(60),
            date=date(2026, 4, 1),
            method=self.card,
        )
        OutsideDeposit.objects.create(
            payment=merely_theirs, key=f"{self.connection.origin}:Deposit:88", label="Deposit 88"
        )
        with made_by(origin=self.connection.origin, reason="A reason as long as they come " * 5):
            abroad.phone = "+49 89 1234"
            abroad.save()
        with made_by(origin=self.connection.origin, reason="Recorded there"):
            make_payment(customer=abroad, amount="12", exchange_rate=Decimal("0.86"))

    def _engine(self, user: User) -> None:
        """One row of each of the engine's that a world does not have, with keys in texts."""
        now, connection, company = timezone.now(), self.connection, self.company
        records = list(SyncRecord.objects.filter(connection=connection).order_by("pk"))
        paid = next(each for each in records if each.kind == "payment")
        paid.waits_for = f"record:customer:{self.draft.customer_id}"
        paid.save()
        Call.objects.filter(pk=self.call.pk).rewrite(members=[each.pk for each in records])
        Call.objects.create(
            connection=connection, purpose="replay", method="POST", path="/", started_at=now,
            replays=self.call, evidence="{}", query=[["a", "1"]], headers=[["X", "é"]],
        )  # fmt: skip
        Agreed.objects.create(record=records[0], packed_snapshot=packed({"name": "Bell"}))
        Intended.objects.create(
            record=paid,
            packed_snapshot=packed({}),
            carried=[[self.allocation.pk, 1, "invoice", "77"]],
        )
        Tie.objects.create(
            sync_record=paid, remote_record=self.remote, part="journal", share=Decimal("1.5")
        )
        FirstOfKind.objects.create(connection=connection, kind="payment", record=paid, tried_at=now)
        undo = Undo.objects.create(run=self.run, reason="A wrong year", asked_by=user)
        SyncRecord.objects.filter(pk=paid.pk).update(undo=undo)
        UndoPart.objects.create(
            undo=undo, sync_record=paid, sentence="It is reconciled.", remedy="Undo that first.",
            left_at=now, left_by=user,
        )  # fmt: skip
        MatchDecision.objects.create(
            connection=connection, item_id=records[1].item_id, decision="create_there",
            evidence="Nothing alike", decided_by=user, decided_at=now,
        )  # fmt: skip
        OpeningItem.objects.create(
            sync_record=self.record, remote_record=self.remote, currency="GBP",
            ours=Decimal(1), theirs=Decimal(2), reason="A rounding", linked_by=user,
        )  # fmt: skip
        Edit.objects.create(
            connection=connection, sync_record=self.record, side="here", what="due date moved",
            dated=date(2026, 4, 2), revision=2, by=user, note="Agreed by phone", noted_by=user,
            noted_at=now, state="both", where="in its private note", written_at=now,
        )  # fmt: skip
        HistoryNote.objects.create(
            sync_record=self.record, generation=1, kind="Invoice", remote_id="8"
        )
        Cursor.objects.create(connection=connection, read_until=now, position="17")
        OutsideEntry.objects.create(
            company=company, customer=self.draft.customer, origin=connection.origin,
            their_kind="JournalEntry", remote_id="5", label="Journal 5", date=date(2026, 4, 2),
            currency="GBP", amount=Decimal("7.25"),
        )  # fmt: skip

    def _mailbox(self, user: User) -> None:
        connection, key = self.connection, "5" * 40
        handed = BatchFile.objects.create(
            connection=connection, number=3, key=key, holds="invoices", name="books-3.csv", records=2,
            totals={"GBP": "12.50"}, size=7, sha256="6" * 64, sealed="for that installation alone",
        )  # fmt: skip
        BatchDownload.objects.create(file=handed, user=user)
        brought = BroughtFile.objects.create(
            connection=connection, sort="confirmation", name="back.csv", size=9, sha256="7" * 64,
            sealed="likewise", brought_by=user,
        )  # fmt: skip
        row = BroughtRow.objects.create(
            brought=brought, row=2, called="INV-1", state="taken", said={"id": "INV-1"},
            decided_by=user, decided_at=timezone.now(),
        )  # fmt: skip
        Said.objects.create(
            connection=connection, sort="confirmation", key="INV-1", version=key,
            said={"kind": "invoice", "id": "INV-1"}, row=row, said_by=user,
        )  # fmt: skip

    def _files_of(self, user: User) -> None:
        brought = FileImport.objects.get(company=self.company)
        layout = ImportProfile.objects.get(company=self.company)
        with made_by(user.pk):
            retire(layout)
        brought.profile, brought.read_by = layout.code, as_it_stands(layout)
        brought.save()
        RefusedRow.objects.create(file_import=brought, row=7, sentence="No date.")
        RefusedRow.objects.create(
            file_import=brought, row=8, sentence="Twice?", asked=True, taken=True,
            answered_by_id=user.pk, answered_at=timezone.now(),
        )  # fmt: skip
        self._money_on_hold()
        MailedPrint.objects.create(
            company=self.company, invoice=self.invoice, to="bell@example.com", subject="Invoice",
            text="Dear customer", file_name="a.pdf", sha256="2" * 64, sent_by=user,
        )  # fmt: skip

    def _money_on_hold(self) -> None:
        """A payment that settles an invoice, what goes back of another, and what both are at the bank."""
        payment, refund = self.payment, Refund.objects.filter(company=self.company)[0]
        money, cash = self.payment.customer, PaymentMethod.objects.filter(company=self.company)[0]
        bank = BankAccount.objects.filter(company=self.company)[0]
        plans: list[Plan] = [
            PaymentPlan(
                customer=money.pk, amount=Decimal("5.00"), currency="GBP", on=date(2026, 3, 16),
                method=cash.pk, parts=(Part(invoice=self.invoice.pk, amount=Decimal("4.00")),),
            ),
            RefundPlan(
                customer=money.pk, amount=Decimal("2.00"), currency="GBP", on=date(2026, 3, 17),
                method=cash.pk, payment=payment.pk,
            ),
            DepositPlan(
                bank_account=bank.pk, on=date(2026, 3, 17), currency="GBP", total=Decimal("3.00"),
                member_keys=(key_of("5.00"),), payments=(payment.pk,), refunds=(refund.pk,),
                fees=(FeeLine(role="bank_charge", amount=Decimal("-0.10")),),
            ),
        ]  # fmt: skip
        batch = Batch.objects.create(company=self.company, name="money.csv")
        hold(batch, [
            Movement(row=row, key=key_of(row), called="money", plan=plan)
            for row, plan in enumerate(plans)
        ])  # fmt: skip
        BroughtMoney.objects.filter(batch=batch, row=0).update(payment=payment)
        BroughtMaster.objects.create(batch=batch, customer=payment.customer)


def archived(company: Company, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    for _ in Making(company, file, passphrase).portions():
        pass
    return file.getvalue()


def restored(packed: bytes, passphrase: str = PASSPHRASE, *, name: str = "") -> Company:
    return restore(Archive(io.BytesIO(packed), passphrase), name=name)


@dataclass(frozen=True)
class Packed:
    """A full world in a file, and every row of it as it was."""

    file: bytes
    before: Photograph
    company: int  # its key then


_packed: list[Packed] = []


def packed_world() -> Packed:
    """Made once a session; the database is as empty behind it as before."""
    if not _packed:
        held = transaction.savepoint()
        fay = User.objects.create_user("fay@example.com", name="Fay", every_company=True)
        world = FullWorld(fay)
        _packed.append(Packed(archived(world.company), photograph(), world.company.pk))
        transaction.savepoint_rollback(held)
    return _packed[0]
