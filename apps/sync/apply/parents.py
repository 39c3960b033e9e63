"""Who stands under whom: a customer of ours gets the parent that it has over there."""

from apps.billing.changes import made_by
from apps.billing.models import Customer
from apps.connectors.snapshots import CustomerSnapshot, Kind
from apps.sync.apply.books import Books
from apps.sync.models import RemoteRecord
from apps.sync.there import ties


def parent_here(books: Books, theirs: CustomerSnapshot) -> Customer | None:
    """Our customer that stands for the parent of theirs; None where that is only theirs."""
    found = books.subject(Kind.CUSTOMER, theirs.parent_id) if theirs.parent_id else None
    return found if isinstance(found, Customer) else None


def is_above(books: Books, remote_id: str, customer: Customer) -> bool:
    """Whether their customer of this id is the parent of ours over there, or the parent of that."""
    record = customer.sync_records.filter(connection=books.connection).first()
    row = ties.live_tie(record) if record is not None else None
    seen: set[str] = set()
    while row is not None and row.remote_id not in seen:
        seen.add(row.remote_id)
        if row.customer_id_there == remote_id:
            return True
        row = books.like(Kind.CUSTOMER, row.customer_id_there)
    return False


def take_parent(books: Books, customer: Customer, theirs: CustomerSnapshot) -> bool:
    """Give a customer that has none here the parent that it has there; whether it got one.

    Raises ValidationError, in billing's words, where it may not be its parent here.
    """
    parent = parent_here(books, theirs)
    if parent is None or customer.parent_id is not None:
        return False
    with made_by(origin=books.origin, reason=f"Under {parent} in {books.name}"):
        customer.parent = parent
        customer.full_clean()
        customer.save()
    return True


def adopt_children(books: Books, row: RemoteRecord) -> None:
    """Their customer has become ours: customers of ours that are under it there are so here."""
    under = RemoteRecord.objects.filter(
        connection=books.connection,
        of_kind=Kind.CUSTOMER,
        customer_id_there=row.remote_id,
        part="",
        retired=False,
        gone=False,
        sync_record__customer__parent=None,
        sync_record__isnull=False,
    ).exclude(pk=row.pk)
    for each in under.select_related("sync_record").order_by("pk"):
        record, theirs = each.sync_record, books.read(each).snapshot
        assert record is not None, "asked for"
        customer = record.subject
        if not isinstance(customer, Customer) or not isinstance(theirs, CustomerSnapshot):
            continue
        behind = customer.revision > record.sent
        if not take_parent(books, customer, theirs):
            continue
        if behind:
            ties.wanted_again(record, customer.revision, sent=record.sent)
        else:
            ties.in_the_books(record, customer.revision)
