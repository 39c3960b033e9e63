"""The first of each kind on Xero: alone, compared, and then the others."""

import pytest

from apps.connectors.snapshots import Kind
from tests.connectors.xero.shop import XeroShop
from tests.sync.trial.first_of_each import tried_kind_by_kind
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_of_each_kind_one_goes_alone_and_then_the_others(twin: XeroTwin) -> None:
    tried = tried_kind_by_kind(XeroShop(twin))
    assert Kind.PAYMENT in tried
    assert Kind.CREDIT_NOTE in tried
