"""Clients, items, taxes and categories of expenses."""

import secrets
from uuid import uuid4

from . import wire
from .fields import Fields, flag, money, number, objects, read, reference, text
from .refusals import Refused, required
from .store import Business, Content

CLIENT_TEXTS = wire.names(
    "organization fname lname email bus_phone home_phone mob_phone fax p_street p_street2 p_city "
    "p_province p_code p_country s_street s_street2 s_city s_province s_code s_country "
    "currency_code language vat_name vat_number note"
)
CLIENT_FLAGS = ("pref_email", "allow_late_fees", "allow_late_notifications")
CLIENT = Fields(
    {
        **dict.fromkeys(CLIENT_TEXTS, text),
        **dict.fromkeys(CLIENT_FLAGS, flag),
        "contacts": objects,
    },
    frozenset(
        {"id", "userid", "accounting_systemid", "uuid", "updated", "signup_date", "role", "level"}
    ),
)
# What a client answers where nothing was said.
EMPTY_TEXTS = frozenset(CLIENT_TEXTS) - {"vat_name", "vat_number", "note", "home_phone"}


def make_client(books: Business, body: Content) -> Content:
    told = read(books, CLIENT, body)
    if not any(told.get(name) for name in ("organization", "fname", "lname", "email")):
        raise required("email")
    told.setdefault("currency_code", books.base)
    told.setdefault("language", "en")
    if not told.get("organization"):
        # FreshBooks fills it from the names, or from the address.
        names = " ".join(told[one] for one in ("fname", "lname") if told.get(one))
        told["organization"] = names or told["email"]
    return books.add(
        "clients", {**told, "uuid": str(uuid4()), "username": secrets.token_urlsafe(6)}
    )


def change_client(books: Business, client: Content, body: Content) -> None:
    client |= read(books, CLIENT, body)


def client_answer(books: Business, client: Content, includes: set[str]) -> Content:
    out: Content = {
        **{
            name: client.get(name) or ("" if name in EMPTY_TEXTS else None) for name in CLIENT_TEXTS
        },
        "accounting_systemid": books.account,
        "allow_email_include_pdf": False,
        "allow_late_fees": client.get("allow_late_fees", True),
        "allow_late_notifications": client.get("allow_late_notifications", True),
        "company_industry": None,
        "company_size": None,
        "direct_link_token": None,
        "has_retainer": None,
        "id": client["id"],
        "last_activity": None,
        "last_login": None,
        "level": 0,
        "notified": False,
        "num_logins": 0,
        "pref_email": client.get("pref_email", True),
        "pref_gmail": False,
        "retainer_id": None,
        "role": "client",
        "signup_date": wire.stamp_utc(client["created_us"]),
        "statement_token": None,
        "subdomain": None,
        "updated": wire.stamp(client["updated_us"]),
        "userid": client["id"],
        "username": client["username"],
        "uuid": client["uuid"],
        "vis_state": client["vis_state"],
    }
    if "contacts" in includes:
        out["contacts"] = client.get("contacts", [])
    return out


# --- items ---------------------------------------------------------------------------------------
ITEM = Fields(
    {
        "name": text,
        "description": text,
        "qty": number,
        "sku": text,
        "inventory": text,
        "unit_cost": money,
        "tax1": reference,
        "tax2": reference,
    },
    frozenset({"id", "itemid", "accounting_systemid", "updated"}),
)


def make_item(books: Business, body: Content) -> Content:
    told = read(books, ITEM, body)
    if not told.get("name"):
        raise required("name")
    check_taxes(books, told)
    return books.add("items", {"qty": "1", **told})


def change_item(books: Business, item: Content, body: Content) -> None:
    item |= read(books, ITEM, body)
    check_taxes(books, item)


def check_taxes(books: Business, item: Content) -> None:
    for name in ("tax1", "tax2"):
        if item.get(name) and books.find("taxes", item[name]) is None:
            raise Refused(1012, "Tax not found.", name, item[name], "tax")
    if item.get("tax1") and item.get("tax1") == item.get("tax2"):
        raise Refused(1019, "An item may not have the same tax twice.", "tax2", item["tax2"])


def item_answer(books: Business, item: Content, includes: set[str]) -> Content:
    cost = item.get("unit_cost") or {"amount": "0.00", "code": None}
    return {
        "accounting_systemid": books.account,
        "description": item.get("description"),
        "id": item["id"],
        "inventory": item.get("inventory"),
        "itemid": item["id"],
        "name": item["name"],
        "qty": item["qty"],
        "sku": item.get("sku"),
        "tax1": item.get("tax1") or 0,
        "tax2": item.get("tax2") or 0,
        "unit_cost": wire.money(cost["amount"], cost["code"] or books.base),
        "updated": wire.stamp(item["updated_us"]),
        "vis_state": item["vis_state"],
    }


# --- taxes ---------------------------------------------------------------------------------------
TAX = Fields(
    {"name": text, "amount": number, "number": text, "compound": flag},
    frozenset({"id", "taxid", "accounting_systemid", "updated"}),
)


def make_tax(books: Business, body: Content) -> Content:
    told = {"amount": "0", "compound": False, "number": "", **read(books, TAX, body)}
    if not told.get("name"):
        raise required("name")
    if any(one["name"] == told["name"] for one in books.all("taxes")):
        raise Refused(1026, "This tax exists already.", "name", told["name"])
    told["number"] = told["number"] or ""
    return books.add("taxes", told)


def change_tax(books: Business, tax: Content, body: Content) -> None:
    tax |= read(books, TAX, body)


def tax_answer(books: Business, tax: Content, includes: set[str]) -> Content:
    return {
        "accounting_systemid": books.account,
        "amount": tax["amount"],
        "compound": tax["compound"],
        "id": tax["id"],
        "name": tax["name"],
        "number": tax["number"],
        "taxid": tax["id"],
        "updated": wire.stamp(tax["updated_us"]),
    }


def category_answer(books: Business, category: Content, includes: set[str]) -> Content:
    return {
        "category": category["category"],
        "categoryid": category["id"],
        "created_at": wire.stamp(category["created_us"]),
        "id": category["id"],
        "is_cogs": False,
        "is_editable": False,
        "parentid": category["parentid"],
        "updated_at": wire.stamp(category["updated_us"]),
        "vis_state": category["vis_state"],
    }
