"""What a person sees of the simulated FreshBooks."""

from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksTwin


def test_lists_objects_and_the_trial_balance_are_shown(twin: FreshBooksTwin) -> None:
    business: Any = twin.open()
    caller = twin.connect(business)
    made = caller.invoice(caller.client(), 100)
    app = f"{twin.url}/app/{business['account_id']}"
    pages = {
        "/": "100.00",
        "/clients/": "Amy&#x27;s Bird Sanctuary",
        "/payments/": "There are none yet.",
        f"/invoice/{made['id']}": "Hours",
        "/trialbalance/": "1200-1",
    }
    for path, said in pages.items():
        answer = twin.http.get(f"{app}{path}", timeout=20)
        assert answer.status_code == 200, path
        assert said in answer.text, path


@pytest.mark.parametrize("path", ["nothing/", "invoice/7000", "expenses/"])
def test_what_is_not_there_is_not_found(twin: FreshBooksTwin, path: str) -> None:
    account = twin.open()["account_id"]
    assert twin.http.get(f"{twin.url}/app/{account}/{path}", timeout=20).status_code == 404
