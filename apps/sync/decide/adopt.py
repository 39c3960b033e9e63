"""What a person decides about theirs: link it to ours, make it ours, look at it again."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.changes import made_by, quietly
from apps.billing.models import Customer, Item
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import CustomerSnapshot, ItemSnapshot, Kind, Snapshot
from apps.sync.apply.books import Books
from apps.sync.apply.linking import AlreadyTied, refuse_second_tie
from apps.sync.apply.linking import link as link_both
from apps.sync.apply.parents import adopt_children, parent_here
from apps.sync.apply.verdicts import Arrival
from apps.sync.decide.filling import fill_what_is_empty, shown_tax_number
from apps.sync.models import RemoteRecord, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.compare import under_marker

__all__ = ["AlreadyTied", "adopt_customer", "adopt_item", "link", "look_again"]


def link(remote_record: RemoteRecord, sync_record: SyncRecord, *, user_id: int) -> None:
    """They are one. What differs in money, date or customer is asked next, the rest sent as ours;
    what a customer or an item lacks here is taken over from theirs first.

    Raises `AlreadyTied` where one of both stands for another, ValidationError where theirs is gone
    or cannot be read.
    """
    connector, subject = open_connector(sync_record.connection), sync_record.subject
    with transaction.atomic(), made_by(user_id, reason="Linked"):
        if isinstance(subject, Customer | Item):
            refuse_second_tie(remote_record, sync_record)
            read = Books(sync_record.connection, connector).read(remote_record)
            with _as_it_was(sync_record.connection):
                fill_what_is_empty(sync_record.connection, subject, read, user_id=user_id)
        link_both(remote_record, sync_record, connector)


def adopt_customer(remote_record: RemoteRecord, *, user_id: int) -> Customer:
    """Make a customer of ours from theirs, linked to it; what waited for that is looked at anew.

    Raises ValidationError in words for staff (a name that is taken, a currency that differs).
    """
    with transaction.atomic():
        connector = open_connector(remote_record.connection)
        row, theirs = _free(remote_record, connector)
        if not isinstance(theirs, CustomerSnapshot):
            raise ValidationError("Only a customer of theirs becomes a customer here.")
        company = row.connection.company
        customer = Customer(
            company=company,
            name=theirs.name,
            email=theirs.email,
            phone=theirs.phone,
            tax_number=shown_tax_number(Books(row.connection, connector).read(row)),
            currency=theirs.currency or company.home_currency,
            address_lines="\n".join(theirs.address.lines),
            city=theirs.address.city,
            region=theirs.address.region,
            postal_code=theirs.address.postal_code,
            country=theirs.address.country,
            active=theirs.active,
        )
        books = Books(row.connection, connector)
        customer.parent = parent_here(books, theirs)
        _save(row, customer, theirs, connector, user_id)
        adopt_children(books, row)
        _look_again_at_its_money(row)
        return customer


def adopt_item(remote_record: RemoteRecord, *, user_id: int) -> Item:
    """Make an item of ours from theirs, linked to it. Raises ValidationError in words for staff."""
    with transaction.atomic():
        connector = open_connector(remote_record.connection)
        row, theirs = _free(remote_record, connector)
        if not isinstance(theirs, ItemSnapshot):
            raise ValidationError("Only an item of theirs becomes an item here.")
        item = Item(
            company=row.connection.company,
            code=theirs.code or theirs.name[:40],
            name=theirs.name,
            description=theirs.description,
            unit_price=theirs.unit_price,
            active=theirs.active,
        )
        _save(row, item, theirs, connector, user_id)
        return item


def look_again(remote_record: RemoteRecord) -> None:
    """What ended before a person, or waits for a decision, is dealt with anew by the next run."""
    RemoteRecord.objects.filter(pk=remote_record.pk).update(
        arrival=Arrival.NEW, sentence="", remedy="", waits_for=""
    )


def _as_it_was(connection: Connection) -> AbstractContextManager[None]:
    """What is taken over from books that are being set up was so before: nobody outside is told."""
    return quietly() if connection.stage == Connection.Stage.SETUP else nullcontext()


def _free(remote_record: RemoteRecord, connector: Connector) -> tuple[RemoteRecord, Snapshot]:
    row = RemoteRecord.objects.select_for_update().get(pk=remote_record.pk)
    if row.sync_record_id is not None and not row.retired:
        raise AlreadyTied(f"{row} stands for a record of yours already.")
    books = Books(row.connection, connector)
    snapshot = books.read(row).snapshot
    if snapshot is None:
        raise ValidationError("It is gone over there, or has a shape that Tieout cannot read.")
    return row, books.projected(snapshot)


def _save(
    row: RemoteRecord,
    subject: Customer | Item,
    theirs: Snapshot,
    connector: Connector,
    user_id: int,
) -> None:
    """Save ours as made by the person, and as one with theirs from the start."""
    subject.full_clean()
    reason = f"Taken over from {connector.capabilities.name}"
    with (
        _as_it_was(row.connection),
        made_by(user_id, origin=row.connection.origin, reason=reason),
    ):
        subject.save()
    record = ties.sync_record_of(row.connection, subject)
    ties.tie(row, record)
    ties.agree(record, under_marker(theirs, subject.public_id.hex))
    ties.in_the_books(record, subject.revision)
    row.arrival = Arrival.APPLIED
    row.sentence = row.remedy = row.waits_for = ""
    row.save(update_fields=["arrival", "sentence", "remedy", "waits_for"])


def _look_again_at_its_money(row: RemoteRecord) -> None:
    """Payments of a customer that was only theirs are ours to receive now."""
    # Their time has whole seconds, and the feed is read from the overlap before the connection.
    began = row.connection.created_at - timedelta(seconds=settings.SYNC_CURSOR_OVERLAP)
    listed = RemoteRecord.objects.filter(
        connection_id=row.connection_id,
        of_kind__in=[Kind.PAYMENT, Kind.ALLOCATION],
        part="",
        customer_id_there=row.remote_id,
        sync_record=None,
        arrival__in=[Arrival.ONLY_THEIRS, Arrival.NEEDS_PERSON, Arrival.WAITS],
        remote_updated_at__gte=began,  # earlier money is of the time before
    ).exclude(On.DECISION.rows)
    first = row.connection.starts_on
    since = listed.filter(dated__gte=first) if first else listed
    since.update(arrival=Arrival.NEW, sentence="", remedy="", waits_for="")
