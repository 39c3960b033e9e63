"""Open questions about QuickBooks' sales: tax, currencies, money on them, entries."""

from decimal import ROUND_HALF_UP, Decimal

from apps.connectors.questions import CannotAsk, Finding, Question, Scene, Write, told
from apps.connectors.quickbooks.client import select
from apps.connectors.quickbooks.questions.asking import (
    ACCOUNTS,
    CURRENCIES,
    CUSTOMER,
    PREFERENCES,
    SELLING,
    TAX_RATES,
    TEN,
    Raw,
    account_of,
    asked,
    code_of,
    customer,
    foreign,
    identity,
    in_the_us,
    invoice,
    line,
    number,
    over,
    preference,
    reference,
    rows,
    sale,
    thing,
    words,
    write,
)
from apps.connectors.quickbooks.questions.lists import refused_with, taken
from apps.connectors.quickbooks.wire import Json, ref

CENT = Decimal("0.01")
FINE_RATE = Decimal("1.2345678")


# --- Tax ----------------------------------------------------------------------------------------


def _single_rate(scene: Scene) -> tuple[str, Raw]:
    """A code of one rate of sales above nil, and that rate."""
    if in_the_us(scene):
        raise CannotAsk("in the United States lines bear no rate")
    rates = {str(each["Id"]): each for each in rows(scene, "tax rates", "TaxRate")}
    for each in rows(scene, "tax codes", "TaxCode"):
        own = each.get("SalesTaxRateList", {}).get("TaxRateDetail", ())
        found = [rates.get(reference(one, "TaxRateRef")) for one in own]
        if len(found) == 1 and found[0] and number(found[0].get("RateValue", 0)) > 0:
            return str(each["Id"]), found[0]
    raise CannotAsk("this company has no code of one rate above nil")


def _thirds(scene: Scene) -> tuple[Decimal, Decimal, Decimal]:
    """An amount of which three lines are taxed otherwise by line than by rate: amount, and both."""
    percent = number(_single_rate(scene)[1]["RateValue"])
    for cents in range(11, 1000):
        amount = cents * CENT
        by_line = 3 * (amount * percent / 100).quantize(CENT, ROUND_HALF_UP)
        by_rate = (3 * amount * percent / 100).quantize(CENT, ROUND_HALF_UP)
        if by_line != by_rate:
            return amount, by_rate, by_line
    raise CannotAsk("its rate is rounded alike both ways")


def _three_lines(scene: Scene) -> Json:
    amount, code = _thirds(scene)[0], _single_rate(scene)[0]
    return sale(scene, *(line(scene, amount, code=code) for _ in range(3)))


def _tax(scene: Scene, step: str = "invoice") -> Decimal:
    return number(thing(scene, step, "Invoice").get("TxnTaxDetail", {}).get("TotalTax", 0))


def _rounded(scene: Scene) -> Finding:
    _, by_rate, by_line = _thirds(scene)
    found = _tax(scene)
    if found not in (by_rate, by_line):
        raise CannotAsk(f"a tax of {found} is neither {by_rate} nor {by_line}")
    return told(found == by_rate, f"{found}, where a rounding of each line makes {by_line}")


