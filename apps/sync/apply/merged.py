"""Money that arrives under a customer who survived a merge over there: whose it is here."""

from collections.abc import Sequence

from apps.billing.models import Customer
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.sync.apply.books import Books
from apps.sync.apply.targets import Target
from apps.sync.models import CustomerMerge
from apps.sync.there.merges import kept_apart, open_merge_of


def payer_of(books: Books, theirs: PaymentSnapshot, targets: Sequence[Target]) -> Customer | None:
    """Our customer whose money it is: theirs of this id; but of one that was kept apart, where all
    that it settles is of that one and moved with the merge."""
    found = books.subject(Kind.CUSTOMER, theirs.customer_id)
    if theirs.customer_id in books.merged.values():
        whose = _customers(targets)
        if len(whose) == 1 and found not in whose:
            only = whose.pop()
            former = kept_apart(books.connection, {only.pk}).get(only.pk, frozenset())
            if theirs.customer_id in former:
                return only
    return found if isinstance(found, Customer) else None


def undecided(
    books: Books, theirs: PaymentSnapshot, targets: Sequence[Target]
) -> CustomerMerge | None:
    """The open question about a customer whose invoice it settles as one with another."""
    if theirs.customer_id not in books.merged.values():
        return None
    for customer in sorted(_customers(targets), key=lambda each: each.pk):
        merge = open_merge_of(books.connection, customer.pk)
        if merge is not None:
            return merge
    return None


def _customers(targets: Sequence[Target]) -> set[Customer]:
    return {each.ours.customer for each in targets if each.ours is not None}
