"""How payments are read: from our own file, a plain table, and what Sage 50 holds of them."""

from apps.connectors.profiles import RecordProfile, Subject

# Our own, as `exports/layouts/native.py` writes it: the amount of a payment on each of its rows, beside
# what of it settles the invoice.
NATIVE_PAYMENTS = RecordProfile(
    code="native-payments",
    name="Tieout: payments",
    subject=Subject.PAYMENTS,
    columns={
        "number": ("Payment",),
        "date": ("Date",),
        "customer_name": ("Customer",),
        "customer_code": ("Customer code",),
        "currency": ("Currency",),
        "exchange_rate": ("Exchange rate",),
        "amount": ("Amount",),
        "bank_currency": ("Bank currency",),
        "bank_amount": ("Bank amount",),
        "method": ("Method",),
        "reference": ("Reference",),
        "payout": ("Payout",),
        "memo": ("Memo",),
        "rest_is": ("What is left over is",),
        "on_account": ("On account",),
        "invoice": ("Invoice",),
        "applied_on": ("Applied on",),
        "applied": ("Applied",),
    },
    required=("number", "date", "customer_name", "currency", "amount"),
    values={"rest_is": {"overpayment": "overpayment", "prepayment": "prepayment"}},
    as_written=True,
    usual={"decimal_mark": ".", "day_order": "ymd"},
)
PLAIN_PAYMENTS = RecordProfile(
    code="payments",
    name="A row for each payment, or for each invoice that it settles",
    subject=Subject.PAYMENTS,
    columns={
        "number": ("Payment number", "Payment no", "Payment no.", "Receipt number", "Receipt no"),
        "date": ("Date", "Payment date", "Date received", "Received on", "Paid on"),
        "customer_code": ("Customer code", "Customer no", "Customer number", "Account code"),
        "customer_name": ("Customer", "Customer name", "Client", "Payer", "Received from"),
        "currency": ("Currency", "Currency code"),
        "exchange_rate": ("Exchange rate",),
        "amount": ("Amount", "Payment amount", "Amount received", "Amount paid", "Received"),
        "bank_currency": ("Bank currency",),
        "bank_amount": ("Bank amount",),
        "method": ("Method", "Payment method", "Paid by"),
        "reference": ("Reference", "Ref", "Payment reference", "Cheque number", "Check number"),
        "payout": ("Payout", "Payout reference"),
        "memo": ("Memo", "Note", "Notes", "Remark"),
        "invoice": ("Invoice", "Invoice number", "Invoice no", "Invoice no.", "Invoices"),
        "applied_on": ("Applied on",),
        "applied": ("Applied", "Amount applied", "Applied amount"),
    },
    required=("date", "amount"),
)
# What a receipt settles is in no column of this file: all of it comes on account.
SAGE50_RECEIPTS = RecordProfile(
    code="sage50-receipts",
    name="Sage 50: audit trail, receipts",
    subject=Subject.PAYMENTS,
    columns={
        "kind": ("Type",),
        "customer_code": ("Account Reference",),
        "date": ("Date",),
        "reference": ("Reference",),
        "memo": ("Details",),
        "amount": ("Net Amount",),
        "exchange_rate": ("Exchange Rate",),
    },
    required=("kind", "customer_code", "date", "amount"),
    values={"kind": {"sr": "receipt", "sa": "receipt", "sd": "discount"}},
    closed=frozenset({"kind"}),
    left_out={
        "kind": {
            "": "",  # sales, purchases, the bank, journals
            "discount": "a discount is no payment: take it off the invoice on its page",
        }
    },
    usual={"day_order": "dmy"},
    proposed=False,  # the headings are those of its documents
)
PAYMENTS = (NATIVE_PAYMENTS, PLAIN_PAYMENTS, SAGE50_RECEIPTS)
