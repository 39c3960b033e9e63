"""Words in which the questions about QuickBooks are put: requests, bodies, and what an answer holds."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.port import Purpose, Request
from apps.connectors.questions import Answer, CannotAsk, Scene, Step, Write
from apps.connectors.quickbooks.client import MINOR_VERSION, Books, select
from apps.connectors.quickbooks.faults import faults_of
from apps.connectors.quickbooks.wire import Json, dump, ref

Body = Callable[[Scene], Json]
Raw = Mapping[str, Any]

TEN = Decimal("10.00")
ENTITIES = ("Customer", "Item", "Invoice", "Payment", "JournalEntry", "Attachable")
INACTIVE = "an inactive customer"
DELETED = ""  # what is deleted leaves nothing that is shown


# --- Steps --------------------------------------------------------------------------------------


def get(
    name: str,
    path: str | Callable[[Scene], str],
    *,
    once: bool = False,
    **query: Callable[[Scene], str],
) -> Step:
    def request(scene: Scene) -> Request:
        where = path if isinstance(path, str) else path(scene)
        asked = [(key, value(scene)) for key, value in query.items()]
        return Books(scene.company).get(where, Purpose.PROOF, asked)

    return Step(name=name, request=request, once=once)


def listed(name: str, entity: str) -> Step:
    """All of a list, read once."""
    return Step(
        name=name,
        request=lambda scene: Books(scene.company).query(select(entity), Purpose.PROOF),
        once=True,
    )


def asked(name: str, statement: Callable[[Scene], str]) -> Step:
    return Step(
        name=name, request=lambda scene: Books(scene.company).query(statement(scene), Purpose.PROOF)
    )


def write(
    name: str,
    entity: str,
    body: Body,
    said: Write | None = None,
    *,
    operation: str = "",
    once: bool = False,
) -> Step:
    def request(scene: Scene) -> Request:
        return written(scene, entity, body(scene), of=name, operation=operation)

    return Step(
        name=name,
        request=request,
        write=said or Write("a change of what it made", "", dated=False),
        once=once,
    )


def written(scene: Scene, entity: str, body: Json, *, of: str, operation: str = "") -> Request:
    """`of`: what it is a step of, which makes its key another than that of the same bytes elsewhere."""
    content = dump(body)
    told = json.dumps([scene.company, scene.tag, scene.question, of, entity, operation])
    key = hashlib.sha256(told.encode() + content).hexdigest()[:36]
    done = (("operation", operation),) if operation else ()
    return Request(
        method="POST",
        path=f"{Books(scene.company).base}/{entity.lower()}",
        query=(*done, MINOR_VERSION, ("requestid", key)),
        body=content,
        purpose=Purpose.PROOF,
        key=key,
        writes=True,
    )


# --- What every question starts with ------------------------------------------------------------

ABOUT = get("company", lambda scene: f"companyinfo/{scene.company}", once=True)
PREFERENCES = get("preferences", "preferences", once=True)
ACCOUNTS = listed("accounts", "Account")
TAX_CODES = listed("tax codes", "TaxCode")
TAX_RATES = listed("tax rates", "TaxRate")
CURRENCIES = listed("currencies", "CompanyCurrency")


def customer(name: str, **more: Callable[[Scene], Any]) -> Step:
    def body(scene: Scene) -> Json:
        told = {key: value(scene) for key, value in more.items()}
        return {"DisplayName": scene.numbered(name), **told}

    return write(name, "Customer", body, Write("a customer", INACTIVE, dated=False))


CUSTOMER = write(
    "customer",
    "Customer",
    lambda scene: {"DisplayName": scene.named("customer")},
    Write("a customer", INACTIVE, dated=False),
    once=True,
)


def item(name: str, account_type: str, *, once: bool = False) -> Step:
    def body(scene: Scene) -> Json:
        account = account_of(scene, account_type)
        return {
            "Name": scene.named(name) if once else scene.numbered(name),
            "Type": "Service",
            "IncomeAccountRef": ref(str(account["Id"])),
        }

    said = Write("an item", "an inactive item", dated=False)
    return write(name, "Item", body, said, once=once)


ITEM = item("item", "Income", once=True)
# A sale's line outside the United States bears a code; which one does not matter where it is not said.
SELLING = (ABOUT, PREFERENCES, ACCOUNTS, TAX_CODES, ITEM, CUSTOMER)


def account_of(scene: Scene, account_type: str) -> Raw:
    for each in rows(scene, "accounts", "Account"):
        ours = reference(each, "CurrencyRef") in ("", scene.home_currency)
        if each.get("AccountType") == account_type and ours:
            return each
    raise CannotAsk(f"this company has no account of the type {account_type}")


def in_the_us(scene: Scene) -> bool:
    return bool(info(scene).get("Country", "US") == "US")


def info(scene: Scene) -> Raw:
    found: Raw = thing(scene, "company", "CompanyInfo")
    return found


def preference(scene: Scene, group: str, name: str) -> Any:
    return thing(scene, "preferences", "Preferences").get(group, {}).get(name)


def sales_code(scene: Scene) -> str:
    """A code that a sale's line may bear; "" where none is wanted."""
    if in_the_us(scene):
        return ""
    for each in rows(scene, "tax codes", "TaxCode"):
        if each.get("SalesTaxRateList", {}).get("TaxRateDetail") and each.get("Active", True):
            return str(each["Id"])
    return ""


