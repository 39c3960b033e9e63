"""Tax rates as documents use them: which one a new line takes, and marking what was used."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError

from apps.billing.models import Customer, DepositLine, DocumentLine, Item, TaxRate
from apps.billing.sums.reckoning import ComponentTerms, RateTerms


def default_rate(customer: Customer, item: Item | None) -> TaxRate | None:
    """What a new line is taxed at: the customer's own rate, else the item's."""
    if customer.tax_rate_id is not None:
        return customer.tax_rate
    return item.tax_rate if item is not None else None


def default_rate_id(customer: Customer, item: Item | None) -> int | None:
    """The same by its id, which asks the database for nothing."""
    if customer.tax_rate_id is not None:
        return customer.tax_rate_id
    return item.tax_rate_id if item is not None else None


def loaded(ids: Iterable[int]) -> dict[int, TaxRate]:
    """Rates by their ids with components and agencies, in three statements."""
    wanted = set(ids)
    if not wanted:
        return {}
    rates = TaxRate.objects.filter(pk__in=wanted).prefetch_related("components__agency")
    return {rate.pk: rate for rate in rates}


def rate_terms(rate: TaxRate) -> RateTerms:
    return RateTerms(
        rate.pk, tuple(ComponentTerms(each.pk, each.percent) for each in rate.components.all())
    )


def hold_rates(ids: Iterable[int | None]) -> None:
    """Lock the rates among these that no document bears yet, until the transaction ends.

    Before their components are read: what is reckoned with is then what freezes.
    """
    wanted = {each for each in ids if each is not None}
    if wanted:
        unused = TaxRate.objects.filter(pk__in=wanted, used=False).order_by("pk")
        list(unused.select_for_update(no_key=True).values_list("pk"))


def mark_used(lines: Sequence[DocumentLine] | Sequence[DepositLine]) -> None:
    """Freeze the rates that issued lines, or fees, bear. Refused where one changed since it was reckoned with.

    The caller is inside its transaction.
    """
    mark_rates_used([line.tax_rate for line in lines if line.tax_rate is not None])


def mark_rates_used(rates: Iterable[TaxRate]) -> None:
    """The same of rates that were reckoned with."""
    borne = {rate.pk: rate for rate in rates}
    unmarked = [rate.pk for rate in borne.values() if not rate.used]
    if not unmarked:
        return
    stored = TaxRate.objects.filter(pk__in=unmarked).order_by("pk")
    for rate in stored.select_for_update(no_key=True).prefetch_related("components"):
        if rate_terms(rate) != rate_terms(borne[rate.pk]):
            raise ValidationError(f"The tax rate {rate} was changed meanwhile. Try again.")
        if not rate.used:
            rate.used = True
            rate.save(update_fields=["used"])
        borne[rate.pk].used = True
