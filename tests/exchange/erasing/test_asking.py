"""Two people erase; open money, drafts and what is not sent yet come first; no name is in the events."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.billing.models import Customer, Erasure, Tombstone
from apps.exchange.erasing import asking, tasks
from apps.exchange.erasing.tables import rows
from apps.staff.models import SecurityEvent, User
from apps.sync.models import State, SyncRecord
from tests.backoffice.people import make_people
from tests.backoffice.world import make_connection
from tests.exchange.erasing.erased import agreed, erased
from tests.factories import make_customer, make_invoice, make_payment
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)


def test_who_asked_does_not_agree_and_the_database_holds_it_too(people: dict[str, User]) -> None:
    customer = make_customer(name="Bell Studio")
    asked = asking.ask(customer, people["Ada"], "They wrote to us")
    with pytest.raises(ValidationError, match="a second administrator"):
        asking.agree(asked, people["Ada"])
    with pytest.raises(ValidationError, match="You may not decide this"):
        asking.agree(asked, people["Fay"])
    with pytest.raises(ValidationError, match="already"):
        asking.ask(customer, people["Fay"], "Again")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows(Erasure).update(state="approved", decided_by=people["Ada"])
    customer.refresh_from_db()
    assert (customer.name, customer.erased_at) == ("Bell Studio", None)


def test_a_request_is_refused_or_withdrawn_with_a_reason_and_asked_again(
    people: dict[str, User],
) -> None:
    customer = make_customer(name="Bell Studio")
    asked = asking.ask(customer, people["Fay"], "They wrote to us")
    asking.refuse(asked, people["Ada"], "A claim is open")
    with pytest.raises(ValidationError, match="refused already"):
        asking.agree(asked, people["Ada"])
    second = asking.ask(customer, people["Fay"], "The claim is settled")
    with pytest.raises(ValidationError, match="Only whoever asked"):
        asking.withdraw(second, people["Ada"], "No")
    asking.withdraw(second, people["Fay"], "They called")
    states = list(Erasure.objects.order_by("pk").values_list("state", "reason"))
    assert states == [("refused", "A claim is open"), ("withdrawn", "They called")]
    erased(customer, people["Fay"], people["Ada"])
    assert set(Erasure.objects.values_list("why", "reason")) == {("", "")}, "they may name it"
    told = SecurityEvent.objects.filter(kind="erasure").order_by("pk")
    about = f"The erasure of customer {customer.pk} was "
    assert [(each.person, each.words.removeprefix(about)) for each in told] == [
        (people["Fay"], "asked for."),
        (people["Ada"], "refused."),
        (people["Fay"], "asked for."),
        (people["Fay"], "withdrawn."),
        (people["Fay"], "asked for."),
        (people["Ada"], "agreed to."),
        (
            people["Ada"],
            f"Erased customer {customer.pk}: what was held of this customer is erased, whole.",
        ),
    ]
    assert not any("Bell" in f"{each.words} {each.details}" for each in told)
    reasons = list(customer.history.order_by("history_id").values_list("history_change_reason"))
    assert [each for (each,) in reasons if each] == [
        *("Erasure asked for", "Erasure refused", "Erasure asked for", "Erasure withdrawn"),
        *("Erasure asked for", "Closed to be erased", "Erased"),
    ]


def test_what_is_open_comes_first_and_is_named_with_what_to_do(people: dict[str, User]) -> None:
    customer = make_customer(name="Bell Studio")
    invoice = make_invoice(customer=customer)
    draft = make_invoice(customer=customer, issued=False)
    record = SyncRecord.objects.create(
        connection=make_connection(customer.company), kind="customer", customer=customer, wanted=1
    )
    with pytest.raises(ValidationError) as refusal:
        asking.ask(customer, people["Fay"], "They wrote to us")
    assert refusal.value.messages == [
        "There is 1 draft of it: issue or delete each first.",
        "There is 1 invoice not settled: receive what is owed, credit it, or write it off first.",
        (
            "There is 1 record of it not finished in Thornfield Trading in QuickBooks: each has to be "
            "sent, or decided on the list of what waits there, first."
        ),
    ]
    draft.delete()
    SyncRecord.objects.filter(pk=record.pk).update(state=State.LEFT_OUT)
    make_payment(invoice=invoice)
    asked = asking.ask(customer, people["Fay"], "They wrote to us")
    # And again when it is agreed to: something may have come meanwhile.
    rest = make_payment(customer=customer, amount=5)
    with pytest.raises(ValidationError, match="1 payment not applied whole"):
        asking.agree(asked, people["Ada"])
    assert rest.on_account == 5


def test_it_is_closed_at_once_and_whoever_was_merged_into_it_goes_with_it(
    people: dict[str, User],
) -> None:
    customer = make_customer(name="Bell Studio", email="anna@bell.example")
    alias = make_customer(customer.company, name="Bell, Anna", email="anna@bell.example")
    rows(Customer).filter(pk=alias.pk).update(merged_into=customer)
    alias.refresh_from_db()
    with pytest.raises(ValidationError, match="ask on that page"):
        asking.ask(alias, people["Fay"], "They wrote to us")
    customer = Customer.objects.get(pk=customer.pk)
    agreed(customer, people["Fay"], people["Ada"])
    customer.refresh_from_db()
    assert not customer.active
    customer.phone = "1"
    with pytest.raises(ValidationError, match="erased"):
        customer.save()
    other = make_customer(customer.company, name="Bell Studio North", code="LONG-CODE-7")
    erased(other, people["Fay"], people["Ada"])
    assert (other.name, other.code) == (f"Erased customer {other.pk}", "")
    tasks.go_on(Erasure.objects.get(customer=customer).pk)
    alias.refresh_from_db()
    assert (alias.name, alias.email) == (f"Erased customer {alias.pk}", "")
    assert (
        Tombstone.objects.filter(public_id__in=[customer.public_id, alias.public_id]).count() == 2
    )
