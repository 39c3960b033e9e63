"""What both sides agreed on many records is read at once, whatever their number."""

from typing import Any

from apps.sync.models import SyncRecord
from apps.sync.there.ties import agreed_of, agreed_on
from tests.books import Books
from tests.factories import make_invoice


def test_of_many_it_is_one_question(books: Books, django_assert_num_queries: Any) -> None:
    invoices = [make_invoice(company=books.company) for _ in range(3)]
    books.run()
    make_invoice(company=books.company)
    records = list(SyncRecord.objects.filter(connection=books.connection))
    with django_assert_num_queries(1):
        agreed = {key: each.snapshot for key, each in agreed_of(records).items()}
    assert {books.record(each).pk for each in invoices} <= agreed.keys()
    assert agreed == {each.pk: agreed_on(each) for each in records if agreed_on(each)}
    assert not any("agreed" in each._state.fields_cache for each in records)
