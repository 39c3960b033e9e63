"""Who may be made inactive, and what naming an inactive record is answered with."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, payment, sale

pytestmark = pytest.mark.slow

NAMELESS = (
    "Something you're trying to use has been made inactive. Check the fields with accounts, "
    "customers, items, vendors or employees."
)


def inactive(record: Any) -> dict[str, Any]:
    return {"Id": record["Id"], "SyncToken": record["SyncToken"], "sparse": True, "Active": False}


def owing(caller: Caller, customer: str) -> None:
    caller.invoice(customer, 40)


def owed(caller: Caller, customer: str) -> None:
    caller.pay(customer, 25)


def credited(caller: Caller, customer: str) -> None:
    caller.post("creditmemo", sale(customer, 10))


@pytest.mark.parametrize("open_balance", [owing, owed, credited])
def test_a_customer_with_an_open_balance_stays_active(
    sandbox_server: SandboxServer, caller: Caller, open_balance: Any
) -> None:
    customer = caller.customer("Open")
    open_balance(caller, customer["Id"])
    status, code, detail = caller.refusal("POST", "customer", inactive(customer))
    assert (status, code) == (400, "6220")
    assert detail.startswith("The entity you are trying to delete has an open balance. : ")
    found = caller.get(f"customer/{customer['Id']}")["Customer"]
    assert (found["Active"], found["DisplayName"]) == (True, "Open")
    sandbox_server.set_up(caller.realm, inactive_with_balance="accept")
    assert caller.post("customer", inactive(customer))["Customer"]["Active"] is False


def test_a_customer_is_made_inactive_once_nothing_is_open(caller: Caller) -> None:
    customer = caller.customer("Settled")
    sold = caller.invoice(customer["Id"], 40)
    body = {
        "BatchItemRequest": [
            {
                "bId": "pay",
                "operation": "create",
                "Payment": payment(customer["Id"], 40, {sold["Id"]: 40}),
            },
            {"bId": "off", "operation": "update", "Customer": inactive(customer)},
        ]
    }
    answers = {one["bId"]: one for one in caller.post("batch", body)["BatchItemResponse"]}
    assert answers["off"]["Customer"]["Active"] is False
    # Changing one that is inactive already asks nothing, and it can come back.
    again = {"Id": customer["Id"], "SyncToken": "1", "sparse": True, "Notes": "gone"}
    caller.post("customer", again)
    back = {"Id": customer["Id"], "SyncToken": "2", "sparse": True, "Active": True}
    assert caller.post("customer", back)["Customer"]["Active"] is True


def test_the_screen_balances_what_is_owed_by_a_credit_memo(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    customer = caller.customer("Leaving")
    caller.invoice(customer["Id"], 40)
    told = {"kind": "Customer", "id": customer["Id"]}
    sandbox_server.act(realm, "deactivate", **told)
    assert [one["TotalAmt"] for one in sandbox_server.objects(realm, "CreditMemo")] == [40]
    found = caller.get(f"customer/{customer['Id']}")["Customer"]
    assert (found["Active"], found["Balance"]) == (False, 0)
    sandbox_server.set_up(realm, inactive_by_screen="refuse")
    other = caller.customer("Staying")
    caller.invoice(other["Id"], 40)
    with pytest.raises(RuntimeError, match="6220"):
        sandbox_server.act(realm, "deactivate", kind="Customer", id=other["Id"])


def test_an_account_with_a_balance_and_an_item_that_was_sold_are_made_inactive_silently(
    caller: Caller,
) -> None:
    item = caller.item("Sold")
    caller.post("invoice", sale(caller.customer()["Id"], 30, item["Id"]))
    assert caller.post("item", inactive(item))["Item"]["Active"] is False
    account = caller.query("SELECT * FROM Account WHERE Name = 'Sales of Product Income'")
    off = caller.post("account", inactive(account["Account"][0]))["Account"]
    assert (off["Active"], off["CurrentBalance"]) == (False, 30)


def names_it(caller: Caller, kind: str) -> tuple[str, Any]:
    """A path and body that names an inactive record of this kind."""
    customer = caller.customer("Buyer")
    if kind == "Customer":
        caller.post("customer", inactive(customer))
        return "invoice", sale(customer["Id"])
    if kind == "Item":
        item = caller.item("Old")
        caller.post("item", inactive(item))
        return "invoice", sale(customer["Id"], 10, item["Id"])
    if kind == "Account":
        account = caller.post("account", {"Name": "Old bank", "AccountType": "Bank"})["Account"]
        caller.post("account", inactive(account))
        return "payment", {
            **payment(customer["Id"], 5, {}),
            "DepositToAccountRef": {"value": account["Id"]},
        }
    if kind == "Term":
        term = caller.post("term", {"Name": "Old term", "DueDays": 3})["Term"]
        caller.post("term", inactive(term))
        return "invoice", sale(customer["Id"], SalesTermRef={"value": term["Id"]})
    vendor = caller.post("vendor", {"DisplayName": "Old vendor"})["Vendor"]
    caller.post("vendor", inactive(vendor))
    detail = {"AccountRef": {"value": "23"}}
    line = {
        "Amount": 5,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
    entity = {"value": vendor["Id"], "type": "Vendor"}
    body = {"AccountRef": {"value": "1"}, "PaymentType": "Cash", "EntityRef": entity}
    return "purchase", {**body, "Line": [line]}


@pytest.mark.variants(keep=5)
@pytest.mark.parametrize("kind", ["Customer", "Item", "Account", "Term", "Vendor"])
@pytest.mark.parametrize(
    ("reading", "code", "says"),
    [
        ("610", "610", f"Object Not Found : {NAMELESS}"),
        ("2500", "2500", f"Invalid Reference Id : {NAMELESS}"),
        ("named", "2500", None),
    ],
)
def test_what_is_inactive_is_named_by_nothing(
    sandbox_server: SandboxServer, caller: Caller, kind: str, reading: str, code: str, says: Any
) -> None:
    sandbox_server.set_up(caller.realm, inactive_fault=reading)
    path, body = names_it(caller, kind)
    answer = caller.call("POST", path, body).json()["Fault"]["Error"][0]
    assert answer["code"] == code
    if says is None:
        assert "element id" in answer["Detail"]
    else:
        assert (answer["Detail"], answer["element"]) == (says, "")


NAMED_BY = ["expense", "line of an expense", "journal entry", "deposit", "line of a deposit"]


def moves_money(caller: Caller, where: str, account: str) -> tuple[str, dict[str, Any]]:
    """A path and body that names this account there, of 5.00."""
    other = caller.query("SELECT * FROM Account WHERE Name = 'Sales of Product Income'")
    income = {"value": other["Account"][0]["Id"]}
    bank = caller.post("account", {"Name": "Bank", "AccountType": "Bank"})["Account"]["Id"]
    own = {"value": account}
    if where.endswith("expense"):
        header = own if where == "expense" else {"value": bank}
        detail = {"AccountRef": income if where == "expense" else own}
        kind = "AccountBasedExpenseLineDetail"
        line = {"Amount": 5, "DetailType": kind, kind: detail}
        return "purchase", {"AccountRef": header, "PaymentType": "Cash", "Line": [line]}
    if where == "journal entry":
        sides = [("Debit", own), ("Credit", income)]
        lines = [
            {"Amount": 5, "DetailType": "JournalEntryLineDetail",
             "JournalEntryLineDetail": {"PostingType": side, "AccountRef": of}}
            for side, of in sides
        ]  # fmt: skip
        return "journalentry", {"Line": lines}
    into = own if where == "deposit" else {"value": bank}
    detail = {"AccountRef": income if where == "deposit" else own}
    line = {"Amount": 5, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
    return "deposit", {"DepositToAccountRef": into, "Line": [line]}


@pytest.mark.parametrize("where", NAMED_BY)
def test_what_moves_money_names_no_inactive_account_but_one_it_named_before(
    caller: Caller, where: str
) -> None:
    account = caller.post("account", {"Name": "Old bank", "AccountType": "Bank"})["Account"]
    path, body = moves_money(caller, where, account["Id"])
    (made,) = [each for each in caller.post(path, body).values() if isinstance(each, dict)]
    caller.post("account", inactive(account))

    answer = caller.call("POST", path, body).json()["Fault"]["Error"][0]

    told = (answer["code"], answer["Detail"], answer["element"])
    assert told == ("610", f"Object Not Found : {NAMELESS}", "")
    # As it stands it can still be changed.
    again = {**body, "Id": made["Id"], "SyncToken": made["SyncToken"], "PrivateNote": "Looked at"}
    (changed,) = [each for each in caller.post(path, again).values() if isinstance(each, dict)]
    assert changed["PrivateNote"] == "Looked at"


# --- sub-customers -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "told",
    [
        {"ParentRef": True},
        {"ParentRef": True, "Job": False},
        {"Job": True},
        {"ParentRef": True, "Job": ""},
    ],
)
def test_a_parent_without_job_and_the_reverse_are_refused(
    sandbox_server: SandboxServer, caller: Caller, told: dict[str, Any]
) -> None:
    parent = caller.customer("Parent")["Id"]
    body = {"DisplayName": "Child", **told}
    if "ParentRef" in told:
        body["ParentRef"] = {"value": parent}
    answer = caller.call("POST", "customer", body)
    error = answer.json()["Fault"]["Error"][0]
    assert answer.status_code == 400
    assert (error["code"], error["element"]) == ("6150", "Job")
    assert error["Message"] == "ParentRef Required Error"
    sandbox_server.set_up(caller.realm, job_and_parent="derive")
    if "ParentRef" in told:
        assert caller.post("customer", body)["Customer"]["Job"] is True


def test_a_sub_customer_keeps_both_on_a_sparse_change_and_loses_both_on_a_full_one(
    caller: Caller,
) -> None:
    parent = caller.customer("Parent")["Id"]
    child = caller.customer("Child", ParentRef={"value": parent}, Job=True)
    kept = caller.post(
        "customer", {"Id": child["Id"], "SyncToken": "0", "sparse": True, "Notes": "x"}
    )["Customer"]
    assert (kept["Job"], kept["ParentRef"]["value"]) == (True, parent)
    one = {"Id": child["Id"], "SyncToken": "1", "sparse": True, "Job": False}
    assert caller.refusal("POST", "customer", one)[1] == "6150"
    top = {"Id": child["Id"], "SyncToken": "1", "DisplayName": "Child"}
    made = caller.post("customer", top)["Customer"]
    assert (made["Job"], "ParentRef" in made, made["FullyQualifiedName"]) == (False, False, "Child")


def test_a_sixth_level_is_refused(caller: Caller) -> None:
    above = caller.customer("Level 0")["Id"]
    for level in range(1, 5):
        above = caller.customer(f"Level {level}", ParentRef={"value": above}, Job=True)["Id"]
    body = {"DisplayName": "Level 5", "ParentRef": {"value": above}, "Job": True}
    assert caller.refusal("POST", "customer", body)[1] == "6180"


def test_an_independent_client_meets_6150_for_a_parent_without_job(
    books: Any, caller: Caller
) -> None:
    """As python-quickbooks#139 tells it: the parent alone is refused, with Job it is taken."""
    from quickbooks.exceptions import QuickbooksException
    from quickbooks.objects import Customer

    parent = Customer.get(caller.customer("Parent")["Id"], qb=books)
    child = Customer()
    child.DisplayName = "Child"
    child.ParentRef = parent.to_ref()
    child.BillWithParent = True
    with pytest.raises(QuickbooksException) as refused:
        child.save(qb=books)
    assert refused.value.error_code == 6150
    child.Job = True
    child.save(qb=books)
    made = caller.get(f"customer/{child.Id}")["Customer"]
    assert made["FullyQualifiedName"] == "Parent:Child"


