"""Short words for the simulated FreshBooks: its control, a person at its consent page, an app at its API."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT, SandboxServer

KINDS = {
    "clients": ("users/clients", "client"),
    "items": ("items/items", "item"),
    "taxes": ("taxes/taxes", "tax"),
    "invoices": ("invoices/invoices", "invoice"),
    "payments": ("payments/payments", "payment"),
    "credit_notes": ("credit_notes/credit_notes", "credit_note"),
    "expenses": ("expenses/expenses", "expense"),
    "other_incomes": ("other_incomes/other_incomes", "other_income"),
    "journal_entries": ("journal_entries/journal_entries", "journal_entry"),
}
LISTS = {"other_incomes": "other_income"}
EVER = {"start_date": "1970-01-01", "end_date": "2999-12-31"}


class FreshBooksTwin:
    """The FreshBooks of a running server of simulated ledgers; every test opens its own business."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.http = requests.Session()

    @property
    def url(self) -> str:
        return f"{self.server.url}/freshbooks"

    # --- control -------------------------------------------------------------------------------
    def control(self, method: str, what: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.url}/control/{what}", json=body, timeout=60)
        if answer.status_code != 200:
            raise RuntimeError(f"control {method} {what}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def open(self, name: str = "Sample Business", **settings: Any) -> Any:
        """`{business_id, account_id, business_uuid, name, person}`."""
        return self.control("POST", "businesses", {"name": name, **settings})

    def state(self, business: Any) -> Any:
        return self.control("GET", f"businesses/{business}")

    def objects(self, business: Any, kind: str) -> Any:
        return self.control("GET", f"businesses/{business}/objects/{kind}")

    def trial_balance(self, business: Any, code: str = "USD") -> dict[str, Decimal]:
        """Number of a sub-account -> debit less credit, of one currency."""
        rows = self.control("GET", f"businesses/{business}/trial-balance")["rows"]
        return {one["number"]: Decimal(one["balance"]) for one in rows if one["code"] == code}

    def set_up(self, business: Any, **settings: Any) -> Any:
        return self.control("POST", f"businesses/{business}/set", settings)

    def act(self, business: Any, act: str, **told: Any) -> Any:
        return self.control("POST", f"businesses/{business}/act", {"act": act, **told})

    def arm(
        self, business: Any, fault: str, *, times: int = 1, match: Any = None, **told: Any
    ) -> Any:
        body = {"fault": fault, "times": times, "match": match or {}, **told}
        return self.control("POST", f"businesses/{business}/faults", body)

    def keep(self, business: Any) -> None:
        """Put a business aside as it stands."""
        self.control("POST", f"businesses/{business}/keep")

    def bring_back(self, business: Any) -> None:
        """The business as it was kept."""
        self.control("POST", f"businesses/{business}/bring-back")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FreshBooksTwin) and other.server is self.server

    def __hash__(self) -> int:
        return hash(self.server)

    def tokens(self, business: Any, what: str) -> Any:
        return self.control("POST", f"businesses/{business}/tokens", {what: True})

    def deliver(self, business: Any, **told: bool) -> Any:
        return self.control("POST", f"businesses/{business}/deliver", told)

    # --- a person, and an app ------------------------------------------------------------------
    def authorize(self, person: str, scope: str = "", **more: Any) -> requests.Response:
        """Press a button on the consent page; without a scope all of the app's."""
        form = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": scope,
            "redirect_uri": REDIRECT,
            "state": "a-state",
            "person": person,
            "decision": "allow",
            **more,
        }
        return self.http.post(
            f"{self.url}/oauth/authorize/", data=form, allow_redirects=False, timeout=20
        )

    def consent(self, person: str, **more: Any) -> dict[str, str]:
        """The query of the address that the page leads back to."""
        answer = self.authorize(person, **more)
        if answer.status_code != 302:
            raise RuntimeError(f"consent: {answer.status_code} {answer.text[:500]}")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def token_request(self, form: dict[str, str]) -> requests.Response:
        told = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT}
        return self.http.post(f"{self.url}/auth/oauth/token", data={**told, **form}, timeout=20)

    def exchange(self, code: str, **more: str) -> requests.Response:
        return self.token_request({"grant_type": "authorization_code", "code": code, **more})

    def refresh(self, token: str, **more: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.token_request({**form, **more})

    def revoke(self, token: str) -> requests.Response:
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "token": token}
        return self.http.post(f"{self.url}/auth/oauth/revoke", data=form, timeout=20)

    def connect(self, business: Any, scope: str = "") -> "FreshBooksCaller":
        """Consent, exchange the code, and give a plain caller of the business's API."""
        answer = self.exchange(self.consent(business["person"], scope=scope)["code"])
        answer.raise_for_status()
        return FreshBooksCaller(self, business, answer.json())

    def me(self, tokens: dict[str, Any]) -> requests.Response:
        told = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self.http.get(f"{self.url}/auth/api/v1/users/me", headers=told, timeout=20)


