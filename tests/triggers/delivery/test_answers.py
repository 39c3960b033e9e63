"""Whatever a receiver answers, it is read, kept, and keeps nobody else waiting."""

import pytest
from django.utils import timezone

from apps.billing.models import Company
from apps.triggers.delivery import sending
from apps.triggers.delivery.answers import Answer
from apps.triggers.delivery.sending import send_due
from apps.triggers.models import Delivery, Endpoint
from tests.triggers.happened import happen, listen, states
from tests.triggers.receiver import Receiver, Says, receiving

pytestmark = pytest.mark.django_db
ODD = {
    "a zone of no calendar": Says(
        503, headers={"retry-after": "Mon, 01 Jan 2026 00:00:00 +99999999999999999999"}
    ),
    "a year of no calendar": Says(
        500, headers={"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}
    ),
    "a NUL in its Location": Says(302, headers={"location": "https://a\0b.example/"}),
    "no UTF-8 in its Location": Says(302, headers={"location": "https://a\xe9\xff.example/"}),
    "half an address": Says(302, headers={"location": "https://[::1/"}),
    "a length below nil": Says(302, headers={"content-length": "-5"}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_a_try_of_one_receiver_alone(
    listened: Company, receiver: Receiver, name: str
) -> None:
    receiver.answer = lambda got: ODD[name]
    with receiving() as other:
        odd, plain = listen(listened, receiver), listen(listened, other)
        happen(listened, 1)
        assert send_due() == 2
    assert (states(odd), states(plain)) == (["waiting"], ["delivered"])
    delivery = Delivery.objects.get(endpoint=odd)
    assert (delivery.tries, delivery.attempts.count()) == (1, 1)
    assert delivery.sentence.startswith("It ")
    assert "reached" not in delivery.sentence  # it was, and answered


def test_a_fault_of_ours_with_one_receiver_holds_up_no_other(
    listened: Company, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = sending.read

    def fault(*given: object) -> Answer:
        if len(receiver.got) + len(other.got) == 1:
            raise LookupError("a fault of ours")
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "read", fault)
    with receiving() as other:
        first, second = listen(listened, receiver), listen(listened, other)
        happen(listened, 1)
        with pytest.raises(ExceptionGroup) as raised:
            send_due()
    assert raised.group_contains(LookupError)
    assert (states(first), states(second)) == (["waiting"], ["delivered"])
    left = Endpoint.objects.get(pk=first.pk)
    assert left.claim is None
    assert left.failing_since is not None
    assert left.paused_until is not None
    assert left.paused_until > timezone.now()
    assert send_due() == 0  # it is left alone for a while