# --- how a sale was delivered --------------------------------------------------------------------
@pytest.mark.parametrize("path", ["invoice", "creditmemo"])
def test_the_delivery_of_a_sale_sent_back_is_refused(
    sandbox_server: SandboxServer, caller: Caller, path: str
) -> None:
    customer = caller.customer("Mailed", PrimaryEmailAddr={"Address": "a@b.example"})["Id"]
    made = next(iter(caller.post(path, sale(customer, 20)).values()))
    sent = caller.call("POST", f"{path}/{made['Id']}/send", None, sendto="a@b.example").json()
    mailed = next(one for name, one in sent.items() if name != "time")
    assert mailed["DeliveryInfo"]["DeliveryType"] == "Email"
    assert caller.refusal("POST", path, mailed)[1] == "2010"
    without = {name: one for name, one in mailed.items() if name != "DeliveryInfo"}
    caller.post(path, without)
    sandbox_server.set_up(caller.realm, delivery_info="ignore")
    caller.post(path, {**mailed, "SyncToken": "2"})


def test_an_independent_client_cannot_save_an_invoice_that_was_mailed(
    books: Any, caller: Caller
) -> None:
    """As python-quickbooks#388 tells it: saving what was read fails until the attribute is gone."""
    from quickbooks.exceptions import QuickbooksException
    from quickbooks.objects import Invoice

    made = caller.invoice(caller.customer()["Id"], 20)
    caller.call("POST", f"invoice/{made['Id']}/send", None, sendto="a@b.example")
    read = Invoice.get(made["Id"], qb=books)
    with pytest.raises(QuickbooksException) as refused:
        read.save(qb=books)
    assert refused.value.error_code == 2010
    del read.DeliveryInfo
    read.save(qb=books)