def foreign(scene: Scene, *only: str) -> str:
    """A currency beside the home one that is on their list already: none is ever added."""
    if not preference(scene, "CurrencyPrefs", "MultiCurrencyEnabled"):
        raise CannotAsk("this company keeps one currency")
    for each in rows(scene, "currencies", "CompanyCurrency"):
        code = str(each.get("Code"))
        if code != scene.home_currency and (not only or code in only):
            return code
    raise CannotAsk(f"{' or '.join(only) or 'a second currency'} is not on its list of currencies")


# --- Bodies -------------------------------------------------------------------------------------


def line(scene: Scene, amount: Decimal = TEN, *, code: str | None = None) -> Json:
    chosen = sales_code(scene) if code is None else code
    taxed = {"TaxCodeRef": ref(chosen)} if chosen else {}
    own = identity(scene, "item", "Item")
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "SalesItemLineDetail": {"ItemRef": ref(own), **taxed},
    }


def sale(scene: Scene, *lines: Json, to: str = "customer", **more: Any) -> Json:
    return {
        "CustomerRef": ref(identity(scene, to, "Customer")),
        "TxnDate": scene.day.isoformat(),
        "DocNumber": scene.numbered("").strip(),
        "PrivateNote": scene.named("asks"),
        "Line": list(lines) or [line(scene)],
        **more,
    }


def invoice(name: str, body: Body = sale) -> Step:
    return write(name, "Invoice", body, Write("an invoice", DELETED))


# --- Answers ------------------------------------------------------------------------------------


def fault(answer: Answer) -> tuple[str, str]:
    """Code and words of a refusal; two empty texts where there is none."""
    found = faults_of(answer.said) if isinstance(answer.said, Mapping) else []
    if not found:
        return ("", "") if answer.good else (str(answer.status), "")
    first = answer.said.get("Fault") or answer.said.get("fault")
    listed = first.get("Error") or first.get("error")
    said = {key.lower(): value for key, value in listed[0].items()}
    return str(said.get("code", "")), f"{said.get('message', '')}: {said.get('detail', '')}"


def code_of(scene: Scene, step: str) -> str:
    return fault(scene[step])[0]


def words(scene: Scene, step: str) -> str:
    code, said = fault(scene[step])
    return f"refused with {code} ({said})" if code else "accepted"


def thing(scene: Scene, step: str, entity: str) -> Raw:
    """The object of an answer; `CannotAsk` in their words where it was refused."""
    answer = scene[step]
    found = answer.said.get(entity) if isinstance(answer.said, Mapping) else None
    if not answer.good or not isinstance(found, Mapping):
        raise CannotAsk(f"*{step}* was {words(scene, step)}")
    return found


def identity(scene: Scene, step: str, entity: str) -> str:
    return str(thing(scene, step, entity)["Id"])


def rows(scene: Scene, step: str, entity: str) -> list[Raw]:
    answer = scene[step]
    found = answer.said.get("QueryResponse") if isinstance(answer.said, Mapping) else None
    if not isinstance(found, Mapping):
        raise CannotAsk(f"*{step}* was {words(scene, step)}")
    return list(found.get(entity, ()))


def over(scene: Scene, entity: str, *steps: str, **more: Any) -> Json:
    """A sparse update of what the last of these steps that was taken shows."""
    taken = [each for each in steps if not code_of(scene, each)]
    last = thing(scene, taken[-1], entity) if taken else thing(scene, steps[0], entity)
    return {"Id": last["Id"], "SyncToken": last["SyncToken"], "sparse": True, **more}


def reference(source: Raw, name: str) -> str:
    found = source.get(name)
    return str(found.get("value", "")) if isinstance(found, Mapping) else ""


def number(value: Any) -> Decimal:
    return Decimal(str(value))


# --- Reports ------------------------------------------------------------------------------------


def trial(name: str, start: Callable[[Scene], date], end: Callable[[Scene], date]) -> Step:
    return get(
        name,
        "reports/TrialBalance",
        start_date=lambda scene: start(scene).isoformat(),
        end_date=lambda scene: end(scene).isoformat(),
    )


def balance(scene: Scene, step: str, account_id: str) -> Decimal:
    """Debit less credit of an account in a trial balance; nil where it has no row."""
    for _, cells in report_rows(scene, step):
        if cells[0].get("id") == account_id:
            debit, credit = (number(each.get("value") or 0) for each in cells[1:3])
            return debit - credit
    return Decimal(0)


def report_rows(scene: Scene, step: str) -> list[tuple[int, list[Raw]]]:
    """Depth and cells of each row."""
    said = scene[step].said
    if not scene[step].good or not isinstance(said, Mapping) or "Rows" not in said:
        raise CannotAsk(f"the report was not shown: {words(scene, step)}")
    return _rows(said["Rows"], 0)


def _rows(source: Raw, depth: int) -> list[tuple[int, list[Raw]]]:
    found: list[tuple[int, list[Raw]]] = []
    for each in source.get("Row", ()) if isinstance(source, Mapping) else ():
        if each.get("ColData"):
            found.append((depth, each["ColData"]))
        found += _rows(each.get("Rows", {}), depth + 1)
    return found
