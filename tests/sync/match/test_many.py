"""20,000 customers on either side: found by keys, in a bounded number of questions and memory."""

import random
import resource
import time
from datetime import UTC, datetime
from itertools import product

import pytest
from django.db import connection as database
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from apps.billing.models import Customer
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.match.pairs import matches
from apps.sync.models import RemoteRecord, packed
from tests.factories import make_company

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MANY = 20_000
SYLLABLES = ("ba", "ke", "lor", "mi", "tan", "ser", "vo", "dri", "no", "pal", "gre", "wick", "ham",
             "ton", "by", "ster", "lin", "fo", "shaw", "cu")  # fmt: skip
TRADES = ("Trading", "Services", "Supplies", "Plumbing", "Foods")


def test_twenty_thousand_of_either_side_are_compared_by_keys(
    request: pytest.FixtureRequest,
) -> None:
    company = make_company()
    books = Connection.objects.create(
        company=company,
        system="quickbooks",
        environment="simulated",
        remote_company_id="many",
        name="Many",
        home_currency="GBP",
    )
    words = ["".join(each).title() for each in product(SYLLABLES, repeat=4)]
    random.Random(7).shuffle(words)
    names = [
        f"{word} {TRADES[number % 5]}" for number, word in zip(range(MANY), words, strict=False)
    ]
    QuerySet(Customer).bulk_create(
        [Customer(company=company, name=f"{name} Ltd", currency="GBP") for name in names],
        batch_size=500,
    )
    RemoteRecord.objects.bulk_create(
        [
            RemoteRecord(
                connection=books,
                kind="Customer",
                remote_id=str(number),
                of_kind="customer",
                name=name,
                packed_raw=packed({"Id": str(number), "SyncToken": "0", "DisplayName": name}),
                read_at=datetime.now(UTC),
            )
            for number, name in enumerate(names)
        ],
        batch_size=500,
    )
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with CaptureQueriesContext(database) as asked:
        found = matches(books, open_connector(books), Kind.CUSTOMER)
    took = time.process_time() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    request.node.user_properties.append(("compared", f"{took:.1f} s, {grown // 1024} MiB more"))

    proposed = {(found.here[each.ours].name, found.there[each.theirs].name) for each in found.pairs}
    missed = {(f"{name} Ltd", name) for name in names} - proposed
    assert missed == set()
    assert len(asked) <= 8
    assert took < 30, "seconds of a processor"
    assert grown < 400 * 1024, "KiB"
