"""Who gives access to whom: an administrator of some companies to the people of those alone."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.billing.models import Company, CompanyMember
from apps.billing.sight import KEPT, Companies, companies_of
from apps.core.numbers import whole
from apps.staff.acts import ActName
from apps.staff.letters import write_to
from apps.staff.models import User
from apps.staff.people import active_with, awaiting
from apps.staff.reach import Seen, in_words, listed
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note


def people_within(seen: Companies) -> "QuerySet[User]":
    """Those who see at least one of these companies, and no other."""
    members = CompanyMember.objects.order_by()
    inside = members.filter(company__in=seen).values("user")
    beyond = members.exclude(company__in=seen).values("user")
    return User.objects.filter(every_company=False, pk__in=inside).exclude(pk__in=beyond)


def person_in_sight(user: User, seen: Companies) -> Q:
    """The condition on people, or on their history: oneself, and whoever lies within one's companies.

    Whoever gives access is shown those too about whom they decide something that another asked: a
    person may come from companies that they do not see. By `id`, which a row of history has of its record; its `pk` is another number.
    """
    known = Q(id=user.pk) | Q(id__in=people_within(seen).values("pk"))
    awaited = awaiting(user) if user.has_perm(ActName.GIVE_ACCESS) else frozenset()
    return known | Q(id__in=awaited) if awaited else known


class ByCompanies:
    """Billing's answer to `staff.reach`."""

    def is_within(self, person: User, by: User) -> bool:
        seen = companies_of(by)
        return seen is None or people_within(seen).filter(pk=person.pk).exists()

    def seen_by(self, person: User) -> Seen:
        every = User.objects.filter(pk=person.pk, every_company=True).exists()
        rows = CompanyMember.objects.filter(user=person.pk)
        return None if every else frozenset(rows.values_list("company_id", flat=True))

    def named(self, companies: Seen, reader: User) -> list[str]:
        rows = (
            Company.objects.all() if companies is None else Company.objects.filter(pk__in=companies)
        )
        seen = self.seen_by(reader)
        return sorted(str(each) for each in rows if seen is None or each.pk in seen)

    def put(
        self,
        person: User,
        companies: Seen,
        *,
        by: User | None,
        agreed: User | None,
        request: HttpRequest | None,
    ) -> None:
        before = self.seen_by(person)
        if companies == before:
            return
        _write(person, companies, by)
        words = f"{person} saw {in_words(before)}, and sees {in_words(companies)} now."
        note(
            Kind.RIGHTS_CHANGED,
            f"{words} {agreed} agreed." if agreed else words,
            request=request,
            person=by,
            subject=person,
            companies_before=listed(before),
            companies_now=listed(companies),
            **({"agreed_by": agreed.pk} if agreed else {}),
        )
        if by is not None:
            self._tell(person, before, companies, by, known=[by, agreed, person])

    def _tell(
        self, person: User, before: Seen, now: Seen, by: User, known: Iterable[User | None]
    ) -> None:
        """The administrators of each company that somebody sees from now on, by mail."""
        if before is None:
            return  # there was nothing that they did not see
        rows = Company.objects.exclude(pk__in=before).values_list("pk", flat=True)
        new = frozenset(rows if now is None else rows.filter(pk__in=now))
        for administrator in active_with(RoleName.ADMINISTRATOR):
            names = self.named(new, administrator)
            if names and administrator not in known:
                words = f"{by} let {person} ({person.email}) see {', '.join(names)}."
                write_to([administrator], "Somebody new sees a company", words)

    def give(self, person: User, companies: Sequence[str]) -> str:
        found = [_named(each) for each in companies]
        _write(person, frozenset(each.pk for each in found) if found else None, None)
        return ", ".join(str(each) for each in found) or "every company"

    def must_say(self) -> bool:
        return Company.objects.count() > 1


def _write(person: User, companies: Seen, by: User | None) -> None:
    """The flag and the rows, without a word about it."""
    person.every_company = companies is None
    person._history_user = by  # type: ignore[attr-defined] # read by simple-history
    person.save(update_fields=["every_company"])
    held = CompanyMember.objects.filter(user=person)
    wanted = companies or frozenset()
    held.exclude(company__in=wanted).delete()
    known = set(held.values_list("company_id", flat=True))
    CompanyMember.objects.bulk_create(
        CompanyMember(user=person, company_id=key) for key in sorted(wanted - known)
    )
    vars(person).pop(KEPT, None)  # `companies_of` asks anew


def _named(text: str) -> Company:
    rows = list(Company.objects.filter(Q(legal_name__iexact=text) | Q(pk=whole(text) or 0))[:2])
    if len(rows) != 1:
        listed = ", ".join(f"{each.pk} ({each})" for each in Company.objects.order_by("pk")[:20])
        raise ValidationError(
            f"“{text}” names no company, or several. There are: {listed or 'none'}."
        )
    return rows[0]
