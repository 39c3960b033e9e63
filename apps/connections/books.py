"""May these books serve this company, and as which connection? Then: the rows that say so."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from apps.billing.actions import raise_closing_date
from apps.billing.models import Company, NumberSeries
from apps.billing.sight import sees
from apps.connections.models import Connection, Grant
from apps.connections.stage import pausing, remember
from apps.connectors import port
from apps.connectors.registry import system as system_of
from apps.staff.models import User

Stage = Connection.Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which books a person wants for a company of ours.

    `connection`: the very books that are connected again. `second_books`: a second set for this
    company was asked for in so many words. `by`: who asks, who is told of no company out of their
    sight.
    """

    company: Company
    system: str
    environment: str
    connection: Connection | None = None
    second_books: bool = False
    by: User | None = None


class Unsuitable(Exception):
    """Why these books cannot be connected: every reason at once, in sentences for staff."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def objections(company: Company, theirs: port.Company, system: str) -> list[str]:
    """Why their company, as it is set up there, cannot keep the books of ours."""
    capabilities = system_of(system).capabilities
    found = list(theirs.refusals)
    if theirs.home_currency != company.home_currency:
        found.append(_other_currency(theirs.name, theirs.home_currency, company))
    for series in NumberSeries.objects.filter(company=company):
        longest = len(series.number(10**series.width - 1))
        if longest > capabilities.number_length:
            found.append(
                f"The numbers of {series} have up to {longest} characters, and {capabilities.name} "
                f"holds {capabilities.number_length}. Shorten the prefix or the width first."
            )
    return found


def objections_now(connection: Connection) -> list[str]:
    """What stands in the way of these books as they were last read. No call is made."""
    company = connection.company
    found = []
    if connection.home_currency != company.home_currency:
        found.append(_other_currency(connection.name, connection.home_currency, company))
    locked = connection.remote_closing_date
    if locked is not None and locked >= company.today():
        found.append(
            f"{connection.name} is locked up to {locked:%-d %B %Y}: nothing dated until then can be "
            f"entered there, and all that is issued here would be held. Open the books in "
            f"{connection.system_name} up to the last closed month, then read the settings again."
        )
    return found


def _other_currency(name: str, home: str, company: Company) -> str:
    return (
        f"{name} keeps its books in {home} and {company} in {company.home_currency}. Both must have "
        f"the same home currency. Choose books in {company.home_currency} there, or connect these "
        f"for a company of yours in {home}."
    )


def other_books(company: Company, besides: Connection | None = None) -> Connection | None:
    """A set of books that this company has already."""
    held = Connection.objects.filter(company=company).exclude(stage=Stage.DISCONNECTED)
    return (held.exclude(pk=besides.pk) if besides else held).first()


def living(system: str, environment: str, remote_ids: Iterable[str]) -> QuerySet[Connection]:
    """Which of these sets of books are connected now."""
    return Connection.objects.filter(
        system=system, environment=environment, remote_company_id__in=list(remote_ids)
    ).exclude(stage=Stage.DISCONNECTED)


def living_on(grant: Grant) -> QuerySet[Connection]:
    """The books that are connected by this grant now."""
    return Connection.objects.filter(grant=grant).exclude(stage=Stage.DISCONNECTED)


def living_beside(connection: Connection) -> list[Connection]:
    """The other books that would lose their access if this one's grant were ended over there: those
    on the same grant, and those that the same person opens to us by another."""
    grant = connection.grant
    if grant is None:
        return []
    listed = [each["remote_id"] for each in grant.organisations]
    opened = living(grant.system, grant.environment, listed)
    return list((living_on(grant) | opened).exclude(pk=connection.pk).select_related("company"))


def second_books_sentence(other: Connection) -> str:
    return (
        f"{other.company} is connected to {other} already. A second set of books would receive "
        "every document too. Say so if that is what you want."
    )


def target(asked: Asked, remote_id: str, theirs: port.Company) -> Connection | None:
    """The connection that this consent renews, or None for a new one. Raises `Unsuitable`."""
    complaints = objections(asked.company, theirs, asked.system)
    held = Connection.objects.filter(
        system=asked.system, environment=asked.environment, remote_company_id=remote_id
    ).first()
    if asked.connection is not None:
        if asked.connection.remote_company_id != remote_id:
            complaints.insert(
                0,
                f"You chose {theirs.name}, and {asked.connection} is other books. "
                "Nothing was changed: connect again and choose the same company.",
            )
        held = asked.connection
    elif held is not None:
        complaints += _already_connected(asked, held)
    other = other_books(asked.company, besides=held)
    if other is not None and asked.connection is None and not asked.second_books:
        complaints.append(second_books_sentence(other))
    if complaints:
        raise Unsuitable(*complaints)
    return held


def written(
    asked: Asked,
    held: Connection | None,
    remote_id: str,
    theirs: port.Company,
    grant: Grant,
) -> Connection:
    """The connection on its new grant. Runs inside the caller's transaction."""
    if held is None:
        return Connection.objects.create(
            company=asked.company,
            grant=grant,
            system=asked.system,
            environment=asked.environment,
            remote_company_id=remote_id,
            home_currency=theirs.home_currency,
            **as_read(theirs),
        )
    connection = Connection.objects.select_for_update().get(pk=held.pk)
    former = connection.grant_id
    fields: dict[str, Any] = {"grant": grant, **as_read(theirs)}
    if connection.stage == Stage.DISCONNECTED:
        tested = connection.trial_matched_at is not None
        fields["stage"] = Stage.PAUSED if tested else Stage.SETUP
        fields["stage_reason"] = "Connected again. Go live when you are ready." if tested else ""
        if connection.read_anew:
            # Restored from an archive: what it forgot is read from now on, however long ago that was.
            fields["found_older_at"] = timezone.now()
    if theirs.tax_regime != connection.tax_regime:
        fields |= regime_changed(connection) | {
            name: fields[name] for name in ("stage", "stage_reason") if name in fields
        }
    Connection.objects.filter(pk=connection.pk).update(**fields)
    remember(connection)
    if former is not None and former != grant.pk:
        retire(former)
    return connection


