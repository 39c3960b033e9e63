"""A company whose books hold everything that a file may stumble over, made through the acts."""

from datetime import date
from decimal import Decimal

from apps.billing.actions import (
    DepositAmount,
    allocate,
    deduct,
    hold_as_retainer,
    make_deposit,
    pay_refund,
    receive_payment,
    reverse,
    void,
    write_off,
)
from apps.billing.models import BankAccount
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
    make_term,
)

HOSTILE = '=HYPERLINK("http://evil.example","Pay here")'
LONG = "Lantern of brass, “hand made”, with\nglass; " * 80  # 3,440 characters


class Varied:
    """Customers of three currencies, every kind of discount, credit notes, and money."""

    def __init__(self) -> None:
        company = self.company = make_company(legal_name="Thornfield Trading Ltd", country="GB")
        make_exchange_rate(company, "EUR", "0.84", date(2026, 1, 1))
        make_exchange_rate(company, "EUR", "0.86", date(2026, 3, 10))
        self.rates = [
            make_tax_rate(company, 20, code="S20", name="Standard"),
            make_tax_rate(company, 5, code="R5", name="Reduced", treatment="reduced"),
        ]
        standard, reduced = self.rates
        term = make_term(company, name="30 days")
        self.bell = make_customer(
            company,
            name="Bell & Daughters, Ltd",
            code="BELL1",
            email="bell@example.com",
            phone="+44 20 7946 0000",
            address_lines="1 High Street\nThe Old Mill\nUpper floor\nDoor 3\nBell twice",
            city="London",
            postal_code="EC1A 1BB",
            country="GB",
            tax_number="GB123456789",
            terms=term,
        )
        self.hostile = make_customer(company, name=HOSTILE, code="FORM1")
        self.colon = make_customer(company, name='Mill: the "old" one', code="MILL1")
        self.nameless = make_customer(company, name="Zeta Öl GmbH & Co. KG " + "z" * 100)
        self.french = make_customer(company, name="Éclair SARL", code="ECL1", currency="EUR")
        self.child = make_customer(
            company, name="Bell Branch", code="BELL2", parent=self.bell, address_lines="2 Low Road"
        )
        lantern = self.lantern = make_item(
            company, code="007", name="Brass lantern", unit_price=Decimal("12.50"),
            description=LONG, tax_rate=standard,
        )  # fmt: skip
        wick = make_item(company, code="W" * 35, name="A wick " + "w" * 60, tax_rate=reduced)
        self.invoices = [
            make_invoice(customer=self.bell, purchase_order_number="PO 88", message="Thank you",
                         lines=[(lantern, 4, "12.50", standard), ("Engraving; “gold”", 120, "0.35", reduced)]),
            make_invoice(customer=self.bell, lines=[(lantern, 3, "9.99", standard, {"discount_percent": Decimal(15)}),
                                                    ("Wick by the metre", 1000, "0.123456", reduced)]),
            make_invoice(customer=self.bell, discount_percent=Decimal("7.5"),
                         lines=[(lantern, 7, "12.50", standard), ("Post", 1, "4.99")]),
            make_invoice(customer=self.child, tax_mode="inclusive",
                         lines=[(lantern, 3, "19.99", standard, {"discount_amount": Decimal("1.01")})]),
            make_invoice(customer=self.bell, lines=[(LONG + LONG[:500], 1, 10, standard),
                                                    ("Deposit taken off", -1, 4, standard)]),
            make_invoice(customer=self.hostile, lines=[("=1+1", 1, 20, standard)]),
            make_invoice(customer=self.colon, lines=[(wick, 1, 20, standard)]),
            make_invoice(customer=self.nameless, lines=[(lantern, 2, 20, reduced)]),
            make_invoice(customer=self.french, lines=[(lantern, 10, 10, standard)]),
            make_invoice(customer=self.bell, lines=[(lantern, 1, 5, standard), ("Returned crate", -1, 4)]),
        ]  # fmt: skip
        self.credits = [
            make_credit_note(invoice=self.invoices[0]),
            make_credit_note(customer=self.french, lines=[("Rebate", 1, "12.34", standard)]),
        ]
        self._money()

    def _money(self) -> None:
        company, day = self.company, date(2026, 3, 16)
        bank = BankAccount.objects.create(company=company, name="Current account", currency="GBP")
        euro = BankAccount.objects.create(company=company, name="Euro account", currency="EUR")
        card = make_method(company, name="Card", bank_account=bank)
        direct = make_method(company, name="Transfer", posts_to="bank", bank_account=bank)
        sepa = make_method(company, name="SEPA", posts_to="bank", currency="EUR", bank_account=euro)
        second, third, fourth = self.invoices[1:4]
        allocate(self.credits[0], second, Decimal("20.00"), on=day)
        by_card = make_payment(
            invoice=third, amount="50.00", method=card, reference="=cmd|' /C calc'!A0"
        )
        # The parent pays for its branch; what is over stays on account, and a part goes back.
        received = receive_payment(
            customer=self.bell, amount=Decimal("100.00"), date=day, method=direct,
            apply=[(fourth, fourth.balance_due)],
        )  # fmt: skip
        pay_refund(received, amount=Decimal("10.00"), on=day, method=direct, reason="Too much",
                   fee=Decimal("0.50"))  # fmt: skip
        held = make_payment(customer=self.bell, amount="30.00", method=card)
        hold_as_retainer(held, amount=Decimal("25.00"), on=day)
        deduct(third, role="bank_charge", amount=Decimal("1.20"), on=day, reason="Their bank")
        write_off(self.invoices[7], amount=Decimal("2.00"), on=day, reason="Gone away")
        make_deposit(bank, date=date(2026, 3, 18), payments=[by_card],
                     amounts=[DepositAmount(role="bank_charge", amount=Decimal("-0.75"))])  # fmt: skip
        # Paid at another rate than it was invoiced at, and a part of it taken back later.
        foreign = self.invoices[8]
        self.realised = receive_payment(
            customer=self.french, amount=Decimal("90.00"), date=day, method=sepa,
            apply=[(foreign, Decimal("80.00"))],
        )  # fmt: skip
        undone = allocate(self.realised, foreign, Decimal("10.00"), on=day)
        reverse(undone, on=date(2026, 3, 20), reason="Applied to the wrong one")
        void(make_invoice(customer=self.bell), on=date(2026, 3, 2), reason="Typed twice")
