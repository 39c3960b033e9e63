"""Open questions about QuickBooks' customers, items, reports and faults."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from apps.connectors.questions import (
    CannotAsk,
    Finding,
    Question,
    Scene,
    Write,
    as_assumed,
    otherwise,
    told,
)
from apps.connectors.quickbooks.client import select
from apps.connectors.quickbooks.questions.asking import (
    ACCOUNTS,
    CUSTOMER,
    DELETED,
    INACTIVE,
    SELLING,
    asked,
    balance,
    code_of,
    customer,
    fault,
    get,
    identity,
    info,
    invoice,
    item,
    over,
    report_rows,
    rows,
    sale,
    thing,
    trial,
    words,
    write,
)
from apps.connectors.quickbooks.wire import ref

ALWAYS = (lambda _: date(1970, 1, 1), lambda _: date(2999, 12, 31))
MONTHS = "January February March April May June July August September October November December"


def refused_with(step: str, code: str) -> Callable[[Scene], Finding]:
    """As assumed where a step was refused with this code; another refusal tells nothing."""

    def read(scene: Scene) -> Finding:
        found = code_of(scene, step)
        if found and found != code:
            raise CannotAsk(f"it was {words(scene, step)}, which is about something else")
        return told(found == code, words(scene, step))

    return read


def taken(step: str, code: str) -> Callable[[Scene], Finding]:
    """As assumed where a step was accepted; refused with this code it is not."""

    def read(scene: Scene) -> Finding:
        found = code_of(scene, step)
        if found and found != code:
            raise CannotAsk(f"it was {words(scene, step)}, which is about something else")
        return told(not found, words(scene, step))

    return read


# --- Customers ----------------------------------------------------------------------------------


def _inactive_fault(scene: Scene) -> Finding:
    thing(scene, "inactive", "Customer")
    code = code_of(scene, "invoice")
    return told(code == "610", words(scene, "invoice"))


def _active_only(scene: Scene) -> Finding:
    thing(scene, "inactive", "Customer")
    found = len(rows(scene, "asked", "Customer"))
    return told(found == 0, f"{found} of one inactive customer is found by its id")


def _by_id(scene: Scene) -> str:
    return select("Customer", [f"Id = '{identity(scene, 'own', 'Customer')}'"])


OWN = customer("own")
MADE_INACTIVE = write(
    "inactive", "Customer", lambda scene: over(scene, "Customer", "own", Active=False)
)
SUB = write(
    "sub",
    "Customer",
    lambda scene: {
        "DisplayName": scene.numbered("sub"),
        "ParentRef": ref(identity(scene, "customer", "Customer")),
        "Job": True,
    },
    Write("a sub-customer", INACTIVE, dated=False),
)
HALF_A_SUB = write(
    "half",
    "Customer",
    lambda scene: {
        "DisplayName": scene.numbered("half"),
        "ParentRef": ref(identity(scene, "customer", "Customer")),
    },
    Write("a sub-customer", INACTIVE, dated=False),
)

CUSTOMERS = (
    Question(
        id="inactive_with_balance",
        asks="Is a customer with an open invoice refused to be made inactive?",
        behind="docs/sandbox.md: quickbooks-ruby#390; other notes say that it is allowed",
        assumed="it is, with 6220",
        switch="inactive_with_balance",
        steps=(
            *SELLING,
            OWN,
            invoice("invoice", lambda scene: sale(scene, to="own")),
            MADE_INACTIVE,
            write(
                "active again",
                "Customer",
                lambda scene: over(scene, "Customer", "own", "inactive", Active=True),
            ),
        ),
        read=refused_with("inactive", "6220"),
    ),
    Question(
        id="inactive_by_screen",
        asks="What does their screen make of what an inactive customer owes?",
        behind="docs/sandbox.md: its item is [U]",
        assumed="a credit memo",
        switch="inactive_by_screen",
        unaskable="only a person can do it, on QuickBooks' own page",
    ),
    Question(
        id="inactive_fault",
        asks="Which fault names an inactive customer?",
        behind="docs/sandbox.md: 610 (2025) or 2500 (2018)",
        assumed="610",
        switch="inactive_fault",
        steps=(
            *SELLING,
            OWN,
            MADE_INACTIVE,
            invoice("invoice", lambda scene: sale(scene, to="own")),
        ),
        read=_inactive_fault,
    ),
    Question(
        id="names_active_only",
        asks="Does a query leave inactive customers out that does not ask for them?",
        behind="quickbooks.md, 0001: that the filter is needed [U]",
        assumed="it does",
        steps=(OWN, MADE_INACTIVE, asked("asked", _by_id)),
        read=_active_only,
    ),
    Question(
        id="job_and_parent",
        asks="Is a customer with a parent, and no word that it is a job, refused?",
        behind="docs/sandbox.md: PHP-SDK#265, #71 [I]",
        assumed="it is, with 6150",
        switch="job_and_parent",
        steps=(CUSTOMER, HALF_A_SUB),
        read=refused_with("half", "6150"),
    ),
    Question(
        id="email_addresses",
        asks="Is an e-mail address without an @ refused?",
        behind="docs/sandbox.md: the table of codes; [U] what is checked",
        assumed="it is taken",
        switch="email_addresses",
        steps=(customer("mailed", PrimaryEmailAddr=lambda _: {"Address": "nobody"}),),
        read=taken("mailed", "2210"),
    ),
    Question(
        id="liability_items",
        asks="May an item hang on a liability account?",
        behind="docs/sandbox.md, 0001: [U] for the API",
        assumed="it may",
        switch="liability_items",
        steps=(ACCOUNTS, item("retainer", "Other Current Liability")),
        read=taken("retainer", "6430"),
    ),
    Question(
        id="expense_items",
        asks="May an item hang on an expense account, as bad debts do?",
        behind="0020: [U] for the API",
        assumed="it may",
        switch="expense_items",
        steps=(ACCOUNTS, item("bad debts", "Expense")),
        read=taken("bad debts", "6430"),
    ),
)


# --- Reports ------------------------------------------------------------------------------------


def _income(scene: Scene) -> str:
    return str(thing(scene, "item", "Item")["IncomeAccountRef"]["value"])


def _closing(scene: Scene) -> Finding:
    thing(scene, "invoice", "Invoice")
    shown = balance(scene, "ever", _income(scene))
    return told(shown == 0, f"a trial balance from 1970 to 2999 shows an income of {-shown}")


def _profit(scene: Scene) -> Finding:
    thing(scene, "invoice", "Invoice")
    if balance(scene, "ever", _income(scene)):
        raise CannotAsk("its fiscal years are not closed, so that there is no such range")
    before, after = (balance(scene, step, _income(scene)) for step in ("before", "after"))
    moved = before - after
    if moved not in (Decimal(0), Decimal(10)):
        raise CannotAsk(f"somebody else booked meanwhile: the income moved by {moved}")
    return told(
        not moved, f"an invoice of the day before its first day moved its income by {moved}"
    )


def _dated(scene: Scene) -> date:
    """Today, or tomorrow where the fiscal year ends today: the day after it is of the same year."""
    begins = MONTHS.split().index(str(info(scene).get("FiscalYearStartMonth", "January"))) + 1
    tomorrow = scene.day + timedelta(days=1)
    return tomorrow if (tomorrow.month, tomorrow.day) == (begins, 1) else scene.day


def _day_after(scene: Scene) -> date:
    return _dated(scene) + timedelta(days=1)


def _nested(scene: Scene) -> Finding:
    thing(scene, "invoice", "Invoice")
    own = identity(scene, "sub", "Customer")
    depths = [depth for depth, cells in report_rows(scene, "aged") if cells[0].get("id") == own]
    if not depths:
        raise CannotAsk("the report has no row of the sub-customer")
    return told(depths[0] > 0, "under its parent" if depths[0] else "in one list with all others")


REPORTS = (
    Question(
        id="fiscal_closing",
        asks="Does a trial balance leave out the income of earlier fiscal years?",
        behind="docs/sandbox.md: learn-support 185606, 870174",
        assumed="it does",
        switch="fiscal_closing",
        steps=(*SELLING, invoice("invoice"), trial("ever", *ALWAYS)),
        read=_closing,
    ),
    Question(
        id="trial_balance_profit",
        asks="Does income count from the report's first day, or from the year's?",
        behind="docs/sandbox.md [U]",
        assumed="from the report's",
        switch="trial_balance_profit",
        steps=(
            *SELLING,
            trial("before", _day_after, _day_after),
            write(
                "invoice",
                "Invoice",
                lambda scene: sale(scene, TxnDate=_dated(scene).isoformat()),
                Write("an invoice of today, or of tomorrow at a year's end", DELETED, dated=False),
            ),
            trial("after", _day_after, _day_after),
            trial("ever", *ALWAYS),
        ),
        read=_profit,
    ),
    Question(
        id="sub_customer_rows",
        asks="Do summaries show sub-customers under their parents?",
        behind="docs/sandbox.md [U]",
        assumed="they do",
        switch="sub_customer_rows",
        steps=(
            *SELLING,
            SUB,
            invoice("invoice", lambda scene: sale(scene, to="sub")),
            get(
                "aged",
                "reports/AgedReceivables",
                report_date=lambda scene: scene.day.isoformat(),
            ),
        ),
        read=_nested,
    ),
)


# --- Faults -------------------------------------------------------------------------------------


def _english(scene: Scene) -> Finding:
    code, said = fault(scene["missing"])
    if code != "610":
        raise CannotAsk(f"it was {words(scene, 'missing')}")
    return told("not found" in said.lower(), said)


def _not_queryable(scene: Scene) -> Finding:
    seen = words(scene, "asked")
    return as_assumed(seen) if code_of(scene, "asked") == "4001" else otherwise(seen)


def _by_note(_: Scene) -> str:
    return select("Invoice", ["PrivateNote = 'Tieout'"])


FAULTS = (
    Question(
        id="language",
        asks="Are faults in English?",
        behind="docs/sandbox.md: seen in French",
        assumed="they are; only their codes are read all the same",
        switch="language",
        steps=(get("missing", "customer/999999999"),),
        read=_english,
    ),
    Question(
        id="note_not_queryable",
        asks="Is a query by PrivateNote refused?",
        behind="quickbooks.md [L], 0001",
        assumed="it is, with 4001",
        steps=(asked("asked", _by_note),),
        read=_not_queryable,
    ),
)

LISTS: tuple[Question, ...] = (*CUSTOMERS, *REPORTS, *FAULTS)
