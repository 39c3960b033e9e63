"""After a season of random acts documents, payments, balances, ageing and trial balance agree."""

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.freshbooks_twin import EVER, FreshBooksCaller, FreshBooksTwin, line, payment

CENT = Decimal("0.01")
FIRST = date(2026, 1, 1)
ACTS = 60
RATES = ("0", "5", "20", "9.975")
READINGS: list[dict[str, str]] = [
    {},
    {
        "credits_on": "receivable",
        "aging_credits": "subtracted",
        "tax_rounding": "document",
        "overpayment_record": "credit",
        "spend_credit": "oldest",
    },
    {
        "payment_on_draft": "sends",
        "overpayment_on_delete": "kept",
        "delete_spent_credit": "with_payments",
        "tax_accounts": "one",
        "trial_balance_sides": "gross",
    },
]


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def money(one: Any, name: str = "amount") -> Decimal:
    return Decimal(one[name]["amount"])


class Season:
    """Random acts by the API; what is refused changed nothing."""

    def __init__(self, fb: FreshBooksCaller, seed: int) -> None:
        self.fb = fb
        self.dice = random.Random(seed)
        self.clients = [fb.client(f"C{number}") for number in range(3)]
        self.refused = 0

    def day(self) -> str:
        return (FIRST + timedelta(days=self.dice.randrange(200))).isoformat()

    def amount(self) -> str:
        return f"{Decimal(self.dice.randrange(1, 30_000)).scaleb(-2):.2f}"

    def lines(self) -> list[Any]:
        return [
            line(
                self.amount(),
                qty=str(self.dice.choice((1, 2, "0.5"))),
                taxName1="VAT",
                taxAmount1=self.dice.choice(RATES),
                taxName2="QST",
                taxAmount2=self.dice.choice(RATES),
                compounded_tax=self.dice.random() < 0.3,
            )
            for _ in range(self.dice.randrange(1, 4))
        ]

    def any(self, kind: str) -> int | None:
        found = self.fb.ids(kind)
        return self.dice.choice(found) if found else None

    def call(self, method: str, path: str, body: Any) -> None:
        answer = self.fb.call(method, path, body)
        assert answer.status_code < 500, answer.text[:300]
        self.refused += answer.status_code != 200

    def act(self) -> None:
        roll = self.dice.random()
        client, invoice = self.dice.choice(self.clients), self.any("invoices")
        if invoice is None or roll < 0.25:
            body = {"customerid": client, "create_date": self.day(), "lines": self.lines()}
            body |= {
                "status": self.dice.choice((1, 2, 2)),
                "discount_value": self.dice.choice("05"),
            }
            body["due_offset_days"] = self.dice.randrange(60)
            self.call("POST", "invoices/invoices", {"invoice": body})
        elif roll < 0.5:
            body = payment(invoice, self.amount(), date=self.day())
            self.call("POST", "payments/payments", {"payment": body})
        elif roll < 0.6:
            body = {"clientid": client, "create_date": self.day(), "lines": self.lines()}
            body["credit_type"] = self.dice.choice(("goodwill", "prepayment"))
            self.call("POST", "credit_notes/credit_notes", {"credit_note": body})
        elif roll < 0.75:
            self.spend(invoice)
        elif roll < 0.82:
            told = self.dice.choice(({"lines": self.lines()}, {"action_mark_as_sent": True}))
            self.call("PUT", f"invoices/invoices/{invoice}", {"invoice": told})
        else:
            self.end_or_restore()

    def spend(self, invoice: int) -> None:
        told: dict[str, Any] = {"from_credit": True, "type": "Credit", "date": self.day()}
        if self.fb.twin.state(self.fb.id)["settings"]["spend_credit"] != "oldest":
            told["creditid"] = self.any("credit_notes")
        body = payment(invoice, f"{Decimal(self.amount()) / 10:.2f}", **told)
        self.call("POST", "payments/payments", {"payment": body})

    def end_or_restore(self) -> None:
        kind, single = self.dice.choice(
            (("invoices", "invoice"), ("payments", "payment"), ("credit_notes", "credit_note"))
        )
        state = self.dice.choice((1, 1, 0, 2))
        found = self.fb.ids(kind, search__vis_state=1 if state != 1 else 0)
        if found:
            told = {single: {"vis_state": state}}
            self.call("PUT", f"{kind}/{kind}/{self.dice.choice(found)}", told)


