"""What is held of a person leaves by its page: of this record, for whom it is meant, and noted."""

import json
from collections.abc import Callable

from apps.staff.models import SecurityEvent, User
from apps.staff.security import Kind, note
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.factories import make_customer, make_invoice

Browse = Callable[[str], Desk]
SHARED = "office@example.com"


def test_an_accountant_and_an_administrator_take_it_and_a_clerk_does_not(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    bell = make_customer(world.company, name="Bell Studio", email=SHARED, phone="+44 20 7946 0000")
    other = make_customer(world.company, name="Other Ltd", email=SHARED)
    invoice = make_invoice(customer=bell)
    make_invoice(customer=other)
    make_customer(world.company, name="A branch", parent=bell)
    bell.email, bell.phone = "bell@example.com", "+44 20 7946 0001"
    bell.save()

    shown = browse("Fay").get(page(bell, "held")).content.decode()
    assert "to be handed to them" in shown
    for name in ("Fay", "Ada"):
        taken = browse(name).post(page(bell, "held"))
        assert (
            taken["Content-Disposition"] == f'attachment; filename="held-customer-{bell.pk}.json"'
        )
        told = json.loads(taken.content)
        (found,) = told["customers"]
        assert found["now"]["email"] == "bell@example.com"
        assert SHARED in {each["email"] for each in found["before"]}
        assert "+44 20 7946 0000" in {each["phone"] for each in found["before"]}
        assert [each["number"] for each in found["about"]["billing.Invoice (customer)"]] == [
            invoice.number
        ]
        before = found["about"]["billing.HistoricalInvoice (customer)"]
        assert {each["number"] for each in before} >= {invoice.number}
        assert "A branch" not in taken.content.decode(), "somebody else"
        # Who shares their address is somebody else.
        assert "Other Ltd" not in taken.content.decode()
        event = SecurityEvent.objects.filter(kind=Kind.DOWNLOADED).first()
        assert event is not None
        assert event.person == people[name]
        assert event.words == (
            f"Downloaded “held-customer-{bell.pk}.json” from Customer {bell.pk}: "
            "Download what is held."
        )
    for name in ("Cleo", "Vera"):
        assert browse(name).post(page(bell, "held")).status_code == 403, name


def test_an_administrator_takes_what_is_held_of_a_member_of_staff(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    cleo = people["Cleo"]
    note(Kind.RIGHTS_CHANGED, "Cleo is Clerk now.", subject=cleo)
    note(Kind.RIGHTS_CHANGED, "Vera is Viewer now.", subject=people["Vera"])
    taken = browse("Ada").post(page(cleo, "held"))
    text = taken.content.decode()
    (found,) = json.loads(text)["staff"]
    assert (found["now"]["name"], found["roles"]) == ("Cleo", ["Clerk"])
    assert "Cleo is Clerk now." in [each["words"] for each in found["events"]]
    assert "Vera" not in text
    assert cleo.password not in text
    event = SecurityEvent.objects.filter(kind=Kind.DOWNLOADED).first()
    assert event is not None
    assert (event.person, event.details["file"]) == (people["Ada"], f"held-staff-{cleo.pk}.json")
    assert browse("Fay").post(page(cleo, "held")).status_code == 403
