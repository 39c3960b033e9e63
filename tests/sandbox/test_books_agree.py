"""Whatever is done to the books, by whom and in which order, they stay true to themselves."""

import random
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, sale


class Walk:
    """A clumsy bookkeeper: random acts from a seed, refusals included.

    `codes` are tax codes to choose from for each line, `currencies` those of the customers;
    `deposits` are made towards some invoices.
    """

    def __init__(
        self,
        caller: Caller,
        seed: int,
        codes: Sequence[str] = (),
        currencies: Sequence[str | None] = (None,),
        deposits: bool = False,
    ) -> None:
        self.caller = caller
        self.chance = random.Random(seed)
        self.codes = codes
        self.deposits = deposits
        self.foreign = len(currencies) > 1
        self.customers = [
            caller.customer(
                f"Customer {number}",
                CurrencyRef={"value": currencies[number % len(currencies)]},
            )["Id"]
            for number in range(3)
        ]
        self.refusals = 0
        self.done = 0

    def amount(self) -> float:
        return self.chance.randint(1, 20000) / 100

    def sale(self, customer: str) -> dict[str, Any]:
        """A sale of one or two lines, with tax and a rate where the company has them."""
        lines = [
            sale(customer, self.amount())["Line"][0] for _ in range(self.chance.choice([1, 2]))
        ]
        for line in lines if self.codes else ():
            code = {"TaxCodeRef": {"value": self.chance.choice(self.codes)}}
            line["SalesItemLineDetail"] |= code
        mode = self.chance.choice(["TaxExcluded", "TaxInclusive"])
        body = {"CustomerRef": {"value": customer}, "Line": lines, "GlobalTaxCalculation": mode}
        if self.deposits:
            body["Deposit"] = self.chance.choice([0, 0, self.amount()])
        return {**body, **self.rate()}

    def rate(self) -> dict[str, Any]:
        return {"ExchangeRate": self.chance.randint(8000, 14000) / 10000} if self.foreign else {}

    def send(self, path: str, body: Any, **params: str) -> None:
        answer = self.caller.call("POST", path, body, **params)
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            self.refusals += 1
        else:
            self.done += 1

    def any_of(self, kind: str) -> Any:
        found = self.caller.query(f"SELECT * FROM {kind} MAXRESULTS 1000").get(kind, [])
        return self.chance.choice(found) if found else None

    def step(self) -> None:
        acts = [self.bill, self.bill, self.credit, self.pay, self.pay, self.apply_credit]
        acts += [self.change, self.void, self.delete, self.repay, self.bank]
        self.chance.choice(acts)()

    def bill(self) -> None:
        self.send("invoice", self.sale(self.chance.choice(self.customers)))

    def credit(self) -> None:
        self.send("creditmemo", self.sale(self.chance.choice(self.customers)))

    def lines(self, customer: str, *kinds: str) -> list[dict[str, Any]]:
        out = []
        for kind in kinds:
            asked = f"SELECT * FROM {kind} WHERE CustomerRef = '{customer}' AND Balance > '0'"
            for one in self.caller.query(asked).get(kind, [])[:2]:
                part = self.chance.choice([one["Balance"], self.amount()])
                link = {"TxnId": one["Id"], "TxnType": kind}
                out.append({"Amount": part, "LinkedTxn": [link]})
        return out

    def pay(self) -> None:
        customer = self.chance.choice(self.customers)
        lines = self.lines(customer, "Invoice")
        total = sum(Decimal(str(line["Amount"])) for line in lines) + self.chance.choice([0, 5])
        body = {"CustomerRef": {"value": customer}, "TotalAmt": str(total), "Line": lines}
        body |= self.rate()
        self.send("payment", body)

    def apply_credit(self) -> None:
        customer = self.chance.choice(self.customers)
        invoices, credits = self.lines(customer, "Invoice"), self.lines(customer, "CreditMemo")
        if not invoices or not credits:
            return
        part = min(invoices[0]["Amount"], credits[0]["Amount"])
        lines = [{**line, "Amount": part} for line in (invoices[0], credits[0])]
        body = {"CustomerRef": {"value": customer}, "TotalAmt": 0, "Line": lines}
        self.send("payment", {**body, **self.rate()})

    def change(self) -> None:
        kind = self.chance.choice(["Invoice", "CreditMemo"])
        found = self.any_of(kind)
        if found:
            body = self.sale(found["CustomerRef"]["value"])
            token = self.chance.choice([found["SyncToken"], found["SyncToken"], "0"])
            self.send(kind.lower(), {**body, "Id": found["Id"], "SyncToken": token})

    def repay(self) -> None:
        found = self.any_of("Payment")
        if found:
            customer = found["CustomerRef"]["value"]
            body = {"Id": found["Id"], "SyncToken": found["SyncToken"], "sparse": True}
            body |= {"CustomerRef": {"value": customer}, "TotalAmt": found["TotalAmt"]}
            lines = self.lines(customer, "Invoice")[:1]
            self.send("payment", {**body, "Line": lines, **self.rate()})

    def void(self) -> None:
        kind = self.chance.choice(["Invoice", "Payment"])
        found = self.any_of(kind)
        if found:
            body = {"Id": found["Id"], "SyncToken": found["SyncToken"], "sparse": True}
            if kind == "Invoice":
                self.send("invoice", body, operation="void")
            else:
                self.send("payment", body, operation="update", include="void")

    def delete(self) -> None:
        kind = self.chance.choice(["Invoice", "Payment", "CreditMemo", "Deposit"])
        found = self.any_of(kind)
        if found:
            body = {"Id": found["Id"], "SyncToken": found["SyncToken"]}
            self.send(kind.lower(), body, operation="delete")

    def bank(self) -> None:
        found = self.any_of("Payment")
        if found and found["TotalAmt"]:
            link = {"TxnId": found["Id"], "TxnType": "Payment"}
            line = {"Amount": found["TotalAmt"], "LinkedTxn": [link]}
            body = {"DepositToAccountRef": {"value": "1"}, "Line": [line], **self.rate()}
            self.send("deposit", {**body, "CurrencyRef": found["CurrencyRef"]})