def independent_total(document: Any, by: str) -> Decimal:
    """Of the lines that it shows, by arithmetic of this test's own."""
    share = 1 - Decimal(document.get("discount_value", "0")) / 100
    subtotal, taxes, sums = Decimal(0), Decimal(0), dict[tuple[str, str], Decimal]()
    for one in document["lines"]:
        amount = cents(Decimal(one["qty"]) * money(one, "unit_cost"))
        subtotal += amount
        first = amount * share * Decimal(one["taxAmount1"]) / 100
        first = cents(first) if by == "line" else first
        on = amount * share + (first if one["compounded_tax"] else 0)
        second = on * Decimal(one["taxAmount2"]) / 100
        for name, rate, tax in (
            ("VAT", one["taxAmount1"], first),
            ("QST", one["taxAmount2"], second),
        ):
            taxes += cents(tax)
            sums[name, rate] = sums.get((name, rate), Decimal(0)) + tax
    if by == "document":
        taxes = sum((cents(one) for one in sums.values()), Decimal(0))
    return subtotal - cents(subtotal * (1 - share)) + taxes


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.slow
def test_everything_agrees_after_a_season(twin: FreshBooksTwin, seed: int) -> None:
    readings = READINGS[seed]
    business = twin.open(**readings)
    fb = twin.connect(business)
    season = Season(fb, seed)
    for _ in range(ACTS):
        season.act()
    assert season.refused > 0
    by = readings.get("tax_rounding", "line")
    invoices, payments = twin.objects(fb.id, "invoices"), twin.objects(fb.id, "payments")
    credits = twin.objects(fb.id, "credit_notes")
    standing = [one for one in payments if one["vis_state"] != 1 and one["invoiceid"]]
    for one in invoices:
        mine = [money(each) for each in standing if each["invoiceid"] == one["id"]]
        assert money(one) == independent_total(one, by)
        assert money(one, "paid") == sum(mine)
        assert money(one, "outstanding") == money(one) - sum(mine) >= 0
    for one in credits:
        mine = [
            money(each)
            for each in standing
            if each["creditid"] == one["id"] and each["from_credit"]
        ]
        assert money(one) == independent_total(one, by)
        assert money(one, "paid") == sum(mine) <= money(one)
    sent = [one for one in invoices if one["vis_state"] != 1 and one["status"] != 1]
    left = sum(money(one) - money(one, "paid") for one in credits if one["vis_state"] != 1)
    drafts = {one["id"] for one in invoices} - {one["id"] for one in sent}
    on_drafts = sum(money(one) for one in standing if one["invoiceid"] in drafts)
    owed = sum(money(one, "outstanding") for one in sent)
    books = twin.trial_balance(fb.id)
    assert sum(books.values()) == 0
    receivable, deposits = books.get("1200-1", Decimal(0)), books.get("1201-1", Decimal(0))
    if readings.get("credits_on") == "receivable":
        assert (receivable, deposits) == (owed - left, -on_drafts)
    else:
        assert (receivable, deposits) == (owed, -left - on_drafts)
    cash = sum(money(one) for one in standing if not one["from_credit"])
    came = ("prepayment", "overpayment")
    cash += sum(
        money(one) for one in credits if one["vis_state"] != 1 and one["credit_type"] in came
    )
    assert books.get("1000-1", 0) == cash
    agree_with_reports(fb, books)
    assert twin.state(fb.id)["ledger_difference"] == 0


def agree_with_reports(fb: FreshBooksCaller, books: dict[str, Decimal]) -> None:
    """The trial balance as reported; on any day the ageing is the receivable, the sheet balances."""
    found = {number: amount for number, amount in fb.trial_balance().items() if amount}
    assert found == books
    for day in ("2026-01-20", "2026-03-31", "2026-07-31", "2999-12-31"):
        report = fb.report("trial_balance", start_date="1970-01-01", end_date=day)
        rows = {one["sub_accountid"]: one for one in report["data"]}
        assert sum(money(one, "debit") for one in rows.values()) == sum(
            money(one, "credit") for one in rows.values()
        )
        receivable = sum(
            money(one, "debit") - money(one, "credit")
            for one in rows.values()
            if one["account_number"] == "1200"
        )
        aged = fb.report("accounts_aging", end_date=day)
        assert money(aged["totals"], "total") == receivable
        assert sum(money(one, "total") for one in aged["accounts"]) == receivable
        sheet = fb.result("GET", "reports/accounting/balance_sheet", params={"dates[]": [day]})
        told = sheet["balance_sheet"]
        sides = ("assets_total", "liabilities_and_equity_total")
        assert len({money(told[side][0], "balance") for side in sides}) == 1
    taxes = fb.report("taxsummary", **EVER)["taxes"]
    collected = sum(money(one, "tax_collected") for one in taxes)
    assert collected == -sum(
        amount for number, amount in books.items() if number.startswith("2310")
    )
