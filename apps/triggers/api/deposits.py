"""Bank deposits: payments and fees that the bank shows as one line."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing import actions
from apps.billing.acts.depositing import ON_THE_LINE
from apps.billing.models import Company
from apps.billing.rules.alike import deposits_alike
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName
from apps.triggers.api.answers import Answer
from apps.triggers.api.days import Dated, refuse_far
from apps.triggers.api.doubles import refuse_typed
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import AllowDuplicate, CompanyNumber, Day, Figure, Input, text
from apps.triggers.api.paging import AskedByDate, Page, changed, dated, of_companies, page_of
from apps.triggers.api.records import (
    bank_account_of,
    found,
    payment_of,
    refund_of,
    refuse,
    tax_rate_of,
)
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import DepositShape, deposit_shape, rows_of

router = Router(tags=["Bank deposits"])
ROLES = "|".join(role.value for role in ON_THE_LINE)


class AskedOfDeposits(AskedByDate):
    status: Annotated[str, Field(pattern="^(made|undone)$")] | None = None


class AmountIn(Input):
    """What the bank or the processor kept (below nil) or added. A fee may bear the tax of `tax_code`
    within it."""

    role: Annotated[str, Field(pattern=f"^({ROLES})$", examples=["bank_charge"])]
    amount: Figure
    description: Annotated[str, text(200)] = ""
    tax_code: Annotated[str, text(20)] = ""


Members = Annotated[list[UUID], Field(max_length=1000)]


class NewDeposit(Dated):
    """Whole payments, whole refunds (they go off) and amounts; `bank_account` is a name. `expected` is
    the line of the bank statement, with which the total is compared."""

    bank_account: Annotated[str, text(60, 1)]
    date: Day
    payments: Members = []
    refunds: Members = []
    amounts: Annotated[list[AmountIn], Field(max_length=100)] = []
    expected: Figure | None = None
    reference: Annotated[str, text(60)] = ""
    memo: Annotated[str, text(400)] = ""
    exchange_rate: Figure | None = None
    company: CompanyNumber | None = None
    allow_duplicate: AllowDuplicate = False


@route(router, "GET", "/deposits", scope=Scope.READ, right="billing.view_deposit",
       gives=Page[DepositShape])  # fmt: skip
def list_deposits(request: Request, asked: Query[AskedOfDeposits]) -> Answer:
    """List bank deposits."""
    rows = changed(of_companies(request, rows_of("deposit"), asked), asked)
    rows = dated(rows, asked, "date")
    if asked.status is not None:
        rows = rows.filter(status=asked.status)
    return page_of(request, rows, asked, deposit_shape)


@route(router, "POST", "/deposits", scope=Scope.POST, right=ActName.MAKE_DEPOSIT,
       gives=DepositShape, status=201, repeat=Header.NEEDED, versioned=True)  # fmt: skip
def make_deposit(request: Request, given: NewDeposit) -> Answer:
    """Make a bank deposit. Its total is the line of the bank statement."""
    company = Company.locked(request.auth.company(given.company).pk)
    account = bank_account_of(company, given.bank_account)
    for name in ("payments", "refunds"):
        if len(set(getattr(given, name))) < len(getattr(given, name)):
            refuse(name, "One of them is named twice.")
    if given.exchange_rate is not None and given.exchange_rate <= 0:
        refuse("exchange_rate", "Send a rate above nil.")
    refuse_far(given, company, Sense.MONEY, date=given.date)
    if not given.allow_duplicate:
        alike = deposits_alike(account, given.date, given.reference)
        refuse_typed(alike, f"A bank deposit on {account}")
    made = actions.make_deposit(
        account,
        date=given.date,
        payments=[
            payment_of(company, id, f"payments.{place}") for place, id in enumerate(given.payments)
        ],
        refunds=[
            refund_of(company, id, f"refunds.{place}") for place, id in enumerate(given.refunds)
        ],
        amounts=[_amount(company, each, place) for place, each in enumerate(given.amounts)],
        reference=given.reference,
        memo=given.memo,
        exchange_rate=given.exchange_rate,
    )
    if given.expected is not None and given.expected != made.total:
        refuse("expected", f"It comes to {made.total:f} {made.currency}. Look for what is missing.")
    return _answer(request, made.public_id, status=201)


@route(router, "GET", "/deposits/{uuid:id}", scope=Scope.READ, right="billing.view_deposit",
       gives=DepositShape, versioned=True)  # fmt: skip
def read_deposit(request: Request, id: UUID) -> Answer:
    """Read a bank deposit."""
    return _answer(request, id)


def _amount(company: Company, given: AmountIn, place: int) -> actions.DepositAmount:
    field = f"amounts.{place}.tax_code"
    return actions.DepositAmount(
        role=given.role,
        amount=given.amount,
        description=given.description,
        tax_rate=tax_rate_of(company, given.tax_code, field) if given.tax_code else None,
    )


def _answer(request: Request, id: UUID, status: int = 200) -> Answer:
    read = found(request, "deposit", id)
    place = f"/api/v1/deposits/{id}" if status == 201 else ""
    return Answer(body=deposit_shape(read), status=status, revision=read.revision, place=place)
