"""What is held of a person leaves whole, without secrets and without what is another's."""

import json
import stat
import zlib
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.exchange.held import told_of
from apps.staff.access import add_member, give_role, set_up_roles
from apps.staff.models import SecurityEvent
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note
from apps.sync.models import Call
from tests.backoffice.world import World
from tests.factories import make_customer, make_invoice

pytestmark = pytest.mark.django_db
ANNA = "anna.bell@example.com"


def test_a_contact_of_a_customer_is_told_with_all_that_is_about_it(tmp_path: Path) -> None:
    world = World()
    customer = make_customer(
        world.company, name="Bell Studio", email=ANNA, phone="+44 20 7946 0000"
    )
    other = make_customer(world.company, name="Other Ltd", email="other@example.com")
    invoice = make_invoice(customer=customer)
    make_invoice(customer=other)
    customer.phone = "+44 20 7946 0001"
    customer.save()
    body = zlib.compress(
        json.dumps({"PrimaryEmailAddr": ANNA.upper(), "x": "other@example.com"}).encode()
    )
    call = Call.objects.create(
        connection=world.connection, purpose="customers", method="POST", path="/v3", body=body,
        state=Call.State.ANSWERED, started_at=timezone.now(), status=200,
    )  # fmt: skip
    file = tmp_path / "anna.json"
    call_command("held", ANNA.title(), to=file)
    text = file.read_text(encoding="utf-8")
    told = json.loads(text)
    (found,) = told["customers"]
    assert found["now"]["phone"] == "+44 20 7946 0001"
    assert {each["phone"] for each in found["before"]} >= {"+44 20 7946 0000", "+44 20 7946 0001"}
    assert [each["number"] for each in found["about"]["billing.Invoice (customer)"]] == [
        invoice.number
    ]
    places = {(each["table"], each["key"]): each for each in told["stands_also_in"]}
    assert places["sync.Call", str(call.pk)]["in"] == ["body"]
    assert "30 days" in places["sync.Call", str(call.pk)]["stays"]
    assert ("billing.Customer", str(customer.pk)) in places
    assert "other@example.com" not in text
    assert "Other Ltd" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_member_of_staff_is_told_with_what_they_did_and_no_password(tmp_path: Path) -> None:
    set_up_roles()
    fay = add_member("fay@example.com", RoleName.ACCOUNTANT, "a-long-enough-password-1", name="Fay")
    file = tmp_path / "fay.json"
    give_role(fay, RoleName.CLERK)
    note(Kind.RIGHTS_CHANGED, "Fay is Clerk now.", subject=fay)
    call_command("held", "fay@example.com", to=file)
    (found,) = json.loads(file.read_text())["staff"]
    assert found["now"]["name"] == "Fay"
    assert found["roles"] == ["Clerk"]
    assert "is Clerk now" in found["events"][0]["words"]
    assert "password" not in found["now"]
    assert fay.password not in file.read_text()
    event = SecurityEvent.objects.filter(kind="operated")[0]
    assert event.words.startswith("held: ")
    assert "fay@" not in event.words + str(event.details)


def test_a_customer_is_found_by_what_it_was_called_before(tmp_path: Path) -> None:
    world = World()
    bell = make_customer(world.company, name="Bell Müller Studio", code="C-104", email=ANNA)
    make_customer(world.company, name="Other Ltd", email="other@example.com")
    bell.name, bell.email = "Renamed", "new@example.com"
    bell.save()
    make_customer(world.company, name="Typed twice", merged_into=bell, active=False)
    calls = {
        word: Call.objects.create(
            connection=world.connection, purpose="customers", method="POST", path="/v3",
            body=zlib.compress(json.dumps({"x": word}).encode()),
            state=Call.State.ANSWERED, started_at=timezone.now(), status=200,
        )
        for word in ("Bell Müller Studio", ANNA, "Typed twice", "Other Ltd")
    }  # fmt: skip
    file = tmp_path / "bell.json"
    call_command("held", customer=f"{world.company.legal_name}:C-104", to=file)
    told = json.loads(file.read_text(encoding="utf-8"))
    assert [each["now"]["name"] for each in told["customers"]] == ["Renamed", "Typed twice"]
    named = {each["key"] for each in told["stands_also_in"] if each["table"] == "sync.Call"}
    assert named == {str(row.pk) for word, row in calls.items() if word != "Other Ltd"}
    event = SecurityEvent.objects.filter(kind="operated")[0]
    assert event.details["customer"] == bell.pk
    assert "Bell" not in event.words
    with pytest.raises(CommandError, match="no customer “C-9”"):
        call_command("held", customer=f"{world.company.legal_name}:C-9", to=tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()


def test_nothing_is_written_of_whom_nothing_is_held(tmp_path: Path) -> None:
    file = tmp_path / "nobody.json"
    with pytest.raises(CommandError, match="Nothing is held of nobody"):
        call_command("held", "nobody@example.com", to=file)
    assert not file.exists()


def test_no_file_is_written_over(tmp_path: Path) -> None:
    set_up_roles()
    add_member("fay@example.com", RoleName.CLERK, "a-long-enough-password-1")
    file = tmp_path / "there.json"
    file.write_text("mine")
    with pytest.raises(CommandError, match="already"):
        call_command("held", "fay@example.com", to=file)
    assert file.read_text() == "mine"
    assert told_of("fay@example.com")["found"]