def exact(value: Any) -> Decimal:
    return Decimal(str(value))


def cent(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def check_sums(document: Any) -> None:
    """Lines and tax make the total, and the total at its rate the home total."""
    nets = [exact(one["Amount"]) for one in document["Line"] if "SalesItemLineDetail" in one]
    tax = exact(document["TxnTaxDetail"]["TotalTax"])
    assert sum(nets) + tax == exact(document["TotalAmt"]), document
    if "ExchangeRate" in document:
        home = cent(exact(document["TotalAmt"]) * exact(document["ExchangeRate"]))
        assert home == exact(document["HomeTotalAmt"]), document


def check(server: SandboxServer, caller: Caller) -> None:
    """Ledger, documents, links, customers' balances and reports tell one story."""
    realm = caller.realm
    payments = {one["Id"]: one for one in server.objects(realm, "Payment")}
    applied: dict[tuple[str, str], Decimal] = {}
    for payment in payments.values():
        net = exact(payment["UnappliedAmt"])
        for line in payment["Line"]:
            link = line["LinkedTxn"][0]
            key = (link["TxnType"], link["TxnId"])
            applied[key] = applied.get(key, Decimal(0)) + exact(line["Amount"])
            net += exact(line["Amount"]) if link["TxnType"] == "Invoice" else -exact(line["Amount"])
        assert net == exact(payment["TotalAmt"]), payment
        assert 0 <= exact(payment["UnappliedAmt"]) <= exact(payment["TotalAmt"]), payment
    receivable = -sum(exact(one["UnappliedAmt"]) for one in payments.values())
    at_home = -sum(
        cent(exact(one["UnappliedAmt"]) * exact(one.get("ExchangeRate", 1)))
        for one in payments.values()
    )
    for kind, field, sign in (("Invoice", "Balance", 1), ("CreditMemo", "RemainingCredit", -1)):
        for one in server.objects(realm, kind):
            paid = applied.pop((kind, one["Id"]), Decimal(0))
            deposit = exact(one.get("Deposit", 0))
            assert exact(one["TotalAmt"]) - deposit - exact(one[field]) == paid, one
            assert exact(one[field]) >= 0, one
            links = {link["TxnId"] for link in one.get("LinkedTxn", [])}
            assert links == {
                payment["Id"]
                for payment in payments.values()
                if any(
                    line["LinkedTxn"][0] == {"TxnId": one["Id"], "TxnType": kind}
                    for line in payment["Line"]
                )
            }
            receivable += sign * exact(one[field])
            at_home += sign * exact(one.get("HomeBalance", one["Balance"]))
            check_sums(one)
    assert applied == {}
    balance = server.trial_balance(realm)
    assert exact(balance["debit"]) == exact(balance["credit"])
    booked = [row for row in balance["rows"] if row["type"] == "Accounts Receivable"]
    assert (
        sum((exact(row["debit"]) - exact(row["credit"]) for row in booked), Decimal(0)) == at_home
    )
    owed = sum((exact(one["Balance"]) for one in server.objects(realm, "Customer")), Decimal(0))
    assert owed == receivable
    for name in ("AgedReceivables", "CustomerBalance"):
        rows = caller.get(f"reports/{name}")["Rows"]["Row"]
        assert exact(rows[-1]["Summary"]["ColData"][-1]["value"]) == at_home


@pytest.mark.parametrize("void_paid", ["refuse", "unapply"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.slow
def test_a_clumsy_bookkeeper_cannot_break_the_books(
    sandbox_server: SandboxServer, caller: Caller, realm: str, seed: int, void_paid: str
) -> None:
    sandbox_server.set_up(realm, void_paid=void_paid)
    walk = Walk(caller, seed)
    for step in range(60):
        walk.step()
        if step % 10 == 9:
            check(sandbox_server, caller)
    assert walk.done > 25
    assert walk.refusals > 0


@pytest.mark.slow
@pytest.mark.parametrize("void_paid", ["refuse", "unapply"])
@pytest.mark.parametrize("seed", [3, 4])
def test_tax_and_currencies_do_not_help_him_break_them(
    sandbox_server: SandboxServer, seed: int, void_paid: str
) -> None:
    realm = sandbox_server.open_company(
        "Clumsy abroad", profile="uk", multicurrency=True, void_paid=void_paid
    )
    caller = sandbox_server.connect(realm)
    found = caller.query("SELECT * FROM TaxCode")["TaxCode"]
    codes = [one["Id"] for one in found if one["SalesTaxRateList"]["TaxRateDetail"]]
    walk = Walk(caller, seed, codes, ("GBP", "EUR", "USD"))
    for step in range(60):
        walk.step()
        if step % 10 == 9:
            check(sandbox_server, caller)
    assert walk.done > 25


@pytest.mark.slow
@pytest.mark.parametrize("currencies", [("GBP",), ("GBP", "EUR")])
def test_deposits_and_credits_that_apply_themselves_do_not_help_him_either(
    sandbox_server: SandboxServer, currencies: tuple[str, ...]
) -> None:
    settings = {"auto_apply_credit": True, "allow_deposit": True, "void_paid": "unapply"}
    realm = sandbox_server.open_company(
        "Clumsy by itself", profile="uk", multicurrency=True, **settings
    )
    caller = sandbox_server.connect(realm)
    code = caller.query("SELECT * FROM TaxCode WHERE Name = '20.0% S'")["TaxCode"][0]["Id"]
    walk = Walk(caller, 5, [code], currencies, deposits=True)
    for step in range(60):
        walk.step()
        if step % 10 == 9:
            check(sandbox_server, caller)
    assert walk.done > 25
    made = sandbox_server.objects(realm, "Payment")
    assert any("link credits to charges" in one.get("PrivateNote", "") for one in made)
    assert any(one.get("Deposit") for one in sandbox_server.objects(realm, "Invoice"))
