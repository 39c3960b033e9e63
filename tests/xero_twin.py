"""Short words for the simulated Xero: its control, a person at its consent page, an app at its API."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT, SandboxServer

SCOPES = " ".join(
    [
        "offline_access",
        "accounting.invoices",
        "accounting.payments",
        "accounting.banktransactions",
        "accounting.manualjournals",
        "accounting.contacts",
        "accounting.settings",
        "accounting.attachments",
        "accounting.reports.aged.read",
        "accounting.reports.balancesheet.read",
        "accounting.reports.trialbalance.read",
        "accounting.reports.taxreports.read",
    ]
)
VERIFIER = "a-verifier-of-more-than-forty-three-characters-0123"


def challenge(verifier: str = VERIFIER) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class XeroTwin:
    """The Xero of a running server of simulated ledgers; every test opens an organisation of its own."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.http = requests.Session()

    @property
    def url(self) -> str:
        return f"{self.server.url}/xero"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XeroTwin) and other.server is self.server

    def __hash__(self) -> int:
        return hash(self.server)

    # --- control -------------------------------------------------------------------------------
    def control(self, method: str, what: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.url}/control/{what}", json=body, timeout=60)
        if answer.status_code != 200:
            raise RuntimeError(f"control {method} {what}: {answer.status_code} {answer.text}")
        return answer.json()

    def open(self, name: str = "Sample Organisation", **settings: Any) -> str:
        tenant: str = self.control("POST", "organisations", {"name": name, **settings})["tenant_id"]
        return tenant

    def state(self, tenant: str) -> Any:
        return self.control("GET", f"organisations/{tenant}")

    def objects(self, tenant: str, kind: str) -> Any:
        return self.control("GET", f"organisations/{tenant}/objects/{kind}")

    def trial_balance(self, tenant: str) -> dict[str, float]:
        """Code of an account -> debit less credit."""
        rows = self.control("GET", f"organisations/{tenant}/trial-balance")["rows"]
        return {one["code"]: round(one["debit"] - one["credit"], 2) for one in rows}

    def set_up(self, tenant: str, **settings: Any) -> Any:
        return self.control("POST", f"organisations/{tenant}/set", settings)

    def act(self, tenant: str, act: str, **told: Any) -> Any:
        return self.control("POST", f"organisations/{tenant}/act", {"act": act, **told})

    def arm(
        self, tenant: str, fault: str, *, times: int = 1, match: Any = None, **told: Any
    ) -> Any:
        body = {"fault": fault, "times": times, "match": match or {}, **told}
        return self.control("POST", f"organisations/{tenant}/faults", body)

    def keep(self, tenant: str) -> None:
        """Put an organisation aside as it stands."""
        self.control("POST", f"organisations/{tenant}/keep")

    def bring_back(self, tenant: str) -> None:
        """The organisation as it was kept."""
        self.control("POST", f"organisations/{tenant}/bring-back")

    def tokens(self, tenant: str, what: str) -> Any:
        return self.control("POST", f"organisations/{tenant}/tokens", {what: True})

    # --- a person, and an app ------------------------------------------------------------------
    def authorize(self, *tenants: str, scope: str = SCOPES, **more: Any) -> requests.Response:
        """Press a button on the consent page."""
        form = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": scope,
            "redirect_uri": REDIRECT,
            "state": "a-state",
            "tenant": list(tenants),
            "decision": "allow",
            **more,
        }
        page = f"{self.url}/identity/connect/authorize"
        return self.http.post(page, data=form, allow_redirects=False, timeout=20)

    def consent(self, *tenants: str, **more: Any) -> dict[str, str]:
        """The query of the address that the page leads back to."""
        answer = self.authorize(*tenants, **more)
        if answer.status_code != 302:
            raise RuntimeError(f"consent: {answer.status_code} {answer.text}")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def token_request(self, form: dict[str, str], *, basic: bool = True) -> requests.Response:
        """With the client's secret by Basic authentication, or in the form."""
        told = {} if basic else {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return self.http.post(
            f"{self.url}/connect/token",
            data={**told, **form},
            auth=(CLIENT_ID, CLIENT_SECRET) if basic else None,
            timeout=20,
        )

    def exchange(self, code: str, **more: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.token_request({**form, **more})

    def refresh(self, token: str) -> requests.Response:
        return self.token_request({"grant_type": "refresh_token", "refresh_token": token})

    def connect(self, tenant: str, scope: str = SCOPES) -> "XeroCaller":
        """Consent, exchange the code, and give a plain caller of the organisation's API."""
        answer = self.exchange(self.consent(tenant, scope=scope)["code"])
        answer.raise_for_status()
        return XeroCaller(self, tenant, answer.json())

    def connections(self, tokens: dict[str, Any], path: str = "connections", **params: str) -> Any:
        answer = self.http.get(
            f"{self.url}/{path}", params=params, headers=bearer(tokens), timeout=20
        )
        answer.raise_for_status()
        return answer.json()


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


class XeroCaller:
    """Bare HTTP on one organisation's API, without any client's opinion."""

    def __init__(self, twin: XeroTwin, tenant: str, tokens: dict[str, Any]) -> None:
        self.twin = twin
        self.tenant = tenant
        self.tokens = tokens
        self.http = requests.Session()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> requests.Response:
        told = {
            **bearer(self.tokens),
            "xero-tenant-id": self.tenant,
            "Accept": "application/json",
            **(headers or {}),
        }
        return self.http.request(
            method,
            f"{self.twin.url}/api.xro/2.0/{path}",
            params=params,
            json=body,
            headers=told,
            timeout=60,
        )

    def file(
        self,
        path: str,
        data: bytes,
        kind: str = "application/octet-stream",
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> requests.Response:
        """Put the bytes of a file: `Invoices/{id}/Attachments/{name}`."""
        told = {**bearer(self.tokens), "xero-tenant-id": self.tenant, "Content-Type": kind}
        told |= {"Accept": "application/json", **(headers or {})}
        address = f"{self.twin.url}/api.xro/2.0/{path}"
        return self.http.put(address, data=data, params=params, headers=told, timeout=60)

    def done(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """The answer's JSON; RuntimeError with the whole body when it is refused."""
        answer = self.call(method, path, body, **params)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} {answer.text}")
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        return self.done("GET", path, **params)

    def put(self, kind: str, body: Any, **params: Any) -> Any:
        """The one element that a creation answers."""
        return self.done("PUT", kind, {kind: [body]}, **{"unitdp": "4", **params})[kind][0]

    def post(self, path: str, body: Any, **params: Any) -> Any:
        """The one element that an update answers, refused or not: errors are not summarised."""
        kind = path.partition("/")[0]
        told = {"unitdp": "4", "summarizeErrors": "false", **params}
        return self.done("POST", path, {kind: [body]}, **told)[kind][0]

    def refusal(self, method: str, kind: str, body: Any, **params: Any) -> str:
        """The first message of an element that is refused."""
        answer = self.call(method, kind, body, **params)
        assert answer.status_code == 400, answer.text
        messages = answer.json()["Elements"][0]["ValidationErrors"]
        return str(messages[0]["Message"])

    # --- short words for what most tests need ----------------------------------------------------
    def contact(self, name: str = "Amy's Bird Sanctuary", **more: Any) -> str:
        return str(self.put("Contacts", {"Name": name, **more})["ContactID"])

    def invoice(self, contact: str, amount: Any = 100, **more: Any) -> Any:
        return self.put("Invoices", sale(contact, amount, **more))

    def credit_note(self, contact: str, amount: Any = 100, **more: Any) -> Any:
        body = sale(contact, amount, Type="ACCRECCREDIT", **more)
        body.pop("DueDate")
        return self.put("CreditNotes", body)

    def pay(self, invoice: str, amount: Any, account: str = "090", **more: Any) -> Any:
        body = {
            "Invoice": {"InvoiceID": invoice},
            "Account": {"Code": account},
            "Date": "2026-03-20",
            "Amount": amount,
            **more,
        }
        return self.done("PUT", "Payments", {"Payments": [body]})["Payments"][0]

    def overpayment(self, contact: str, amount: Any, **more: Any) -> Any:
        body = {
            "Type": "RECEIVE-OVERPAYMENT",
            "Contact": {"ContactID": contact},
            "BankAccount": {"Code": "090"},
            "Date": "2026-03-05",
            "LineAmountTypes": "NoTax",
            "LineItems": [{"Description": "On account", "Quantity": 1, "UnitAmount": amount}],
            **more,
        }
        return self.put("BankTransactions", body)

    def read(self, kind: str, identity: str) -> Any:
        return self.get(f"{kind}/{identity}", unitdp="4")[kind][0]


def sale(contact: str, amount: Any = 100, **more: Any) -> dict[str, Any]:
    """The body of an authorised sales invoice of one line of 15 % GST, exclusive."""
    line = {
        "Description": "Hours",
        "Quantity": 1,
        "UnitAmount": amount,
        "AccountCode": "200",
        "TaxType": "OUTPUT2",
    }
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": contact},
        "Date": "2026-03-02",
        "DueDate": "2026-04-01",
        "LineAmountTypes": "Exclusive",
        "Status": "AUTHORISED",
        "LineItems": [line],
        **more,
    }
