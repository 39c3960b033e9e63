"""Small files as people really export them, each with its traps."""

from typing import Final

FIRST_ROW_ONLY: Final = (
    "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
    "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,Service Date\n"
    "2051,Birch Hotel:Annex,03/04/2026,04/03/2026,Net 30,,Spring,Hours,Plan,1.5,83.333,125.00,"
    "03/01/2026\n"
    ",,,,,,,Hours,Drawings,2,40,80,\n"
    '2052,"Sato, Okafor & Co",04/13/2026,04/13/2026,Due on receipt,,,Prints,,3,0.1,0.30,\n'
)
TWO_TAXES: Final = (
    "Client Name,Invoice #,Date Issued,Date Due,Invoice Status,Date Paid,Item Name,"
    "Item Description,Rate,Quantity,Discount Percentage,Line Subtotal,Tax 1 Type,Tax 1 Amount,"
    "Tax 2 Type,Tax 2 Amount,Line Total,Currency\n"
    "Juniper Bakery,0000017,2026-02-01,2026-03-03,paid,2026-02-20,Web,Home page,75.00,10.00000000,"
    "12.5000,656.25,GST,32.81,QST,65.46,754.52,CAD\n"
    "Juniper Bakery,0000017,2026-02-01,2026-03-03,paid,2026-02-20,Hosting,Feb,20.00,0.33333333,"
    "0.0000,6.67,,0,,0,6.67,CAD\n"
    "Nilsson AB,0000018,2026-02-30,2026-03-30,sent,,Talk,,-50.00,1.00000000,0.0000,-50.00,,0,,0,"
    "-50.00,SEK\n"
)
SHIPPED: Final = (
    "Invoice Date,Invoice ID,Invoice Number,Invoice Status,Customer Name,Due Date,Currency Code,"
    "Exchange Rate,Discount Type,Is Discount Before Tax,Entity Discount Percent,Is Inclusive Tax,"
    "Item Name,Item Desc,Quantity,Item Price,Discount,Item Total,Item Tax,Item Tax %,"
    "Item Tax Amount,Shipping Charge,Adjustment,Round Off,SubTotal,Total,Balance\n"
    "2026-06-02,90010000000000123,INV-000001,Sent,Ravi Stores,2026-07-02,INR,1.0000000000,"
    'entity_level,true,0.00,false,Bracket,"two\nlines",2.00,250.00,0.00,500.00,GST18,18,90.00,'
    "50.00,0.00,-0.20,660.00,819.00,819.00\n"
    "2026-06-02,90010000000000123,INV-000001,Sent,Ravi Stores,2026-07-02,INR,1.0000000000,"
    "entity_level,true,0.00,false,Hinge,,4.00,40.00,0.00,160.00,GST12,12,19.20,50.00,0.00,-0.20,"
    "660.00,819.00,819.00\n"
    "2026-06-05,90010000000000124,INV-000002,Void,Ravi Stores,2026-07-05,INR,1.0000000000,"
    "item_level,true,,true,Bracket,,1.00,295.00,5%,280.25,GST18,18,42.75,0,0,0,280.25,280.25,0.00\n"
)
NESTED: Final = (
    "DocumentDate,DocumentNumber,Name,DocumentStatus,Discount,DiscountType,Items,CurrencyCode,"
    "TotalAmount,BalanceDueAmount,SubtotalAmount,TotalTaxAmount\n"
    '2026-01-28,1,Gull Boats,unsent,0,no_discount,"code,description,qty,unit_price,'
    'discount_percentage,applied_taxes;,Bumper touch-up,4,35,0,""rate;17"";,""Mallet; wood, '
    'large"",10,2.5,0,""rate;17""",ILS,193.05,193.05,165,28.05\n'
)
ORDERS: Final = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,"
    "Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem sku,Lineitem taxable,Billing Name,Billing Company,Billing Zip,Billing Country,"
    "Refunded Amount,Outstanding Balance,Id,Tax 1 Name,Tax 1 Value\r\n"
    "#1001,orla@example.com,paid,2026-03-31 23:40:12 -0700,fulfilled,USD,70.00,5.95,5.60,81.55,SPRING,"
    "5.00,2026-03-31 23:39:58 -0700,2,Kite String 50 m,20.00,KS-50,true,Orla Finch,,'01234,US,0.00,0.00,"
    "5501,CA State Tax 8%,5.60\r\n"
    '#1001,orla@example.com,,,,,,,,,,,2026-03-31 23:39:58 -0700,1,"Kite, ""Red Gull""",35.00,KG-R,'
    "true,,,,,,,,,\r\n"
    "#1002,pim@example.com,partially_refunded,2026-04-02 08:00:00 -0700,fulfilled,USD,35.00,0.00,2.80,"
    '37.80,,0.00,2026-04-02 07:58:10 -0700,1,"Kite, ""Red Gull""",35.00,KG-R,true,Pim Alder,'
    "Alder & Co,'02110,US,10.80,0.00,5502,CA State Tax 8%,2.80\r\n"
    "#1003,,voided,,,USD,0.00,0.00,0.00,0.00,,0.00,2026-04-03 09:00:00 -0700,1,Gift card,0.00,,false,,,,,"
    "0.00,0.00,5503,,\r\n"
)
