"""What a person sees of the simulated Xero."""

import pytest

from tests.xero_twin import XeroCaller, XeroTwin


@pytest.fixture
def invoice(xero: XeroCaller) -> str:
    contact = xero.contact()
    made = xero.invoice(contact, 100)
    return str(made["InvoiceID"])


def test_lists_objects_and_the_trial_balance_are_shown(
    twin: XeroTwin, tenant: str, invoice: str
) -> None:
    app = f"{twin.url}/app/{tenant}"
    pages = {
        "": "INV-",
        "/contacts/": "Amy&#x27;s Bird Sanctuary",
        "/payments/": "There are none yet.",
        "/items/": "There are none yet.",
        f"/invoice/{invoice}": "OUTPUT2",
        "/trialbalance/": "115.00",
    }
    for path, said in pages.items():
        answer = twin.http.get(f"{app}{path}" if path else f"{app}/", timeout=20)
        assert answer.status_code == 200, path
        assert said in answer.text, path


@pytest.mark.parametrize("path", ["nothing/", "invoice/unknown", "journals/"])
def test_what_is_not_there_is_not_found(twin: XeroTwin, tenant: str, path: str) -> None:
    assert twin.http.get(f"{twin.url}/app/{tenant}/{path}", timeout=20).status_code == 404
