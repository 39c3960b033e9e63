"""An archive of before brings nobody back for good: whoever was erased is erased again, by a key alone."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.billing.models import Company, Customer, Erasure
from apps.exchange.archive import sealed
from apps.exchange.erasing import tasks
from apps.staff.models import SecurityEvent
from tests.backoffice.people import make_people
from tests.exchange.archive.photograph import cleared
from tests.exchange.archive.world import archived, restored
from tests.exchange.erasing.erased import erased, paid_invoice
from tests.factories import make_customer, make_invoice
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db


def said(*command: object) -> str:
    out = io.StringIO()
    call_command(*map(str, command), stdout=out)
    return out.getvalue()


def emails(company: Company) -> set[str]:
    return set(Customer.objects.filter(company=company).values_list("email", flat=True))


@pytest.mark.slow
def test_whoever_was_erased_is_erased_again_where_an_archive_brings_them_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "_N", 1 << 4)
    people = kept(make_people)
    customer = make_customer(name="Bell Studio", email="anna@bell.example")
    paid_invoice(customer)
    other = make_customer(customer.company, name="Other", email="other@x.example")
    make_invoice(customer=customer, issued=False)
    before, path = archived(customer.company), tmp_path / "erased.json"
    customer.invoices.get(status="draft").delete()
    erased(customer, people["Fay"], people["Ada"])
    assert "1 erased customers" in said("erased", "--to", path)
    assert "Bell" not in path.read_text()
    assert "anna" not in path.read_text()

    cleared()
    company = restored(before)
    assert emails(company) == {"anna@bell.example", other.email}, "nobody has told it yet"
    assert "1 that had come back are erased again" in said("erased", "--from", path)
    again = Erasure.objects.get()
    assert (again.again, again.asked_by, again.customer.active) == (True, None, False)
    assert tasks.go_on(again.pk) == "Done."
    assert emails(company) == {"", other.email}
    assert "0 that had come back" in said("erased", "--from", path)

    cleared()
    said("erased", "--from", path)
    company = restored(before)
    assert tasks.go_on(Erasure.objects.get().pk) == "Done."
    assert emails(company) == {"", other.email}
    words = SecurityEvent.objects.filter(kind="erasure").values_list("words", flat=True)
    assert any("had come back" in each for each in words)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"what": "x"}', '{"what": "tieout erased customers", "erased": [["1", 2]]}']
)
def test_what_is_no_such_list_is_said(db: None, tmp_path: Path, text: str) -> None:
    path = tmp_path / "erased.json"
    path.write_text(text)
    with pytest.raises(CommandError, match="no list of what was erased"):
        said("erased", "--from", path)
