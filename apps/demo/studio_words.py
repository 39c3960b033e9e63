"""The sample company's masters: who buys from a design studio, and what it sells."""

from decimal import Decimal

COMPANY = "Harbour & Pine Design Studio Ltd"
ADDRESS = "Unit 4, The Boatyard\n18 Quay Street\nBristol BS1 4DJ"

# Name, e-mail, street, town, postcode.
CUSTOMERS = (
    ("Ashcombe Coffee Roasters", "accounts@ashcombe.example", "7 Mill Lane", "Bath", "BA1 1LZ"),
    ("Bellwether Books", "hello@bellwether.example", "22 Park Row", "Bristol", "BS1 5LJ"),
    ("Brightside Dental Care", "office@brightside.example", "3 High Street", "Stroud", "GL5 1AA"),
    ("Carrow & Finch Solicitors", "ledger@carrowfinch.example", "9 Court Yard", "Wells", "BA5 2RB"),
    ("Coastline Ferries", "ap@coastline.example", "Pier Head", "Weymouth", "DT4 8DX"),
    ("Daisy Chain Nurseries", "bills@daisychain.example", "14 Orchard Way", "Taunton", "TA1 1NB"),
    ("Dunmore Estates", "finance@dunmore.example", "Estate Office", "Falkirk", "FK2 8LU"),
    ("Eastgate Theatre Trust", "box@eastgate.example", "1 Eastgate", "Peebles", "EH45 8AD"),
    ("Fell & Moor Outdoor", "invoices@fellmoor.example", "Lake Road", "Keswick", "CA12 5DJ"),
    ("Foxglove Interiors", "studio@foxglove.example", "31 Gloucester Road", "Bristol", "BS7 8AD"),
    ("Gatehouse Museum", "admin@gatehouse.example", "Castle Hill", "Lincoln", "LN1 3AA"),
    (
        "Green Bicycle Company",
        "pay@greenbicycle.example",
        "Unit 2, Arch Street",
        "Leeds",
        "LS1 4BJ",
    ),
    ("Hartwell Veterinary Group", "ap@hartwell.example", "40 Station Road", "Didcot", "OX11 7NB"),
    ("Juniper Street Bakery", "orders@juniper.example", "5 Juniper Street", "Bristol", "BS2 8XQ"),
    ("Kestrel Aerials", "accounts@kestrel.example", "Hangar 3", "Gloucester", "GL2 9QH"),
    ("Larkfield School", "bursar@larkfield.example", "Larkfield House", "Swindon", "SN1 3PA"),
    ("Marlow Boat Builders", "yard@marlowboats.example", "The Slipway", "Marlow", "SL7 1NH"),
    ("Northlight Gallery", "desk@northlight.example", "16 Canal Walk", "Manchester", "M1 3HN"),
    ("Orchard Row Residents", "treasurer@orchardrow.example", "Orchard Row", "Bath", "BA2 3HS"),
    ("Pemberton Paper Mill", "purchase@pemberton.example", "Mill Road", "Kendal", "LA9 6NT"),
    ("Quill & Compass Maps", "mail@quillcompass.example", "2 Meridian Court", "Hull", "HU1 2AA"),
    ("Redwing Brewery", "cellar@redwing.example", "The Old Maltings", "Burton", "DE14 1DP"),
    (
        "Saltmarsh Holidays",
        "back.office@saltmarsh.example",
        "Sea Wall",
        "Wells-next-the-Sea",
        "NR23",
    ),
    ("Thornbury Town Council", "clerk@thornbury.example", "Town Hall", "Thornbury", "BS35 2AR"),
    ("Wren & Daughters Jewellers", "shop@wren.example", "11 The Arcade", "Cardiff", "CF10 1AF"),
)

# Abroad, invoiced in euro: name, e-mail, street, town, postcode, country.
ABROAD = (
    ("Galerie Lumen", "compta@galerielumen.example", "12 rue des Capucins", "Lyon", "69001", "FR"),
    ("Werkstatt Nord", "rechnung@werkstattnord.example", "Hafenweg 8", "Kiel", "24103", "DE"),
)

# Printed matter is zero rated in the United Kingdom.
ZERO_RATED = frozenset({"PRINT-A5", "PRINT-A2"})
DISCOUNT = ("DISCOUNT", "Trade discount")

# Code, name, price, and whether it is a product (the rest are services).
ITEMS = (
    ("BRAND-ID", "Brand identity", Decimal("2400.00"), False),
    ("LOGO", "Logo refresh", Decimal("680.00"), False),
    ("WEB-DESIGN", "Website design", Decimal("3200.00"), False),
    ("WEB-CARE", "Website care, monthly", Decimal("145.00"), False),
    ("ILLUS", "Illustration", Decimal("275.00"), False),
    ("PHOTO-DAY", "Photography, day", Decimal("640.00"), False),
    ("PHOTO-HALF", "Photography, half day", Decimal("360.00"), False),
    ("COPY", "Copywriting, hour", Decimal("62.50"), False),
    ("ART-DIR", "Art direction, hour", Decimal("95.00"), False),
    ("DESIGN", "Design, hour", Decimal("78.00"), False),
    ("ARTWORK", "Print artwork", Decimal("185.00"), False),
    ("SIGN-SURVEY", "Signage survey", Decimal("220.00"), False),
    ("WORKSHOP", "Brand workshop", Decimal("890.00"), False),
    ("FONT", "Typeface licence", Decimal("49.00"), True),
    ("STOCK-IMG", "Stock photograph", Decimal("18.75"), True),
    ("PRINT-A5", "Leaflets A5, per 100", Decimal("23.40"), True),
    ("PRINT-A2", "Posters A2, each", Decimal("6.85"), True),
    ("CARDS", "Business cards, per 250", Decimal("41.30"), True),
    ("BANNER", "Roll-up banner", Decimal("89.99"), True),
    ("SIGN-PANEL", "Sign panel", Decimal("134.50"), True),
)