def as_read(theirs: port.Company) -> dict[str, Any]:
    """What a connection keeps of their company."""
    return {
        "name": theirs.name[:200],
        "country": theirs.country,
        "tax_regime": theirs.tax_regime,
        "tax_code_on_every_line": theirs.tax_code_on_every_line,
        "works_out_tax": theirs.works_out_tax,
        "multi_currency": theirs.multi_currency,
        "remote_closing_date": theirs.closing_date,
        "warnings": list(theirs.warnings),
        "is_demo": theirs.demo,
        "settings_there": dict(theirs.settings),
        "company_read_at": timezone.now(),
    }


def regime_changed(connection: Connection) -> dict[str, Any]:
    """Fields for the UPDATE that notes another tax regime: what was tested no longer holds.

    The fingerprint is unknown until `mappings.fingerprint.refresh` works it out again.
    """
    return {
        "settings_fingerprint": "",
        **pausing(
            f"The tax settings of {connection.name} were changed over there. "
            "Send a test invoice again, then go live."
        ),
    }


def note_company(connection: Connection, theirs: port.Company) -> None:
    """Hold our company to what their books allow: the length of numbers, their closing date."""
    company = Company.locked(connection.company_id)
    longest = connection.capabilities.number_length
    if company.number_length is None or company.number_length > longest:
        company.number_length = longest
        company.save(update_fields=["number_length"])
    if theirs.closing_date is not None:
        raise_closing_date(
            company,
            theirs.closing_date,
            reason=f"{connection} is closed up to {theirs.closing_date:%-d %B %Y}.",
        )


def retire(grant_id: int) -> None:
    """Erase what is secret in a grant that no connection of ours lives on any more.

    Not told to the provider: where one consent follows another for the same books, ending the
    former there would end the new one too. A renewal on its way saves nothing, since its version
    has passed.
    """
    if Connection.objects.filter(grant=grant_id).exclude(stage=Stage.DISCONNECTED).exists():
        return
    Grant.objects.filter(pk=grant_id).update(
        status=Grant.Status.REVOKED,
        access_token="",
        refresh_token="",
        secrets="",
        token_version=F("token_version") + 1,
    )


def _already_connected(asked: Asked, held: Connection) -> list[str]:
    if asked.by is not None and not sees(asked.by, held):
        sentence = (
            "These books are connected already, for another company. One set of books serves one "
            "company: ask somebody who sees every company."
        )
        return [sentence]
    if held.company_id != asked.company.pk:
        return [f"{held} belongs to {held.company} in Tieout. One set of books serves one company."]
    lives = held.grant is not None and held.grant.status == Grant.Status.ACTIVE
    if lives and held.stage != Stage.DISCONNECTED:
        return [f"{held} is connected already."]
    return []
