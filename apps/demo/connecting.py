"""From nothing to live: consent on the real page, mapping, test invoice, go live."""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.billing.models import (
    BankAccount,
    Company,
    CreditNote,
    Invoice,
    Item,
    PaymentMethod,
)
from apps.connections.checking import NO, YES, answer, checks_of, confirm
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Role
from apps.demo.other_side import Books, Chart
from apps.demo.people import Person
from apps.demo.place import DemoRefused, Place
from apps.demo.stopping import to_stop
from apps.demo.studio import Sample
from apps.demo.visitor import Visitor
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.models import Mapping, RemoteCode
from apps.mappings.proposals import propose
from apps.staff.models import User
from apps.sync.decide.acts import go_live
from apps.sync.dry.running import words
from apps.sync.first_reading import read_all_there
from apps.sync.trial.alone import Busy, TrialResult
from apps.sync.trial.first_proposed import kinds_of, proposed_first
from apps.sync.trial.firsts import run_first
from apps.sync.trial.running import run_trial
from apps.sync.wording import called

ENVIRONMENT = "simulated"
READING_SECONDS = 180.0
BUSY_SECONDS = 120.0  # that a run of the worker may keep the books to itself


def connect(place: Place, person: Person, company: Company, books: Books) -> Connection:
    """Sign in, ask for consent, approve it on their page, come back: as a person clicks it."""
    visitor = Visitor(place.web)
    visitor.sign_in(person.email, person.password)
    page = visitor.open(reverse("connections:start", args=[company.pk, books.system, ENVIRONMENT]))
    visitor.approve(page, books.company_id, books.person)
    made = Connection.objects.filter(
        system=books.system, remote_company_id=books.company_id
    ).first()
    if made is None:
        raise DemoRefused("The consent came back, and no connection was made.")
    _read_what_stands_there(made)
    return made


def _read_what_stands_there(connection: Connection) -> None:
    """To its end, beside the worker that does the same: the lease lets one at it at a time."""
    until = time.monotonic() + READING_SECONDS
    while connection.first_read_at is None:
        if time.monotonic() >= until:
            raise DemoRefused(f"{connection} was not read in time. {connection.last_error}")
        if read_all_there(connection.pk) is None:
            time.sleep(0.5)
        connection.refresh_from_db()


def confirm_company(connection: Connection, person: Person) -> str:
    """What the page “Connect” asks, by the same acts: it is the right company, and of each setting
    that its ledger does not tell, that it is so. The demo has just opened these books, so it knows;
    what was read there as otherwise is answered as that. In words."""
    fay = User.objects.get(pk=person.user_id)
    try:
        confirm(connection, fay)
        asked = [each for each in checks_of(connection) if each.asks_person]
        answer(connection, {each.name: NO if each.is_read else YES for each in asked})
    except ValidationError as refusal:
        raise DemoRefused(" ".join(refusal.messages)) from refusal
    return f"{connection.name}; {len(asked)} settings answered, the others read there"


def choose_cut_off(connection: Connection) -> None:
    """Everything since the company's first document goes over; nothing lies before it."""
    first = Invoice.objects.filter(company=connection.company_id).earliest("issue_date")
    notes = CreditNote.objects.filter(company=connection.company_id)
    dates = [first.issue_date, *notes.values_list("issue_date", flat=True)]
    connection.starts_on = min(dates)
    connection.save(update_fields=["starts_on"])


def map_accounts(connection: Connection, sample: Sample, chart: Chart | None) -> int:
    """Read their lists, choose what fits of their chart, take the proposals for the rest; how many
    were chosen."""
    read_codes(connection)
    if chart is not None:
        _choose_sales(connection, sample, chart)
        _choose_bank(connection, chart)
        _choose_roles(connection, chart)
    for each in propose(connection):
        thing = {each.argument: each.thing} if each.argument else {}
        set_mapping(connection, each.subject, code=each.code, **thing)  # type: ignore[arg-type] # the argument names the thing's kind
    return Mapping.objects.filter(connection=connection).count()


