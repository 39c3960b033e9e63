"""The sample company: a design studio in Bristol with a season of invoices behind it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.billing.actions import allocate, credit_invoice, issue
from apps.billing.acts.crediting import Part
from apps.billing.models import (
    BankAccount,
    Company,
    CreditNote,
    Customer,
    Invoice,
    InvoiceLine,
    Item,
    PaymentMethod,
    PaymentTerm,
)
from apps.billing.sums.tax_rates import default_rate
from apps.demo.studio_words import (
    ABROAD,
    ADDRESS,
    COMPANY,
    CUSTOMERS,
    DISCOUNT,
    ITEMS,
    ZERO_RATED,
)
from apps.demo.taxes import REGISTRATION, charge_vat, note_rates

SEED = 20261
INVOICES = 40
FIRST_DAYS_AGO = 120
CREDIT_NOTES = 4
TRADE_DISCOUNT = Decimal("7.5")
BANK = "Checking"
CASH = "Cash"

# Sold to one customer in one go; the index is into ITEMS.
BUNDLES = (
    (0, 12, 7),
    (1, 17),
    (2, 7, 8),
    (3,),
    (4, 10, 16),
    (5, 14),
    (6,),
    (9,),
    (11, 19, 18),
    (15, 16),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A company that is ready to be connected."""

    company: Company
    products: frozenset[str]  # codes of items that are sold as goods


def build_studio(today: date, *, abroad: bool = True, by_line: bool = False) -> Sample:
    """The company with customers, items, 40 issued invoices and 4 credit notes, two of them applied.

    They bear British VAT, some of them a trade discount, and two customers are invoiced in euro,
    unless nobody is `abroad`. `by_line`: as `open_company` takes it.

    The same every time but for the dates, which end yesterday.
    """
    dice = random.Random(SEED)
    company = open_company(COMPANY, "GBP", by_line=by_line)
    note_rates(company, today - timedelta(days=FIRST_DAYS_AGO + 7), today)
    customers, items = _masters(company, ABROAD if abroad else [])
    invoices = [_invoice(company, customers, items, day, dice) for day in _days(today, dice)]
    for place, invoice in enumerate(invoices[3 : 3 + 6 * CREDIT_NOTES : 6]):
        _credit(invoice, today, whole=place % 2 == 0, apply=place < 2)
    products = frozenset(code for code, _, _, is_product in ITEMS if is_product)
    return Sample(company, products)


def open_company(name: str, currency: str, *, by_line: bool) -> Company:
    """A company with the terms and payment methods that both samples use. `by_line`: its tax is
    rounded on each line."""
    company = Company.objects.create(
        legal_name=name,
        home_currency=currency,
        country="GB",
        address=ADDRESS,
        tax_number=REGISTRATION,
        tax_rounding=Company.TaxRounding.LINE if by_line else Company.TaxRounding.RATE,
    )
    for label, days in (("Due on receipt", 0), ("15 days", 15), ("30 days", 30)):
        PaymentTerm.objects.create(company=company, name=label, due_days=days)
    bank = BankAccount.objects.create(company=company, name=BANK, currency=currency)
    posts_to = PaymentMethod.PostsTo
    for label, where in (("Bank transfer", posts_to.BANK), (CASH, posts_to.CLEARING)):
        PaymentMethod.objects.create(
            company=company, name=label, posts_to=where, currency=currency, bank_account=bank
        )
    return company


def _masters(
    company: Company, abroad: Sequence[tuple[str, ...]]
) -> tuple[list[Customer], list[Item]]:
    vat = charge_vat(company)
    thirty_days = PaymentTerm.objects.get(company=company, due_days=30)
    customers = [
        Customer.objects.create(
            company=company,
            code=f"C{place:03d}",
            name=name,
            email=email,
            currency=company.home_currency,
            address_lines=street,
            city=town,
            postal_code=postcode,
            country="GB",
            terms=thirty_days,
        )
        for place, (name, email, street, town, postcode) in enumerate(CUSTOMERS, start=1)
    ]
    customers += [
        Customer.objects.create(
            company=company,
            code=f"E{place:03d}",
            name=name,
            email=email,
            currency="EUR",
            address_lines=street,
            city=town,
            postal_code=postcode,
            country=country,
            terms=thirty_days,
            tax_rate=vat.outside,
        )
        for place, (name, email, street, town, postcode, country) in enumerate(abroad, start=1)
    ]
    items = [
        Item.objects.create(
            company=company,
            code=code,
            name=name,
            unit_price=price,
            tax_rate=vat.zero if code in ZERO_RATED else vat.standard,
        )
        for code, name, price, _ in ITEMS
    ]
    code, name = DISCOUNT
    company.discount_item = Item.objects.create(company=company, code=code, name=name)
    company.save()
    return customers, items


def _days(today: date, dice: random.Random) -> list[date]:
    span = range(1, FIRST_DAYS_AGO)
    return sorted(today - timedelta(days=dice.choice(span)) for _ in range(INVOICES))


def _invoice(
    company: Company,
    customers: Sequence[Customer],
    items: Sequence[Item],
    day: date,
    dice: random.Random,
) -> Invoice:
    # Every sixth invoice or so goes abroad.
    customer = dice.choice(customers[-len(ABROAD) :] if dice.random() < 0.15 else customers)
    trade = dice.random() < 0.2
    invoice = Invoice(
        company=company,
        customer=customer,
        issue_date=day,
        currency=customer.currency,
        terms=customer.terms,
        discount_percent=TRADE_DISCOUNT if trade else None,
        message="Thank you for your business." if dice.random() < 0.4 else "",
        purchase_order_number=f"PO-{dice.randint(1000, 9999)}" if dice.random() < 0.3 else "",
    )
    invoice.save()
    for position, place in enumerate(dice.choice(BUNDLES), start=1):
        item = items[place]
        InvoiceLine.objects.create(
            document=invoice,
            position=position,
            item=item,
            description=item.name,
            quantity=_quantity(item.name, dice),
            unit_price=item.unit_price or Decimal(0),
            tax_rate=default_rate(customer, item),
        )
    issue(invoice)
    invoice.refresh_from_db()
    return invoice


def _quantity(name: str, dice: random.Random) -> Decimal:
    """Hours by the quarter, goods by the piece, everything else once."""
    if name.endswith("hour"):
        return Decimal(dice.randint(6, 90)) / 4
    if name.endswith(("each", "per 100", "per 250", "photograph", "panel", "banner")):
        return Decimal(dice.randint(1, 12))
    return Decimal(1)


def _credit(invoice: Invoice, today: date, *, whole: bool, apply: bool) -> CreditNote:
    """Credit an invoice, or its first line, within a week and perhaps set it against that invoice."""
    on = min(invoice.issue_date + timedelta(days=7), today)
    lines = None if whole else [Part(line=invoice.lines.all()[0])]
    reason = "The job was called off" if whole else "One part was late"
    note = credit_invoice(invoice, reason=reason, on=on, lines=lines)
    issue(note)
    note.refresh_from_db()
    if apply:
        allocate(note, invoice, note.total, on=on)
    return note
