"""Odd requests at every address: none is answered by a fault, none takes long."""

import logging

import pytest

from apps.staff.models import User
from tests.backoffice.fuzzing import Fuzzer, keys_of
from tests.backoffice.world import WholeWorld

REQUESTS = 2_000


@pytest.mark.slow
def test_two_thousand_odd_requests_meet_no_fault(
    whole: WholeWorld, people: dict[str, User]
) -> None:
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    people["Root"] = User.objects.create_superuser("root@example.com", "a-long-password-1")
    found = Fuzzer(people, keys_of(whole.records), seed=11).run(REQUESTS)
    assert found.requests == REQUESTS
    assert not found.faults, found.told()
    assert not found.slow, found.told()
    assert found.statuses[200] > REQUESTS / 10, found.told()  # pages were met, not only refusals