class FreshBooksCaller:
    """Bare HTTP on one business's API, without any client's opinion."""

    def __init__(self, twin: FreshBooksTwin, business: Any, tokens: dict[str, Any]) -> None:
        self.twin = twin
        self.business = business
        self.id = business["business_id"]
        self.account = business["account_id"]
        self.tokens = tokens
        self.http = requests.Session()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Any = None,
        headers: dict[str, str] | None = None,
        family: str = "accounting",
    ) -> requests.Response:
        """`path` below the account; `family` events, or businesses (below the uuid)."""
        below = {
            "accounting": f"accounting/account/{self.account}",
            "events": f"events/account/{self.account}",
            "businesses": f"accounting/businesses/{self.business['business_uuid']}",
        }[family]
        told = {"Authorization": f"Bearer {self.tokens['access_token']}", **(headers or {})}
        return self.http.request(
            method,
            f"{self.twin.url}/{below}/{path}",
            params=params,
            json=body,
            headers=told,
            timeout=60,
        )

    def result(self, method: str, path: str, body: Any = None, params: Any = None) -> Any:
        """`response.result`; RuntimeError with the whole body where there is none."""
        answer = self.call(method, path, body, params)
        if answer.status_code != 200 or "result" not in answer.json().get("response", {}):
            raise RuntimeError(f"{answer.status_code} {answer.text[:500]}")
        return answer.json()["response"]["result"]

    def refusal(
        self, method: str, path: str, body: Any = None, **more: Any
    ) -> tuple[int, int, str]:
        """Status, errno and field of what is refused."""
        answer = self.call(method, path, body, **more)
        error = answer.json()["response"]["errors"][0]
        return answer.status_code, error["errno"], error["field"]

    # --- objects ---------------------------------------------------------------------------------
    def make(self, kind: str, body: Any, *include: str) -> Any:
        path, single = KINDS[kind]
        return self.result("POST", path, {single: body}, included(include))[single]

    def change(self, kind: str, identity: int, body: Any, *include: str) -> Any:
        path, single = KINDS[kind]
        return self.result("PUT", f"{path}/{identity}", {single: body}, included(include))[single]

    def read(self, kind: str, identity: int, *include: str) -> Any:
        path, single = KINDS[kind]
        return self.result("GET", f"{path}/{identity}", params=included(include))[single]

    def page(self, kind: str, **query: Any) -> Any:
        """A page as it is answered; `search__x` stands for `search[x]`."""
        told = {
            f"search[{name.removeprefix('search__')}]"
            if name.startswith("search__")
            else name: value
            for name, value in query.items()
        }
        return self.result("GET", KINDS[kind][0], params=told)

    def listed(self, kind: str, **query: Any) -> list[Any]:
        found: list[Any] = self.page(kind, **{"per_page": 100, **query})[LISTS.get(kind, kind)]
        return found

    def ids(self, kind: str, **query: Any) -> list[int]:
        return [one.get("id", one.get("incomeid")) for one in self.listed(kind, **query)]

    def report(self, name: str, **query: Any) -> Any:
        return self.result("GET", f"reports/accounting/{name}", params=query)[name]

    def trial_balance(self, **query: Any) -> dict[str, Decimal]:
        """By the report: number of a sub-account -> debit less credit, of all days unless told."""
        rows = self.report("trial_balance", **{**EVER, **query})["data"]
        return {
            f"{one['account_number']}-{one['account_sub_number']}": Decimal(one["debit"]["amount"])
            - Decimal(one["credit"]["amount"])
            for one in rows
        }

    # --- short words for what most tests need ----------------------------------------------------
    def client(self, organization: str = "Amy's Bird Sanctuary", **more: Any) -> int:
        return int(self.make("clients", {"organization": organization, **more})["id"])

    def invoice(self, client: int, amount: Any = 100, *include: str, **more: Any) -> Any:
        return self.make("invoices", sale(client, amount, **more), *include)

    def pay(self, invoice: int, amount: Any, **more: Any) -> Any:
        return self.make("payments", payment(invoice, amount, **more))

    def credit(self, client: int, amount: Any = 100, **more: Any) -> Any:
        body = {"clientid": client, "create_date": "2026-03-05", "lines": [line(amount)], **more}
        return self.make("credit_notes", body)

    def spend(self, credit: int, invoice: int, amount: Any, **more: Any) -> Any:
        told = {"creditid": credit, "from_credit": True, "type": "Credit"}
        return self.pay(invoice, amount, **{**told, **more})


def included(names: tuple[str, ...]) -> Any:
    return {"include[]": list(names)} if names else None


def line(amount: Any = 100, **more: Any) -> dict[str, Any]:
    return {"name": "Hours", "qty": "1", "unit_cost": {"amount": str(amount)}, **more}


def sale(client: int, amount: Any = 100, **more: Any) -> dict[str, Any]:
    """The body of a sent invoice of one line without tax."""
    told = {"customerid": client, "create_date": "2026-03-02", "due_offset_days": 30, "status": 2}
    return {**told, "lines": [line(amount)], **more}


def payment(invoice: int, amount: Any, **more: Any) -> dict[str, Any]:
    told = {"invoiceid": invoice, "amount": {"amount": str(amount)}, "date": "2026-03-20"}
    return {**told, "type": "Check", **more}
