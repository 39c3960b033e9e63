"""Signatures that the standard's own library believes."""

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from apps.billing.models import Company
from apps.triggers.delivery import endpoints
from apps.triggers.delivery.sending import send_due
from apps.triggers.delivery.signing import new_secret, signed
from apps.triggers.models import Endpoint
from tests.triggers.happened import happen
from tests.triggers.receiver import Receiver

# Of the specification's tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_known_vector_comes_out() -> None:
    made = signed(
        [SECRET], id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=1614265330, body=b'{"test": 2432232314}'
    )
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": VECTOR,
    }


def test_a_secret_is_new_each_time_and_of_the_length_that_is_asked_for() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        Webhook(each)
        assert len(each) == len("whsec_") + 44


@pytest.mark.django_db
def test_a_delivery_is_believed_with_its_own_secret_and_with_no_other(
    listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    (event,) = happen(listened, 7)
    send_due()

    (got,) = receiver.got
    assert got.verified_by(endpoint.secrets[0])["record"] == 7
    assert (got.id, got.body) == (event.public_id, event.body.encode())
    with pytest.raises(WebhookVerificationError):
        got.verified_by(new_secret())


@pytest.mark.django_db
def test_after_a_rotation_both_secrets_are_good_for_a_day(
    clock: object, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    before = endpoint.secrets[0]
    after = endpoints.rotate_secret(endpoint)
    happen(listened, 1)
    send_due()
    got = receiver.got[-1]
    assert got.verified_by(before) == got.verified_by(after)

    clock.shift(24 * 3600 + 1)  # type: ignore[attr-defined] # of time_machine
    happen(listened, 2)
    send_due()
    got = receiver.got[-1]
    got.verified_by(after)
    with pytest.raises(WebhookVerificationError):
        got.verified_by(before)
