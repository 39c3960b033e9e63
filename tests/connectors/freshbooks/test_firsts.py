"""The first of each kind on FreshBooks, which has neither refunds nor bank deposits."""

import pytest

from apps.connectors.snapshots import Kind
from tests.connectors.freshbooks.shop import FreshBooksShop
from tests.freshbooks_twin import FreshBooksTwin
from tests.sync.trial.first_of_each import tried_kind_by_kind

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_of_each_kind_one_goes_alone_and_then_the_others(twin: FreshBooksTwin) -> None:
    tried = tried_kind_by_kind(FreshBooksShop(twin))
    assert tried == [Kind.CREDIT_NOTE, Kind.PAYMENT]
