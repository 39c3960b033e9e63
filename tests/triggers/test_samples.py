"""What a person maps by: real records, in the one shape that is sent."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.staff.models import User
from apps.triggers.events.catalogue import CATALOGUE, sample_list
from apps.triggers.models import EventType
from tests.exchange.archive.world import FullWorld

pytestmark = pytest.mark.django_db
OF_A_SAMPLE = {"id", "type", "version", "timestamp", "company", "source", "test", "data"}
SELDOM = {EventType.PAYMENT_RETURNED, EventType.CONNECTION_LOST}  # of which that company has none


@pytest.fixture
def company() -> Any:
    return FullWorld(User.objects.create_user("amy@example.org", "pw", every_company=True)).company


def test_each_type_shows_real_records_in_its_own_shape(company: Any) -> None:
    for type, told in CATALOGUE.items():
        found = sample_list(company, type)
        assert bool(found) == (type not in SELDOM), type
        for each in found:
            assert set(each) == OF_A_SAMPLE
            assert (each["type"], each["company"]["id"]) == (type, company.pk)
            assert each["id"].startswith("sample_")
            assert each["test"] is False
            assert set(each["data"]) == set(told.shape.model_fields)
            told.shape.model_validate_json(json.dumps(each["data"]))
        assert found == sample_list(company, type)


def test_a_sample_costs_the_same_however_many_it_shows(company: Any) -> None:
    with CaptureQueriesContext(connection) as one:
        assert len(sample_list(company, EventType.INVOICE_ISSUED, 1)) == 1
    with CaptureQueriesContext(connection) as three:
        assert len(sample_list(company, EventType.INVOICE_ISSUED, 3)) == 3
    assert len(one) == len(three)
