"""Asked before it is saved: a customer, item or tax rate that may be here already."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.frame.record_forms import RecordForm
from apps.billing.acts.merging import keep_both
from apps.billing.models import Customer, Item
from apps.billing.rules.doubles import (
    EMAIL,
    TAX_NUMBER,
    Near,
    found_nearly,
    near_customers,
    near_items,
    near_rates,
)
from apps.core.numbers import figure, whole

MOST_COMPONENTS: Final = 100  # that are read of what is typed with a tax rate
ASKED_OF = {
    Customer: frozenset({"name", "tax_number", "currency"}),
    Item: frozenset({"name", "code"}),
}
REASONS = ("A branch", "Its parent or group", "Invoiced in another currency",
           "Two that only look alike")  # fmt: skip


def doubles_of(record: Any) -> list[Near]:
    """What may be this record of ours already, the weightiest first."""
    return near_customers(record) if isinstance(record, Customer) else near_items(record)


class AsksOfDoubles(RecordForm):
    """Names those that may be the same; both are kept with a reason, which ends the question."""

    near: Sequence[Near] = ()  # asked about
    hints: Sequence[Near] = ()  # told once it is saved

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        self.near, self.hints = (), ()
        if self.instance.pk and not ASKED_OF[type(self.instance)] & set(self.changed_data):
            return
        found = doubles_of(self.instance)
        self.near = [each for each in found if each.weight > EMAIL]
        self.hints = [each for each in found if each.weight == EMAIL]
        for each in self.near:
            yield sentence(each)

    @property
    def leads(self) -> list[tuple[str, str]]:
        """(address, words): to those that may be used in its place."""
        return [(page_of(each.record), f"Use {each.record}") for each in self.near]

    @property
    def why_both(self) -> str:
        data: Any = self.data
        return str(data.get("why_both", "")).strip()[:200]

    @property
    def why_asked(self) -> Sequence[str]:
        """What is mostly answered; empty where no reason is asked for."""
        return REASONS if self.near else ()

    def full_clean(self) -> None:
        super().full_clean()
        if self.near and all(each.ticked for each in self.asked) and not self.why_both:
            self.add_error(None, "Say why both are kept: a branch, its parent, another currency.")

    def keep_what_was_asked(self, request: HttpRequest) -> None:
        """Once it is saved: both are kept for good, with the reason; hints are told."""
        if self.near:
            keep_both(self.instance, [each.record for each in self.near], reason=self.why_both)
        for each in self.hints:
            messages.info(request, f"{each.record} has {each.why}. Is it another one?")


class AsksOfDoublesAdmin:
    """The screen of such a form: what was kept is written with it, and near spellings are found."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)  # type: ignore[misc] # a mixin of admin classes
        form.keep_what_was_asked(request)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        found, doubled = super().get_search_results(request, queryset, search_term)  # type: ignore[misc] # as above
        if request.path.endswith("/autocomplete/"):
            # New work never goes to what was merged or is not in use.
            queryset = queryset.filter(active=True, merged_into=None)
            found = found.filter(active=True, merged_into=None)
        if search_term.strip() and not found.exists():
            return queryset.filter(pk__in=found_nearly(queryset, search_term)), doubled
        return found, doubled


def sentence(near: Near) -> str:
    what = "customer" if isinstance(near.record, Customer) else "item"
    place = f", {near.record.currency}," if isinstance(near.record, Customer) else ""
    inactive = "" if near.record.active else " (inactive)"
    sure = "most likely the same" if near.weight == TAX_NUMBER else "maybe the same"
    return (
        f"“{near.record}”{place}{inactive} is here already, {sure} {what}: it has {near.why}. "
        "Yes, keep both."
    )


def page_of(record: Any) -> str:
    return reverse(f"admin:billing_{record._meta.model_name}_change", args=[record.pk])


# --- Tax rates ------------------------------------------------------------------------------------


class TaxRateForm(RecordForm):
    """Asks about a rate that taxes as one does that is offered already."""

    near: Sequence[Near] = ()

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        percent = _percent_typed(self.data)
        asked = {"code", "treatment", "country"} & set(self.changed_data)
        if percent is None or (self.instance.pk and not asked):
            return
        self.near = near_rates(self.instance, percent)
        for each in self.near:
            yield f"{each.record} is here already: it has {each.why}. Yes, this is another rate."

    @property
    def leads(self) -> list[tuple[str, str]]:
        return [(page_of(each.record), f"Use {each.record}") for each in self.near]


def _percent_typed(data: Mapping[str, Any]) -> Decimal | None:
    """The sum of the components that are typed with the rate; None where one is no figure."""
    total = whole(data.get("components-TOTAL_FORMS")) or 0
    percent = Decimal(0)
    for place in range(min(total, MOST_COMPONENTS)):
        if data.get(f"components-{place}-DELETE"):
            continue
        typed = figure(data.get(f"components-{place}-percent") or "0")
        if typed is None:
            return None
        percent += typed
    return percent


__all__ = ["AsksOfDoubles", "AsksOfDoublesAdmin", "TaxRateForm", "doubles_of", "page_of"]
