"""Which of the organisations that a grant opens are connected, chosen by a person at any time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import IntegrityError
from django.db.models import QuerySet

from apps.billing.models import Company
from apps.connections import books, granting, oauth
from apps.connections.books import Asked
from apps.connections.endpoints import app_of
from apps.connections.models import Connection, Grant
from apps.connections.sealed import opened
from apps.connections.ways import access_of
from apps.connectors.access import OAuth, Organisation
from apps.connectors.errors import ConnectorError


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """An organisation of a grant, and whether it can be connected. `connection`: it is already."""

    organisation: Organisation
    connection: Connection | None
    company: Company  # of ours, which it most likely is

    @property
    def may_be_chosen(self) -> bool:
        return self.connection is None and not self.organisation.refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What came of one choice: books that are connected, or why they are not."""

    organisation: Organisation
    connection: Connection | None = None
    sentences: tuple[str, ...] = ()


def list_anew(grant: Grant, company: Company) -> str:
    """Ask what the grant opens now; "" or a sentence why that is not known (the last list stays)."""
    try:
        found = granting.opened_now(grant, _asked(grant, company))
    except ConnectorError as trouble:
        return f"{trouble.sentence} The list below is as it was read before. {trouble.remedy}"
    grant.organisations = [asdict(each) for each in found.organisations] if found else []
    grant.save(update_fields=["organisations"])
    return ""


def choices_of(grant: Grant, company: Company) -> list[Choice]:
    """Every organisation it opens. `company` is the one that was asked for; where an organisation
    has the name of another company of ours, it is more likely that one."""
    called = {each.legal_name.casefold(): each for each in Company.objects.all()}
    organisations = granting.organisations_of(grant)
    held = {
        each.remote_company_id: each
        for each in books.living(
            grant.system, grant.environment, [each.remote_id for each in organisations]
        ).select_related("company", "grant")
    }
    return [
        Choice(
            organisation=each,
            connection=_lives(held.get(each.remote_id)),
            company=called.get(each.name.casefold(), company),
        )
        for each in organisations
    ]


def connect_chosen(
    grant: Grant, wanted: Sequence[tuple[Organisation, Company]], *, second_books: bool
) -> list[Chosen]:
    """Connect each to the company of ours that it serves. One that is refused takes nothing from
    the others, and the grant stays: another one may be chosen."""
    found = []
    for organisation, company in wanted:
        asked = _asked(grant, company, second_books=second_books)
        connection: Connection | None = None
        sentences: tuple[str, ...] = (organisation.refusal,)
        try:
            if not organisation.refusal:
                connection = granting.connected_by(grant, asked, organisation.remote_id)
                sentences = tuple(connection.warnings)
        except books.Unsuitable as refusal:
            sentences = refusal.sentences
        except ConnectorError as trouble:
            sentences = (trouble.sentence, trouble.remedy)
        except IntegrityError:
            sentences = ("Somebody else connected these books a moment ago.",)
        found.append(Chosen(organisation=organisation, connection=connection, sentences=sentences))
    return found


def opens_several(grant: Grant) -> bool:
    """Whether there is anything to choose."""
    return access_of(grant).organisations is not None


def open_grants() -> QuerySet[Grant]:
    """Grants that open several organisations, so that another one can be added."""
    active = Grant.objects.filter(status=Grant.Status.ACTIVE).exclude(organisations=[])
    return active.select_related("granted_by").order_by("-granted_at")


def is_unused(grant: Grant) -> bool:
    return not books.living_on(grant).exists()


def give_back(grant: Grant) -> str:
    """End a grant that no books live on; "" or a sentence about what could not be told."""
    if not is_unused(grant):
        raise ValueError("Books live on this grant.")
    left = ""
    listed = [each.remote_id for each in granting.organisations_of(grant)]
    if isinstance(access_of(grant), OAuth) and not books.living(
        grant.system, grant.environment, listed
    ):
        try:
            app = app_of(grant.system, grant.environment)
            oauth.revoke(app, opened(grant, grant.refresh_token))
        except ConnectorError as trouble:
            left = trouble.sentence
    books.retire(grant.pk)
    return left


def _asked(grant: Grant, company: Company, *, second_books: bool = False) -> Asked:
    return Asked(
        company=company,
        system=grant.system,
        environment=grant.environment,
        second_books=second_books,
    )


def _lives(connection: Connection | None) -> Connection | None:
    """A connection that was lost may be chosen again, by a grant that lives."""
    if connection is None or connection.grant is None:
        return None
    return connection if connection.grant.status == Grant.Status.ACTIVE else None
