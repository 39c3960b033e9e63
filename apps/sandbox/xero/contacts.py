"""Contacts: one name among the active ones, archived ones that refuse every edit, merged ones."""

from typing import Any

from . import attachments, wire
from .refusals import Refused
from .reports import owed_by
from .store import Content, Organisation, moment

KIND = "Contacts"
LENGTHS = {
    "Name": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "FirstName": 255,
    "LastName": 255,
    "CompanyNumber": 50,
    "TaxNumber": 50,
    "EmailAddress": 255,
}
# As they are sent -> as they are kept; answered where they have a value.
TEXTS = {
    "ContactNumber": "number",
    "AccountNumber": "account_number",
    "FirstName": "first_name",
    "LastName": "last_name",
    "CompanyNumber": "company_number",
    "EmailAddress": "email",
    "TaxNumber": "tax_number",
    "AccountsReceivableTaxType": "sales_tax",
    "AccountsPayableTaxType": "purchase_tax",
    "DefaultCurrency": "currency",
    "SalesDefaultAccountCode": "sales_account",
    "PurchasesDefaultAccountCode": "purchase_account",
    "BankAccountDetails": "bank_details",
}
ADDRESS_TEXTS = {
    "AddressLine1": 500,
    "AddressLine2": 500,
    "AddressLine3": 500,
    "AddressLine4": 500,
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
ALWAYS = ("City", "Region", "PostalCode", "Country")
PHONES = ("DDI", "DEFAULT", "FAX", "MOBILE")
PHONE_TEXTS = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")
TERMS = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")
ARCHIVED = "Archived contacts cannot currently be edited via the API."


def find(org: Organisation, sent: Content) -> Content | None:
    """The contact an upsert means: by id, number or name."""
    if sent.get("ContactID"):
        found = org.find(KIND, sent["ContactID"])
        if found is None:
            raise Refused("The contact with the supplied id was not found.")
        return found
    if sent.get("ContactNumber"):
        numbered = org.by(KIND, "number", sent["ContactNumber"])
        if numbered:
            return numbered[0]
    return active_named(org, sent.get("Name"))


def active_named(org: Organisation, name: Any) -> Content | None:
    if not name:
        return None
    found = org.by(KIND, "name", name)
    return next((one for one in found if one["status"] == "ACTIVE"), None)


def write(org: Organisation, sent: Content, *, create: bool) -> Content:
    """Create by PUT, create or update by POST."""
    known = None if create else find(org, sent)
    if create and not sent.get("Name"):
        raise Refused("The contact name must be supplied when creating a new contact.")
    if known is None and not (sent.get("Name") or sent.get("ContactID")):
        raise Refused(
            "The contact must contain at least 1 of the following elements to identify the "
            "contact: Name, ContactID, ContactNumber"
        )
    if known is not None and known["status"] == "ARCHIVED":
        raise Refused(ARCHIVED)
    check(sent)
    name = sent.get("Name")
    owner = active_named(org, name)
    mine = known is not None and owner is not None and owner["id"] == known["id"]
    if owner is not None and not mine and org.switch("duplicate_contact_names") == "refuse":
        raise Refused(
            f"The contact name {name} is already assigned to another contact. The contact name "
            "must be unique across all active contacts."
        )
    check_number(org, sent, known)
    if known is None:
        known = org.add(KIND, {"name": str(name).strip(), "status": "ACTIVE"})
    contact = org.edit(KIND, known["id"])
    fill(org, contact, sent)
    org.index(KIND, contact)
    return contact


def check(sent: Content) -> None:
    for name, most in LENGTHS.items():
        if len(str(sent.get(name) or "")) > most:
            raise Refused(f"The {name} field cannot exceed {most} characters.")
    email = sent.get("EmailAddress") or ""
    if email and ("@" not in email or not email.isascii() or " " in email):
        raise Refused("Email address must be valid.")
    for address in sent.get("Addresses") or ():
        for name, most in ADDRESS_TEXTS.items():
            if len(str(address.get(name) or "")) > most:
                raise Refused(f"The {name} field cannot exceed {most} characters.")
    if len(sent.get("ContactPersons") or ()) > 5:
        raise Refused("A contact may have at most 5 contact persons.")


def check_number(org: Organisation, sent: Content, known: Content | None) -> None:
    number = sent.get("ContactNumber")
    others = org.by(KIND, "number", number) if number else []
    if any(known is None or one["id"] != known["id"] for one in others):
        raise Refused(f"The contact number {number} is already assigned to another contact.")


def fill(org: Organisation, contact: Content, sent: Content) -> None:
    """Take what was sent; a list that was not sent stays, a sent one replaces."""
    if sent.get("Name"):
        contact["name"] = str(sent["Name"]).strip()
    for name, key in TEXTS.items():
        if name in sent:
            contact[key] = str(sent[name] or "")
    if "Addresses" in sent:
        contact["addresses"] = {
            one["AddressType"]: {name: one[name] for name in ADDRESS_TEXTS if one.get(name)}
            for one in sent["Addresses"] or ()
            if one.get("AddressType") in ("POBOX", "STREET")
        }
    if "Phones" in sent:
        contact["phones"] = {
            one["PhoneType"]: {name: one[name] for name in PHONE_TEXTS if one.get(name)}
            for one in sent["Phones"] or ()
            if one.get("PhoneType") in (*PHONES, "OFFICE")
        }
    if "ContactPersons" in sent:
        contact["persons"] = [
            {
                name: one[name]
                for name in ("FirstName", "LastName", "EmailAddress", "IncludeInEmails")
                if name in one
            }
            for one in sent["ContactPersons"] or ()
        ]
    terms = (sent.get("PaymentTerms") or {}).get("Sales")
    if terms:
        if terms.get("Type") not in TERMS:
            raise Refused(f"Requested value '{terms.get('Type')}' was not found.")
        contact["terms"] = {"Day": int(terms.get("Day") or 0), "Type": terms["Type"]}
    if sent.get("ContactStatus"):
        status = sent["ContactStatus"]
        if status not in ("ACTIVE", "ARCHIVED"):
            raise Refused(f"Requested value '{status}' was not found.")
        contact["status"] = status


def for_document(org: Organisation, sent: Any, *, sale: bool) -> Content:
    """The contact a document names; a name alone matches an active one or makes a new one."""
    if not isinstance(sent, dict) or not sent:
        raise Refused("A Contact must be specified for this type of transaction.")
    found = find(
        org, {key: sent[key] for key in ("ContactID", "ContactNumber", "Name") if sent.get(key)}
    )
    if found is None:
        try:
            found = write(org, sent, create=False)
        except Refused as wrong:
            raise Refused(*wrong.messages, contact=tuple(wrong.messages)) from wrong
    if found["status"] == "ARCHIVED":
        raise Refused("Unable to assign an archived contact to this transaction.")
    role = "customer" if sale else "supplier"
    if not found.get(role):
        # Does not move the contact's time.
        found = org.edit(KIND, found["id"], touch=False)
        found[role] = True
    return found


# --- answers --------------------------------------------------------------------------------------
def short(org: Organisation, identity: str) -> Content:
    """As lists of documents show it."""
    contact = org.objects[KIND][identity]
    return {
        "ContactID": contact["id"],
        "Name": contact["name"],
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def answer(org: Organisation, contact: Content, *, listed: bool, light: bool = False) -> Content:
    """A contact as it is answered; `listed`: by a read, which has HasAttachments."""
    out: Content = {
        "ContactID": contact["id"],
        "ContactStatus": contact["status"],
        "Name": contact["name"],
    }
    for name, key in TEXTS.items():
        if contact.get(key):
            out[name] = contact[key]
    if out.get("TaxNumber") and org.switch("tax_numbers") == "masked":
        out["TaxNumber"] = f"*****{out['TaxNumber'][-4:]}"
    out.setdefault("EmailAddress", "")
    out.setdefault("BankAccountDetails", "")
    if contact.get("merged_to") and listed:
        out["MergedToContactID"] = contact["merged_to"]
    out["Addresses"] = [] if light else addresses(contact)
    out["Phones"] = [] if light else phones(contact)
    out |= {
        "UpdatedDateUTC": moment(contact),
        "ContactGroups": [],
        "IsSupplier": bool(contact.get("supplier")),
        "IsCustomer": bool(contact.get("customer")),
    }
    if not listed:
        out |= {"SalesTrackingCategories": [], "PurchasesTrackingCategories": []}
    out["ContactPersons"] = [] if light else list(contact.get("persons", ()))
    if contact.get("terms") and not light:
        out["PaymentTerms"] = {"Sales": contact["terms"]}
    out["HasValidationErrors"] = False
    if listed:
        out["HasAttachments"] = attachments.has(org, contact)
        owed = {} if light else balances(org, contact)
        if owed:
            out["Balances"] = owed
    return out


def addresses(contact: Content) -> list[Content]:
    known = contact.get("addresses", {})
    return [
        {"AddressType": kind, **dict.fromkeys(ALWAYS, ""), **known.get(kind, {})}
        for kind in ("STREET", "POBOX")
    ]


def phones(contact: Content) -> list[Content]:
    known = contact.get("phones", {})
    kinds = [*PHONES, *(["OFFICE"] if "OFFICE" in known else [])]
    return [
        {"PhoneType": kind, **dict.fromkeys(PHONE_TEXTS, ""), **known.get(kind, {})}
        for kind in kinds
    ]


def balances(org: Organisation, contact: Content) -> Content:
    """What is outstanding and overdue, in the base currency; nothing where nothing stands."""
    out: Content = {}
    for name, sale in (("AccountsReceivable", True), ("AccountsPayable", False)):
        outstanding, overdue = owed_by(org, contact["id"], sale=sale)
        out[name] = {"Outstanding": outstanding, "Overdue": overdue}
    return out if any(side["Outstanding"] for side in out.values()) else {}


def refused(sent: Content, messages: list[str], known: Content | None) -> Content:
    """What comes back of a contact that was not taken: what was sent, and why."""
    out: Content = {
        "ContactID": (known or {}).get("id") or sent.get("ContactID") or wire.NO_GUID,
    }
    if sent.get("ContactStatus"):
        out["ContactStatus"] = sent["ContactStatus"]
    name = sent.get("Name") or (known or {}).get("name")
    if name:
        out["Name"] = name
    if sent.get("EmailAddress"):
        out["EmailAddress"] = sent["EmailAddress"]
    return out | {
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": True,
        "ValidationErrors": [{"Message": one} for one in messages],
    }
