"""How the activity download of PayPal is read, in the languages whose headings and types are known.

What a row is says, best, its event code, which is the same in every language; else its type.
"""

from apps.exchange.profiles.movements import (
    INVOICE_WORDS,
    TAKEN_AS_WORDS,
    WORDS_OF_OURS,
    MovementField,
    MovementKind,
    PayoutProfile,
    PayoutsAre,
)

FIELD, KIND = MovementField, MovementKind

_EVENTS = {
    KIND.CHARGE: (*range(8), *range(9, 14), 17, 18, 19),
    KIND.FEE: (*range(100, 115), 1108, 1109),
    KIND.CONVERSION: (200, 201, 202),
    KIND.PAYOUT: (400, 401, 402, 403),
    KIND.PAYOUT_BACK: (1101,),
    KIND.REFUND: (1107, 1113),
    KIND.CHARGEBACK: (1106, 1201),
    KIND.RETURNED: (1202, 1205, 1208),
    KIND.NONE: (1105, 1110, 1111, 1300, 1301, 1302, 1500, 1501, 1502, 1503),
    KIND.ASIDE: (8, 300, 301, 302, 303, 500, 600, 700, 1104, 2103, 2104),
}
EVENTS = {f"T{code:04}": kind for kind, codes in _EVENTS.items() for code in codes}
ENGLISH = {
    **dict.fromkeys(
        (
            *("Express Checkout Payment", "Website Payment", "Mobile Payment", "General Payment"),
            *("PreApproved Payment Bill User Payment", "Subscription Payment", "Donation Payment"),
            *("eBay Auction Payment", "Virtual Terminal Payment", "Direct Credit Card Payment"),
            *("Payment", "PayPal Here Payment"),
        ),
        KIND.CHARGE,
    ),
    **dict.fromkeys(("Payment Refund", "Refund"), KIND.REFUND),
    **dict.fromkeys(("Chargeback", "Payment Reversal"), KIND.CHARGEBACK),
    **dict.fromkeys(("Chargeback Reversal", "Reimbursement of Chargeback"), KIND.RETURNED),
    **dict.fromkeys(
        ("Chargeback Fee", "Dispute Fee", "Fee Reversal", "General Fee", "Partner Fee"), KIND.FEE
    ),
    **dict.fromkeys(
        (
            *("General Withdrawal", "General Withdrawal - Bank Transfer", "Withdraw Funds to Bank"),
            "User Initiated Withdrawal",
        ),
        KIND.PAYOUT,
    ),
    "Reversal of ACH Withdrawal": KIND.PAYOUT_BACK,
    **dict.fromkeys(
        (
            *("General Currency Conversion", "User Initiated Currency Conversion"),
            "Currency Conversion",
        ),
        KIND.CONVERSION,
    ),
    **dict.fromkeys(
        (
            *("Account Hold for Open Authorization", "Account Hold for Open Authorisation"),
            *("Reversal of General Account Hold", "General Authorization", "Void of Authorization"),
            *("General Authorisation", "Void of Authorisation", "Invoice Sent", "Invoice item"),
            *("Hold on Balance for Dispute Investigation", "Shopping Cart Item"),
            "Cancellation of Hold for Dispute Resolution",
        ),
        KIND.NONE,
    ),
    **dict.fromkeys(
        (
            *("Bank Deposit to PP Account", "General Card Deposit", "General Card Withdrawal"),
            *("Reversal of ACH Deposit", "Reserve Hold", "Reserve Release"),
        ),
        KIND.ASIDE,
    ),
}
GERMAN = {
    **dict.fromkeys(
        (
            *("Zahlung", "PayPal Express-Zahlung", "Handyzahlung", "Website-Zahlung"),
            *("eBay-Auktionszahlung", "Allgemeine Zahlung"),
        ),
        KIND.CHARGE,
    ),
    "Rückzahlung": KIND.REFUND,
    **dict.fromkeys(
        (
            *("Allgemeine Abbuchung", "Allgemeine Abbuchung – Bankkonto"),
            "Von Nutzer eingeleitete Abbuchung",
        ),
        KIND.PAYOUT,
    ),
    **dict.fromkeys(
        ("Allgemeine Währungsumrechnung", "Währungsumrechnung durch Nutzer"), KIND.CONVERSION
    ),
    **dict.fromkeys(
        (
            *("Einbehaltung für offene Autorisierung", "Rückbuchung allgemeiner Einbehaltung"),
            *("Allgemeine Autorisierung", "Rechnung gesendet", "Warenkorbartikel"),
        ),
        KIND.NONE,
    ),
    **dict.fromkeys(
        (
            *("Bankgutschrift auf PayPal-Konto", "Allgemeine Gutschrift auf Kreditkarte"),
            *("Allgemeine Abbuchung von Kreditkarte", "Rückbuchung von ACH-Gutschrift"),
            "ACH-Überweisung als Zahlungsquelle für Ausgleich von Kontoguthaben",
        ),
        KIND.ASIDE,
    ),
}
SPANISH = {
    **dict.fromkeys(
        ("Pago con Pago exprés", "Pago con Pago de usuario de BillPay preaprobado"), KIND.CHARGE
    ),
    "Reembolso de pago": KIND.REFUND,
    "Retirada iniciada por el usuario": KIND.PAYOUT,
    "Conversión de divisas general": KIND.CONVERSION,
}
# What PayPal calls the zones of its times; it counts its own days in California.
ZONES = {
    **dict.fromkeys(("PST", "AKDT"), "-08:00"),
    **dict.fromkeys(("PDT", "MST"), "-07:00"),
    **dict.fromkeys(("MDT", "CST"), "-06:00"),
    **dict.fromkeys(("CDT", "EST"), "-05:00"),
    "EDT": "-04:00",
    **dict.fromkeys(("GMT", "UTC", "WET"), "+00:00"),
    **dict.fromkeys(("BST", "CET", "WEST", "MEZ"), "+01:00"),
    **dict.fromkeys(("CEST", "EET", "MESZ"), "+02:00"),
    "EEST": "+03:00",
    "AEST": "+10:00",
    "AEDT": "+11:00",
    "JST": "+09:00",
}
ACTIVITY = PayoutProfile(
    code="paypal-activity",
    name="PayPal: activity",
    processor="PayPal",
    payouts=PayoutsAre.BALANCE,
    fee_is_negative=True,
    columns={
        **WORDS_OF_OURS,
        FIELD.TRANSACTION: ("Transaction ID", "Transaktionscode", "Id. de transacción"),
        FIELD.ORIGINAL: (
            *("Reference Txn ID", "Zugehöriger Transaktionscode", "Ref Transaktionscode"),
            "Id. de referencia de trans.",
        ),
        FIELD.KIND: (
            *("Transaction Event Code", "Transaktionsereigniscode", "Type", "Typ", "Tipo"),
            *("Description", "Beschreibung", "Descripción"),
        ),
        FIELD.STATUS: ("Status", "Estado"),
        FIELD.IMPACT: ("Balance Impact", "Auswirkung auf Guthaben", "Repercusiones en el saldo"),
        FIELD.DAY: ("Date", "Datum", "Fecha"),
        FIELD.TIME: ("Time", "Uhrzeit", "Hora"),
        FIELD.ZONE: ("TimeZone", "Time Zone", "Zeitzone", "Zona horaria"),
        FIELD.NAME: ("Name", "Nombre"),
        FIELD.CURRENCY: ("Currency", "Währung", "Divisa"),
        FIELD.GROSS: ("Gross", "Brutto", "Bruto"),
        FIELD.FEE: ("Fee", "Gebühr", "Entgelt", "Comisión"),
        FIELD.NET: ("Net", "Netto", "Neto"),
        FIELD.EMAIL: (
            *("From Email Address", "Absender E-Mail-Adresse"),
            "Correo electrónico del remitente",
        ),
        FIELD.INVOICE: (*INVOICE_WORDS, "Rechnungsnummer", "Id. de factura"),
        FIELD.DESCRIPTION: ("Subject", "Betreff", "Item Title", "Artikelbezeichnung"),
    },
    required=(
        *(FIELD.TRANSACTION, FIELD.KIND, FIELD.DAY, FIELD.CURRENCY),
        *(FIELD.GROSS, FIELD.FEE, FIELD.NET),
    ),
    values={
        FIELD.KIND: {**EVENTS, **ENGLISH, **GERMAN, **SPANISH},
        FIELD.TAKEN_AS: TAKEN_AS_WORDS,
    },
    left_out={FIELD.IMPACT: {"memo": "it is a memo there: no money moved"}},
    happened=frozenset(
        (
            *("completed", "refunded", "partially refunded", "reversed", "cleared"),
            *("abgeschlossen", "completado"),
        )
    ),
    zones=ZONES,
)
PROFILES = (ACTIVITY,)