def _choose_sales(connection: Connection, sample: Sample, chart: Chart) -> None:
    services = _account(connection, Role.INCOME, chart.services)
    set_mapping(connection, Mapping.Subject.INCOME, code=services)
    goods = _account(connection, Role.INCOME, chart.goods)
    if sample.company.discount_item is not None:
        discounts = _account(connection, Role.INCOME, chart.discounts)
        item = sample.company.discount_item
        set_mapping(connection, Mapping.Subject.ITEM_ACCOUNT, code=discounts, item=item)
    for item in Item.objects.filter(company=sample.company, code__in=sample.products):
        set_mapping(connection, Mapping.Subject.ITEM_ACCOUNT, code=goods, item=item)


def _choose_bank(connection: Connection, chart: Chart) -> None:
    bank = _account(connection, Role.BANK, chart.bank)
    clearing = _account(connection, Role.CLEARING, chart.clearing)
    for method in PaymentMethod.objects.filter(company=connection.company_id):
        code = bank if method.posts_to == PaymentMethod.PostsTo.BANK else clearing
        set_mapping(connection, Mapping.Subject.METHOD_ACCOUNT, code=code, payment_method=method)
    for account in BankAccount.objects.filter(company=connection.company_id):
        set_mapping(connection, Mapping.Subject.BANK_ACCOUNT, code=bank, bank_account=account)


def _choose_roles(connection: Connection, chart: Chart) -> None:
    """Accounts of what no item or payment method names."""
    roles = {
        Mapping.Subject.BANK_CHARGE: (Role.EXPENSE, chart.bank_charges),
        Mapping.Subject.BAD_DEBT: (Role.EXPENSE, chart.bad_debts),
        Mapping.Subject.RETAINER: (Role.LIABILITY, chart.prepayments),
    }
    for subject, (role, name) in roles.items():
        set_mapping(connection, subject, code=_account(connection, role, name))


def _account(connection: Connection, role: Role, name: str) -> RemoteCode:
    codes = RemoteCode.objects.filter(connection=connection, kind=CodeKind.ACCOUNT, name=name)
    for code in codes:
        if role in code.roles:
            return code
    raise DemoRefused(f"The books have no {role.value} account “{name}”.")


def send_test_invoice(connection: Connection, person: Person) -> TrialResult:
    """The oldest invoice goes over, is read back and compared. Raises DemoRefused with what differs."""
    invoice = Invoice.objects.filter(
        company=connection.company_id, status=Invoice.Status.ISSUED
    ).earliest("issue_date", "pk")
    try:
        result = run_trial(connection, invoice, user_id=person.user_id)
    except ValidationError as refusal:
        raise DemoRefused(" ".join(refusal.messages)) from refusal
    if not result.matched:
        wrong = [
            f"{row.field}: {row.ours} here, {row.theirs} there"
            for row in result.rows
            if not row.agrees
        ]
        raise DemoRefused("\n".join([f"The test invoice: {result.sentence}", *wrong]))
    return result


def open_automation(connection: Connection) -> None:
    connection.refresh_from_db()
    try:
        go_live(connection)
    except ValidationError as refusal:
        raise DemoRefused(" ".join(refusal.messages)) from refusal
    connection.refresh_from_db()


def send_firsts(connection: Connection, person: Person) -> list[str]:
    """Of each kind that waits one goes over alone on the person's word, is read back and compared;
    which ones, in words. Raises DemoRefused with what differs."""
    sent = []
    for stands in kinds_of(connection):
        best = proposed_first(connection, stands.kind)
        if best is None:
            continue
        result = _alone(connection, best.record, person)
        if not result.matched:
            wrong = [
                f"{row.field}: {row.ours} here, {row.theirs} there"
                for row in result.rows
                if not row.agrees
            ]
            said = f"The first {words(stands.kind, 1)}: {result.sentence} {result.remedy}"
            raise DemoRefused("\n".join([said, *wrong]))
        sent.append(called(best.record))
    return sent


def _alone(connection: Connection, first: Any, person: Person) -> TrialResult:
    """Between two runs of the worker, which work on the same books."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        to_stop.check()
        try:
            return run_first(connection, first, user_id=person.user_id)
        except Busy as busy:
            if time.monotonic() >= until:
                raise DemoRefused(str(busy)) from busy
            time.sleep(0.1)
