"""Small files of card processors as people really have them, each with its traps."""

from typing import Final

STRIPE: Final = (
    "\ufeffid,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,"
    "Customer Facing Amount,Customer Facing Currency,Transfer,Transfer Date (UTC)\n"
    "txn_1,charge,ch_1,120.00,3.78,116.22,usd,2026-04-01 03:12,2026-04-03 00:00,Order 1001,110.00,"
    "eur,po_1,2026-04-05 00:00\n"
    "txn_2,refund,re_1,-20.00,-0.58,-19.42,usd,2026-04-02 14:03,2026-04-02 14:03,"
    "REFUND FOR CHARGE (Order 1001),-18.30,eur,po_1,2026-04-05 00:00\n"
    "txn_3,adjustment,du_1,-50.00,15.00,-65.00,usd,2026-04-03 01:00,2026-04-03 01:00,"
    "Chargeback withdrawal,,,po_1,2026-04-05 00:00\n"
    "txn_4,charge,ch_2,1200,36,1164,jpy,2026-04-03 02:00,2026-04-07 00:00,Order 1004,1200,jpy,,\n"
    "txn_5,payout,po_1,-31.80,0.00,-31.80,usd,2026-04-05 00:00,2026-04-05 00:00,STRIPE PAYOUT,,,,\n"
)
PAYPAL_HEADINGS: Final = (
    '"Datum";"Uhrzeit";"Zeitzone";"Name";"Typ";"Status";"Währung";"Brutto";"Gebühr";"Netto";'
    '"Transaktionscode";"Rechnungsnummer"'
)
PAYPAL: Final = (
    '\ufeff"Konto";"DE00 0000"\n"Zeitraum";"01.09.2026 - 30.09.2026"\n""\n'
    f"{PAYPAL_HEADINGS}\n"
    '"07.09.2026";"23:55:00";"Europe/Berlin";"Möwe & Söhne";"Zahlung";"Abgeschlossen";"EUR";'
    '"1.234,56";"-35,80";"1.198,76";"1AB";"RE-0007"\n'
    '"08.09.2026";"10:12:00";"Europe/Berlin";"Möwe & Söhne";"Rückzahlung";"Abgeschlossen";"EUR";'
    '"\u2212100,00";"2,90";"\u221297,10";"2AB";"RE-0007"\n'
    '"21.09.2026";"19:00:00";"Europe/Berlin";"Late Ltd";"Zahlung";"Ausstehend";"USD";"-15,00";'
    '"0,00";"-15,00";"3AB";""\n'
)
PAYPAL_WITHDRAWAL: Final = (
    '"09.09.2026";"08:00:00";"Europe/Berlin";"";"Allgemeine Abbuchung";"Abgeschlossen";"EUR";'
    '"-1.101,66";"0,00";"-1.101,66";"4AB";""\n'
)
PAYPAL_ENGLISH_HEADINGS: Final = (
    '"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net",'
    '"From Email Address","Transaction ID","Reference Txn ID","Invoice Number","Balance Impact"'
)
SHOPIFY_HEADINGS: Final = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,"
    "Available On,Amount,Fee,Net,Checkout,Payment Method Name,Presentment Amount,"
    "Presentment Currency,Currency,VAT"
)
SHOPIFY: Final = (
    f"{SHOPIFY_HEADINGS}\n"
    "2026-03-31 23:40:12 -0700,charge,#1001,visa,online,paid,2026-04-03,90001,2026-04-03,81.55,"
    "2.67,78.88,#c1,card,81.55,USD,USD,0.00\n"
    "2026-04-02 08:10:00 -0700,refund,#1001,visa,online,paid,2026-04-03,90001,2026-04-03,-10.80,"
    "0.00,-10.80,#c1,card,-10.80,USD,USD,0.00\n"
    "2026-04-02 08:00:00 -0700,charge,#1002,visa,online,pending,2026-04-06,,2026-04-06,37.80,1.40,"
    "36.40,#c2,card,37.80,USD,USD,0.00\n"
)
GERMAN = PAYPAL + PAYPAL_WITHDRAWAL
ENGLISH = "\n".join(
    [
        PAYPAL_ENGLISH_HEADINGS,
        '"09/07/2026","23:55:00","Europe/Berlin","Moewe","Website Payment","Completed","EUR","1,234.56","-35.80","1,198.76","","1AB","","RE-0007","Credit"',
        '"09/08/2026","10:12:00","Europe/Berlin","Moewe","Payment Refund","Completed","EUR","-100.00","2.90","-97.10","","2AB","1AB","","Debit"',
        '"09/21/2026","19:00:00","Europe/Berlin","Late Ltd","Website Payment","Pending","USD","15.00","0.00","15.00","","3AB","","","Memo"',
        '"09/09/2026","08:00:00","Europe/Berlin","","General Withdrawal","Completed","EUR","-1,101.66","0.00","-1,101.66","","4AB","","","Debit"',
        "",
    ]
)


ALIKE = "\n".join([*SHOPIFY.split("\n")[:2], SHOPIFY.split("\n")[1], ""])
