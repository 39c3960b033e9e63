"""What somebody signed: a week of the review, and a proof of the books."""

from datetime import date, timedelta

from django.utils import timezone

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.exchange.models import PrivateFile
from apps.reconciliation.models import BooksProof, KeptComparison, ReviewWeek
from apps.reconciliation.models.proofs import checksum
from apps.reconciliation.proof.content import as_text, content_of
from apps.staff.models import User
from apps.trail.models import AuditorPack, Verification
from apps.triggers.api.keys import make_key
from apps.triggers.models import ApiKey, Scope


def signed_week(company: Company, by: User) -> ReviewWeek:
    return ReviewWeek.objects.create(
        company=company,
        monday=date(2026, 11, 16),
        found={"open": [], "ended": []},
        signed_by=by,
    )


def signed_before(connection: Connection, by: User, on: date = date(2026, 11, 20)) -> BooksProof:
    """A week ago, of a comparison of before the last one, which nobody signed."""
    at = timezone.now() - timedelta(days=7)
    before = KeptComparison.objects.create(
        connection=connection,
        on=on,
        state=KeptComparison.State.DONE,
        agrees=True,
        sentence="Both sides agree.",
        begun_at=at,
        ended_at=at,
    )
    company = connection.company
    content = as_text(content_of([before], company=company, by=by, at=at, remark="Seen"))
    return BooksProof.objects.create(
        company=company,
        comparison=before,
        agrees=True,
        content=content,
        sha256=checksum(content),
        signed_by=by,
        signed_at=at,
    )


def verified(by: User) -> Verification:
    """A look through the audit trail that found something."""
    at = timezone.now()
    said = {"what": "rewritten", "sentence": "The call was rewritten.", "company": None}
    return Verification.objects.create(
        asked_by=by, begun_at=at, ended_at=at, state="done", entries=12, count=1, findings=[said]
    )


def a_pack(company: Company, by: User) -> AuditorPack:
    """Of last year; its file is on another machine."""
    file = PrivateFile.objects.create(
        company=company,
        name="thornfield-auditors.zip",
        content_type="application/zip",
        needs=["trail.view_auditorpack"],
        size=1,
        sha256="1" * 64,
        kept_until=timezone.now() + timedelta(days=90),
    )
    return AuditorPack.objects.create(
        company=company,
        first_day=date(2025, 1, 1),
        last_day=date(2025, 12, 31),
        asked_by=by,
        state=AuditorPack.State.READY,
        file=file,
        sha256=file.sha256,
        findings=1,
        head_number=12,
        head_link="ab" * 32,
        members=[{"name": "README.txt", "rows": None, "sha256": "2" * 64}],
    )


def a_key(company: Company, by: User) -> ApiKey:
    """Of a program that reads."""
    made = make_key(by, name="Web shop", companies=[company], scopes=[Scope.READ])
    return made.key
