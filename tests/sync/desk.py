"""Books without HTTP for what is only assembled: codes, mappings, and ids that stand there."""

from collections.abc import Iterable
from typing import Any

from django.utils.timezone import now

from apps.billing.models import Company, Synced
from apps.connections.models import Connection
from apps.connectors.port import Capabilities
from apps.connectors.snapshots import Kind, Master, Snapshot
from apps.mappings.choices import set_mapping
from apps.mappings.look_up import Mappings
from apps.mappings.models import RemoteCode
from apps.sync.assemble import Assembled, Assembler
from apps.sync.models import RemoteRecord, State, SyncRecord, packed

ACCOUNTS = (
    ("Sales", ["income"], ""),
    ("Discounts", ["income"], ""),
    ("Debtors", ["receivable"], ""),
    ("Debtors EUR", ["receivable"], "EUR"),
    ("Clearing", ["clearing"], ""),
    ("Barclays", ["bank"], ""),
    ("Charges", ["expense"], ""),
    ("Retainers", ["liability"], ""),
)


class PlainLedger:
    """A ledger that holds everything as it is said."""

    capabilities = Capabilities(
        system="plain",
        name="Plain",
        kinds=frozenset(Kind),
        push_batch=1,
        in_flight=1,
        limits=(),
        number_length=40,
        decimals=2,
        carried_inside=frozenset({Kind.ALLOCATION}),
    )

    def project(self, snapshot: Snapshot) -> Snapshot:
        return snapshot

    def listed_as(self, master: Master, standing: str = "") -> str:
        return master.name

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        return ()


class Desk:
    """One company and its books, and what would be sent there."""

    def __init__(self, company: Company, **their: Any) -> None:
        self.company = company
        self.connection = Connection.objects.create(
            company=company,
            system="quickbooks",
            environment="simulated",
            remote_company_id=f"plain-{company.pk}",
            name="Plain books",
            home_currency=company.home_currency,
            **their,
        )
        for name, roles, currency in ACCOUNTS:
            self.code(name, "account", roles, currency=currency)
        self.map("income", "Sales")

    def code(
        self,
        name: str,
        kind: str,
        roles: Iterable[str],
        parts: Iterable[tuple[str, str]] = (),
        currency: str = "",
    ) -> RemoteCode:
        """One of their codes; its parts as (their id, percentage)."""
        return RemoteCode.objects.create(
            connection=self.connection,
            kind=kind,
            remote_id=name,
            name=name,
            roles=list(roles),
            currency=currency,
            parts=[
                {"remote_id": key, "name": key, "percent": percent, "agency": ""}
                for key, percent in parts
            ],
            read_at=now(),
        )

    def map(self, subject: str, name: str, **thing: Any) -> None:
        code = RemoteCode.objects.get(connection=self.connection, remote_id=name)
        set_mapping(self.connection, subject, code=code, **thing)

    def there(self, subject: Synced, remote_id: str, **fields: Any) -> SyncRecord:
        """It stands in their books under this id."""
        record, _ = SyncRecord.objects.update_or_create(
            connection=self.connection,
            **{subject.kind: subject},
            defaults={
                "kind": subject.kind,
                "wanted": subject.revision,
                "sent": subject.revision,
                "state": State.IN_THE_BOOKS,
                **fields,
            },
        )
        RemoteRecord.objects.create(
            connection=self.connection,
            kind=subject.kind,
            remote_id=remote_id,
            of_kind=subject.kind,
            sync_record=record,
            packed_raw=packed({}),
            read_at=now(),
        )
        return record

    def assembled(self, subject: Synced) -> Assembled:
        mappings = Mappings.of(self.connection)
        assembler = Assembler(self.connection, PlainLedger(), mappings)
        return assembler.many(Kind(subject.kind), [subject.pk])[0]

    def snapshot(self, subject: Synced) -> Any:
        made = self.assembled(subject)
        assert made.obstacles == [], [each.sentence for each in made.obstacles]
        return made.snapshot

    def obstacles(self, subject: Synced) -> dict[str, str]:
        """What would let it be looked at again → the sentence."""
        return {each.waits_for: each.sentence for each in self.assembled(subject).obstacles}
