"""Who left is a number from then on, beside what they did; the same name elsewhere is somebody else's."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.exchange.erasing import people as erasing
from apps.exchange.erasing.tables import columns_of, rows, walked
from apps.staff.models import SecurityEvent, User
from apps.staff.security import Kind, note
from apps.trail import sealing
from apps.trail.sealing import seal
from tests.backoffice.desk import Desk
from tests.backoffice.people import make_people
from tests.exchange.erasing.erased import paid_invoice
from tests.factories import make_customer
from tests.kept_rows import kept
from tests.trail.raw import found

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)


def places(word: str) -> set[str]:
    """ "app.Model.column" of each walked column, and of people's own, in which it stands."""
    hits = set()
    for model in (*walked(), User, User.history.model, EmailAddress):
        for field in columns_of(model):
            for (value,) in rows(model).values_list(field.attname):
                if word in str(value).lower():
                    hits.add(f"{model._meta.label}.{field.name}")
    return hits


def test_who_left_is_a_number_and_what_they_did_stays_theirs(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BEHIND", timedelta(0))
    lena = User.objects.create_user("lena.quill@example.com", name="Lena Quill")
    EmailAddress.objects.create(user=lena, email=lena.email)
    Authenticator.objects.create(user=lena, type="totp", data={"secret": "x"})
    event = note(Kind.RIGHTS_CHANGED, "Lena Quill is Clerk now.", person=lena,
                 told="lena.quill@example.com")  # fmt: skip
    note(Kind.DOWNLOADED, "Sent to lena.quill@example.com", person=people["Fay"])
    seal()
    with pytest.raises(ValidationError, match="switch them off first"):
        erasing.erase_person(lena, people["Ada"], "Left")
    lena.is_active = False
    lena.save()
    seal()
    assert {"staff.HistoricalUser.name", "staff.SecurityEvent.details"} <= places("quill")
    client = Desk()
    client.force_login(people["Ada"])
    address = reverse("admin:staff_user_erase", args=[lena.pk])
    assert "400 days" in client.get(address).content.decode()
    told = client.post(address, {"reason": "Lena Quill asked"}, follow=True).content.decode()
    assert f"Former member of staff {lena.pk}" in told
    seal()
    assert found() == [], "nor meanwhile"
    # A worker that dies before the end leaves it to the next day.
    assert erasing.take_up_again() == 1
    assert erasing.go_on(lena.pk, "", 0) == "Done."
    assert erasing.take_up_again() == 0
    assert places("quill") == set()
    event.refresh_from_db()
    assert event.person == lena
    assert event.words == f"Former member of staff {lena.pk} is Clerk now."
    assert not Authenticator.objects.filter(user=lena).exists()
    lena.refresh_from_db()
    assert not lena.has_usable_password()
    seal()
    assert found() == []


def test_a_common_name_stays_where_somebody_else_is_called_so(people: dict[str, User]) -> None:
    gone = User.objects.create_user("cash@example.com", name="Cash", is_active=False)
    customer = make_customer(name="Cash", email="cash@example.com", notes="Ask Cash")
    invoice = paid_invoice(customer, message="Cash on delivery")
    theirs = note(Kind.RIGHTS_CHANGED, "Cash is Clerk now.", subject=gone)
    others = note(Kind.DOWNLOADED, "Cash receipts, to cash@example.com", person=people["Fay"])
    erasing.erase_person(gone, people["Ada"], "Left")
    assert erasing.go_on(gone.pk, "", 0) == "Done."
    by = f"Former member of staff {gone.pk}"
    assert SecurityEvent.objects.get(pk=theirs.pk).words == f"{by} is Clerk now."
    kept_words = SecurityEvent.objects.get(pk=others.pk).words
    assert kept_words == "Cash receipts, to cash@example.com", "the customer has that address"
    customer.refresh_from_db()
    invoice.refresh_from_db()
    assert (customer.name, customer.notes) == ("Cash", "Ask Cash")
    assert (invoice.customer_name, invoice.message) == ("Cash", "Cash on delivery")
