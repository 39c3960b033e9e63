"""Who gives access to whom: an administrator of some companies to the people of those alone."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from apps.billing.models import Company, CompanyMember
from apps.billing.sight import Companies, companies_of
from apps.core.numbers import whole
from apps.staff.models import User


def people_within(seen: Companies) -> "QuerySet[User]":
    """Those who see at least one of these companies, and no other."""
    members = CompanyMember.objects.order_by()
    inside = members.filter(company__in=seen).values("user")
    beyond = members.exclude(company__in=seen).values("user")
    return User.objects.filter(every_company=False, pk__in=inside).exclude(pk__in=beyond)


def person_in_sight(user: User, seen: Companies) -> Q:
    """The condition on people, or on their history: oneself, and whoever lies within one's companies.

    By `id`, which a row of history has of its record; its `pk` is another number.
    """
    return Q(id=user.pk) | Q(id__in=people_within(seen).values("pk"))


class ByCompanies:
    """Billing's answer to `staff.reach`."""

    def is_within(self, person: User, by: User) -> bool:
        seen = companies_of(by)
        return seen is None or people_within(seen).filter(pk=person.pk).exists()

    def give(self, person: User, companies: Sequence[str]) -> str:
        found = [_named(each) for each in companies]
        person.every_company = not found
        person.save(update_fields=["every_company"])
        CompanyMember.objects.filter(user=person).delete()
        CompanyMember.objects.bulk_create(
            CompanyMember(user=person, company=each) for each in dict.fromkeys(found)
        )
        return ", ".join(str(each) for each in found) or "every company"

    def must_say(self) -> bool:
        return Company.objects.count() > 1


def _named(text: str) -> Company:
    rows = list(Company.objects.filter(Q(legal_name__iexact=text) | Q(pk=whole(text) or 0))[:2])
    if len(rows) != 1:
        listed = ", ".join(f"{each.pk} ({each})" for each in Company.objects.order_by("pk")[:20])
        raise ValidationError(
            f"“{text}” names no company, or several. There are: {listed or 'none'}."
        )
    return rows[0]
