"""One simulated ledger in a process of its own, and short words to set the stage on it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

ROOT = Path(__file__).resolve().parent.parent
CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"
REDIRECT = "http://localhost:8000/back"
SCOPE = "com.intuit.quickbooks.accounting"


class SandboxServer:
    """Start, stop, and control `manage.py runsandbox`; every test opens a company of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "sandbox.sqlite3"
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.http = requests.Session()

    def start(self, port: int = 0) -> "SandboxServer":
        """Run the command until it says that it is ready; RuntimeError when it does not come up."""
        environment = {**os.environ, "TIEOUT_SANDBOX_DATABASE": str(self.file)}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "runsandbox", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("sandbox ready on "):
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        self.url = line.removeprefix("sandbox ready on ").strip()
        return self

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """End the process and give its exit code."""
        self.http.close()
        if self.process is None:
            return 0
        self.process.send_signal(sign)
        code = self.process.wait(timeout=20)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        return code

    # --- control -------------------------------------------------------------------------------
    def control(self, method: str, what: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.url}/control/{what}", json=body, timeout=60)
        if answer.status_code != 200:
            raise RuntimeError(f"control {method} {what}: {answer.status_code} {answer.text}")
        return answer.json()

    def open_company(self, name: str = "Sample Company", **chosen: Any) -> str:
        """A new company's realm id."""
        realm: str = self.control("POST", "companies", {"name": name, **chosen})["realm_id"]
        return realm

    def state(self, realm: str) -> Any:
        return self.control("GET", f"companies/{realm}")

    def objects(self, realm: str, kind: str) -> Any:
        return self.control("GET", f"companies/{realm}/objects/{kind}")

    def trial_balance(self, realm: str) -> Any:
        return self.control("GET", f"companies/{realm}/trial-balance")

    def arm(self, realm: str, fault: str, *, times: int = 1, match: Any = None, **told: Any) -> Any:
        body = {"fault": fault, "times": times, "match": match or {}, **told}
        return self.control("POST", f"companies/{realm}/faults", body)

    def disarm(self, realm: str) -> None:
        self.control("DELETE", f"companies/{realm}/faults")

    def act(self, realm: str, act: str, **told: Any) -> Any:
        return self.control("POST", f"companies/{realm}/act", {"act": act, **told})

    def set_up(self, realm: str, **settings: Any) -> Any:
        return self.control("POST", f"companies/{realm}/set", settings)

    def tokens(self, realm: str, what: str) -> Any:
        return self.control("POST", f"companies/{realm}/tokens", {what: True})

    def keep(self, realm: str) -> None:
        """Put a company aside as it stands."""
        self.control("POST", f"companies/{realm}/keep")

    def bring_back(self, realm: str) -> None:
        """The company as it was kept."""
        self.control("POST", f"companies/{realm}/bring-back")

    def move_clock(self, seconds: float) -> None:
        self.control("POST", "clock", {"offset_seconds": seconds})

    def record_shapes(self, on: bool) -> None:
        self.control("POST", "shapes", {"recording": on})

    # --- a person at the consent page, an app at the API ---------------------------------------
    @property
    def discovery(self) -> str:
        return f"{self.url}/quickbooks/.well-known/openid_configuration"

    @property
    def api(self) -> str:
        return f"{self.url}/quickbooks"

    def consent(
        self, realm: str, state: str = "a-state", decision: str = "connect"
    ) -> dict[str, str]:
        """Press a button on the consent page; the query of the address it leads back to."""
        form = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": REDIRECT,
            "state": state,
            "realm": realm,
            "decision": decision,
        }
        page = f"{self.url}/quickbooks/connect/oauth2"
        answer = self.http.post(page, data=form, allow_redirects=False, timeout=20)
        if answer.status_code != 302:
            raise RuntimeError(f"consent: {answer.status_code} {answer.text}")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def token_request(self, form: dict[str, str], **headers: str) -> requests.Response:
        return self.http.post(
            f"{self.url}/quickbooks/oauth2/v1/tokens/bearer",
            data=form,
            auth=(CLIENT_ID, CLIENT_SECRET),
            headers={"Accept": "application/json", **headers},
            timeout=20,
        )

    def connect(self, realm: str) -> "Caller":
        """Consent, exchange the code, and give a plain caller of the company's API."""
        form = {
            "grant_type": "authorization_code",
            "code": self.consent(realm)["code"],
            "redirect_uri": REDIRECT,
        }
        answer = self.token_request(form)
        answer.raise_for_status()
        return Caller(self, realm, answer.json())


class Caller:
    """Bare HTTP on one company's API, without any client's opinion."""

    def __init__(self, server: SandboxServer, realm: str, tokens: dict[str, Any]) -> None:
        self.server = server
        self.realm = realm
        self.tokens = tokens
        self.http = requests.Session()

    def call(self, method: str, path: str, body: Any = None, **params: str) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self.tokens['access_token']}",
            "Accept": "application/json",
        }
        return self.http.request(
            method,
            f"{self.server.api}/v3/company/{self.realm}/{path}",
            params={"minorversion": "75", **params},
            json=body,
            headers=headers,
            timeout=60,
        )

    def post(self, path: str, body: Any, **params: str) -> Any:
        """The answer's JSON; RuntimeError with the whole fault when it is refused."""
        answer = self.call("POST", path, body, **params)
        if answer.status_code != 200 or "Fault" in answer.json():
            raise RuntimeError(f"{answer.status_code} {answer.text}")
        return answer.json()

    def get(self, path: str, **params: str) -> Any:
        answer = self.call("GET", path, **params)
        answer.raise_for_status()
        return answer.json()

    def query(self, statement: str) -> Any:
        return self.get("query", query=statement)["QueryResponse"]

    def refusal(
        self, method: str, path: str, body: Any = None, **params: str
    ) -> tuple[int, str, str]:
        """Status, code and detail of a call that is refused."""
        answer = self.call(method, path, body, **params)
        error = answer.json()["Fault"]["Error"][0]
        return answer.status_code, error["code"], error["Detail"]

    # --- short words for what most tests need ----------------------------------------------------
    def customer(self, name: str = "Amy's Bird Sanctuary", **more: Any) -> Any:
        return self.post("customer", {"DisplayName": name, **more})["Customer"]

    def item(self, name: str = "Hours", account: str = "Sales of Product Income") -> Any:
        found = self.query(f"SELECT * FROM Account WHERE Name = '{account}'")["Account"][0]
        body = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": found["Id"]}}
        return self.post("item", body)["Item"]

    def invoice(self, customer: str, amount: float = 100, **more: Any) -> Any:
        return self.post("invoice", sale(customer, amount, **more))["Invoice"]

    def pay(self, customer: str, amount: float, **invoices: float) -> Any:
        return self.post("payment", payment(customer, amount, invoices))["Payment"]


def sale(customer: str, amount: float = 100, item: str = "1", **more: Any) -> dict[str, Any]:
    """The body of a sale of one line."""
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    return {"CustomerRef": {"value": customer}, "Line": [line], **more}


def payment(customer: str, amount: float, invoices: dict[str, float]) -> dict[str, Any]:
    """The body of a payment; invoice ids as `{"17": 40}` or, as keywords, `{"i17": 40}`."""
    lines = [
        {"Amount": part, "LinkedTxn": [{"TxnId": one.removeprefix("i"), "TxnType": "Invoice"}]}
        for one, part in invoices.items()
    ]
    return {"CustomerRef": {"value": customer}, "TotalAmt": amount, "Line": lines}