def _by_amount(scene: Scene) -> Json:
    """With a tax of a cent more than theirs."""
    code, rate = _single_rate(scene)
    ours = (TEN * number(rate["RateValue"]) / 100).quantize(CENT, ROUND_HALF_UP) + CENT
    detail = {
        "TaxRateRef": ref(str(rate["Id"])),
        "PercentBased": False,
        "NetAmountTaxable": TEN,
    }
    tax_line = {"Amount": ours, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
    return sale(
        scene,
        line(scene, code=code),
        GlobalTaxCalculation="TaxExcluded",
        TxnTaxDetail={"TotalTax": ours, "TaxLine": [tax_line]},
    )


def _amount_kept(scene: Scene) -> Finding:
    sent = number(_by_amount(scene)["TxnTaxDetail"]["TotalTax"])
    found = _tax(scene)
    return told(found == sent, f"a tax of {sent} was sent, {found} stands")


def _automated(scene: Scene) -> Json:
    if not preference(scene, "TaxPrefs", "PartnerTaxEnabled"):
        raise CannotAsk("this company's tax is not automated")
    taxed = line(scene, code="TAX")
    return sale(scene, taxed, TxnTaxDetail={"TotalTax": Decimal("1.23")})


def _override(scene: Scene) -> Finding:
    found = _tax(scene)
    return told(found == Decimal("1.23"), f"a tax of 1.23 was sent, {found} stands")


def _not_applicable(scene: Scene) -> Json:
    if in_the_us(scene):
        raise CannotAsk("in the United States no document says that tax is not applicable")
    return sale(
        scene,
        line(scene, code=""),
        GlobalTaxCalculation="NotApplicable",
        TxnTaxDetail={"TotalTax": Decimal("1.00")},
    )


TAX = (
    Question(
        id="tax_rounding",
        asks="Is tax rounded once a rate, or on each line?",
        behind="docs/sandbox.md [U]",
        assumed="once a rate",
        switch="tax_rounding",
        steps=(*SELLING, TAX_RATES, invoice("invoice", _three_lines)),
        read=_rounded,
    ),
    Question(
        id="tax_by_amount",
        asks="Is an amount of tax taken that is sent with PercentBased false?",
        behind="0006 [U]",
        assumed="it is",
        steps=(*SELLING, TAX_RATES, invoice("invoice", _by_amount)),
        read=_amount_kept,
    ),
    Question(
        id="tax_override",
        asks="Is a TotalTax taken in a company whose tax is automated?",
        behind="0006 [U]; docs/sandbox.md: in a live run",
        assumed="it is",
        switch="tax_override",
        steps=(*SELLING, invoice("invoice", _automated)),
        read=_override,
    ),
    Question(
        id="tax_not_applicable",
        asks="Is tax refused on a document to which tax is not applicable?",
        behind="docs/sandbox.md: Intuit's table of codes",
        assumed="it is ignored",
        switch="tax_not_applicable",
        steps=(*SELLING, invoice("invoice", _not_applicable)),
        read=taken("invoice", "6170"),
    ),
)


# --- Currencies ---------------------------------------------------------------------------------

FOREIGNER = customer("foreigner", CurrencyRef=lambda scene: ref(foreign(scene)))
JAPANESE = customer("foreigner", CurrencyRef=lambda scene: ref(foreign(scene, "JPY")))


def _abroad(scene: Scene, **more: Decimal) -> Json:
    own = reference(thing(scene, "foreigner", "Customer"), "CurrencyRef")
    return sale(scene, to="foreigner", CurrencyRef=ref(own), **more)


def _at_one(scene: Scene) -> Finding:
    rate = number(thing(scene, "invoice", "Invoice").get("ExchangeRate", 1))
    return told(rate == 1, f"at {rate}")


def _fine(scene: Scene) -> Finding:
    rate = number(thing(scene, "invoice", "Invoice").get("ExchangeRate", 1))
    return told(rate == FINE_RATE, f"{FINE_RATE} was sent, {rate} stands")


def _half_a_yen(scene: Scene) -> Json:
    return {**_abroad(scene, ExchangeRate=CENT), "Line": [line(scene, Decimal("100.40"))]}


def _whole_yen(scene: Scene) -> Finding:
    if code_of(scene, "invoice"):
        raise CannotAsk(f"it was {words(scene, 'invoice')}")
    amount = number(thing(scene, "invoice", "Invoice")["Line"][0]["Amount"])
    return told(amount == amount.to_integral_value(), f"a line of 100.40 yen became {amount}")


CURRENCY = (
    Question(
        id="exchange_rate_omitted",
        asks="At which rate is a foreign invoice that names none?",
        behind="docs/sandbox.md [U]: users report 1",
        assumed="at 1, so ours is always sent",
        switch="exchange_rate_omitted",
        steps=(*SELLING, CURRENCIES, FOREIGNER, invoice("invoice", _abroad)),
        read=_at_one,
    ),
    Question(
        id="rate_decimals",
        asks="Are seven decimals of a rate kept?",
        behind="0006 [N]",
        assumed="they are",
        steps=(
            *SELLING,
            CURRENCIES,
            FOREIGNER,
            invoice("invoice", lambda scene: _abroad(scene, ExchangeRate=FINE_RATE)),
        ),
        read=_fine,
    ),
    Question(
        id="minor_units",
        asks="Are yen whole?",
        behind="docs/sandbox.md [U]",
        assumed="they are",
        switch="minor_units",
        steps=(*SELLING, CURRENCIES, JAPANESE, invoice("invoice", _half_a_yen)),
        read=_whole_yen,
    ),
)


# --- Sales and money ----------------------------------------------------------------------------


def _payment(scene: Scene) -> Json:
    owed = thing(scene, "invoice", "Invoice")
    linked = {"TxnId": owed["Id"], "TxnType": "Invoice"}
    return {
        "CustomerRef": ref(identity(scene, "customer", "Customer")),
        "TxnDate": scene.day.isoformat(),
        "TotalAmt": TEN / 2,
        "PrivateNote": scene.named("asks"),
        "Line": [{"Amount": TEN / 2, "LinkedTxn": [linked]}],
    }


def _standing(scene: Scene) -> str:
    return select("Invoice", [f"Id = '{identity(scene, 'invoice', 'Invoice')}'"])


def _void(scene: Scene) -> Json:
    """Of the invoice as it stands, its version raised by the payment or not."""
    thing(scene, "payment", "Payment")
    found = rows(scene, "standing", "Invoice")
    return {"Id": found[0]["Id"], "SyncToken": found[0]["SyncToken"]}


def _with_deposit(scene: Scene) -> Json:
    if preference(scene, "SalesFormsPrefs", "AllowDeposit"):
        raise CannotAsk("this company lets invoices have deposits")
    return sale(scene, Deposit=Decimal("1.00"))


def _deposit_dropped(scene: Scene) -> Finding:
    made = thing(scene, "invoice", "Invoice")
    whole = number(made["Balance"]) == number(made["TotalAmt"])
    return told(whole, f"a total of {made['TotalAmt']}, a balance of {made['Balance']}")


def _journal(scene: Scene) -> Json:
    return {
        "TxnDate": scene.day.isoformat(),
        "PrivateNote": scene.named("asks"),
        "Line": [_entry(scene, "Debit", TEN), _entry(scene, "Credit", TEN)],
    }


def _entry(scene: Scene, side: str, amount: Decimal) -> Json:
    kind = "Accounts Receivable" if side == "Debit" else "Other Current Liability"
    own = {"Type": "Customer", "EntityRef": ref(identity(scene, "customer", "Customer"))}
    detail = {"PostingType": side, "AccountRef": ref(str(account_of(scene, kind)["Id"]))}
    return {
        "DetailType": "JournalEntryLineDetail",
        "Amount": amount,
        "JournalEntryLineDetail": {**detail, **({"Entity": own} if side == "Debit" else {})},
    }


def _emptied(scene: Scene) -> Json:
    thing(scene, "journal", "JournalEntry")
    nil = [_entry(scene, side, Decimal(0)) for side in ("Debit", "Credit")]
    return over(scene, "JournalEntry", "journal", Line=nil, TxnDate=scene.day.isoformat())


def _nil_lines(scene: Scene) -> Finding:
    if code_of(scene, "emptied"):
        return told(False, words(scene, "emptied"))
    left = [number(each["Amount"]) for each in thing(scene, "emptied", "JournalEntry")["Line"]]
    return told(not any(left), f"accepted; its lines are {', '.join(map(str, left))}")


SALES = (
    Question(
        id="delivery_info",
        asks="Is an invoice refused that bears how it was delivered?",
        behind="docs/sandbox.md: python-quickbooks#388 [I]; [U] the code",
        assumed="it is, with 2010",
        switch="delivery_info",
        steps=(
            *SELLING,
            invoice("invoice", lambda scene: sale(scene, DeliveryInfo={"DeliveryType": "Email"})),
        ),
        read=refused_with("invoice", "2010"),
    ),
    Question(
        id="void_paid",
        asks="Is the void of a paid invoice refused?",
        behind="0001: unproven [U]; never tried",
        assumed="it is, with 6000",
        switch="void_paid",
        steps=(
            *SELLING,
            invoice("invoice"),
            write("payment", "Payment", _payment, Write("a payment", "")),
            asked("standing", _standing),
            write("void", "Invoice", _void, operation="void"),
        ),
        read=refused_with("void", "6000"),
    ),
    Question(
        id="deposit_dropped",
        asks="Is a deposit on an invoice dropped while the preference is off?",
        behind="docs/sandbox.md, allow_deposit [U]",
        assumed="it is",
        steps=(*SELLING, invoice("invoice", _with_deposit)),
        read=_deposit_dropped,
    ),
    Question(
        id="journal_nil_lines",
        asks="May the lines of a journal be set to nil?",
        behind="0001, 0007 [N]",
        assumed="they may",
        steps=(
            PREFERENCES,
            ACCOUNTS,
            CUSTOMER,
            write("journal", "JournalEntry", _journal, Write("a journal", "")),
            write("emptied", "JournalEntry", _emptied),
        ),
        read=_nil_lines,
    ),
)

MONEY = (*TAX, *CURRENCY, *SALES)
