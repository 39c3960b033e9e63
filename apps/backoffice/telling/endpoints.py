"""Where events go: who gets them, which, whether it takes them, and what it did not."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import ago
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    RecordWithHistoryAdmin,
)
from apps.backoffice.telling.endpoint_acts import ACTS, secret_page
from apps.backoffice.telling.endpoint_form import EndpointForm
from apps.backoffice.telling.words import (
    delivery_state,
    events_words,
    moment_words,
    record_link,
    standing,
    standing_sentence,
)
from apps.staff.acts import ActName
from apps.triggers.delivery import endpoints
from apps.triggers.models import Delivery, Endpoint

SHOWN = 10  # deliveries on the page of an endpoint


@admin.register(Endpoint)
class EndpointAdmin(FixedCompany, RecordWithHistoryAdmin):
    form = EndpointForm
    list_words = "Where events go"
    list_display = ["name", "host", "events_shown", "state_shown", "delivered", "waits", "failing",
                    "company"]  # fmt: skip
    list_filter = [
        ("company", FewRelatedFilter),
        ("state", ChoicesFilter),
        ("origin", ChoicesFilter),
    ]
    list_select_related = ["company"]
    ordering = ["state", "company", "name"]
    quick = (("In use", "?state__exact=on"), ("Switched off", "?state__exact=off"), ("All", "?"))
    acts = ACTS
    empty_sentence = (
        "Events go nowhere yet. Add the webhook address of a program that wants to know what happens "
        "here, such as an invoice that was paid."
    )
    fieldsets = [
        (None, {"fields": ["company", "name", "address", "types"]}),
        ("How it stands", {"fields": ["state_shown", "why", "host", "from_whom", "delivered",
                                      "secret_shown"]}),
    ]  # fmt: skip
    readonly_fields = ["state_shown", "why", "host", "from_whom", "delivered", "secret_shown",
                       "events_shown"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        rows: QuerySet[Endpoint] = super().get_queryset(request)
        waiting = Count("deliveries", filter=Q(deliveries__due_at__isnull=False))
        return rows.annotate(waiting_count=waiting)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the address where nobody types one: it is shown to nobody."""
        looks = getattr(request, "reads_history", False)
        if obj is None:
            return self.fieldsets[:1]
        if not looks and self.has_change_permission(request, obj):
            return self.fieldsets
        return [(None, {"fields": ["company", "name", "events_shown"]}), *self.fieldsets[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is removed, or subscribed by a program, is changed there."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj else [name for name in fixed if name not in self.readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.state == Endpoint.State.GONE:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was sent there stays explained: it is removed by its act.
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The name of a typed address is asked for before any row is locked: that may take a while."""
        typed = request.POST.get("address", "").strip()
        if typed and may(request, ActName.ADD_LISTENER):
            try:
                request.judged = endpoints.checked_address(typed)  # type: ignore[attr-defined] # read by get_form
            except ValidationError as unfit:
                request.judged = unfit  # type: ignore[attr-defined] # read by get_form
        return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.judged = getattr(request, "judged", None)  # a class of this request's own
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        fit = form.cleaned_data.get("address") or None
        if change:
            endpoints.keep_change(obj, name=obj.name, types=obj.types, fit=fit)
        else:
            endpoints.keep_new(obj, fit=str(fit))

    def response_add(
        self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return secret_page(request, obj, obj.secrets[0])

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        rows = Delivery.objects.filter(endpoint=record).select_related("event", "endpoint")
        counts = rows.aggregate(
            waiting=Count("pk", filter=Q(state="waiting")),
            failed=Count("pk", filter=Q(state="failed")),
            delivered=Count("pk", filter=Q(state="delivered")),
        )
        last = [(each, record_link(each.event), delivery_state(each)) for each in rows[:SHOWN]]
        context = {"endpoint": record, "rows": last, "counts": counts}
        return [render_to_string("backoffice/telling/endpoint.html", context, request)]

    @admin.display(description="Which events")
    def events_shown(self, endpoint: Endpoint) -> str:
        return events_words(endpoint.types)

    @admin.display(description="State", ordering="state")
    def state_shown(self, endpoint: Endpoint) -> SafeString:
        return standing(endpoint)

    @admin.display(description="What that means")
    def why(self, endpoint: Endpoint) -> str:
        return standing_sentence(endpoint)

    @admin.display(description="Last delivered", ordering="last_delivered_at")
    def delivered(self, endpoint: Endpoint) -> str:
        return ago(endpoint.last_delivered_at).capitalize()

    @admin.display(description="Waiting")
    def waits(self, endpoint: Any) -> str:
        return f"{endpoint.waiting_count:,}"

    @admin.display(description="Failing since", ordering="failing_since")
    def failing(self, endpoint: Endpoint) -> str:
        return moment_words(endpoint.failing_since)

    @admin.display(description="Who added it")
    def from_whom(self, endpoint: Endpoint) -> str:
        return str(endpoint.get_origin_display())

    @admin.display(description="Secret")
    def secret_shown(self, endpoint: Endpoint) -> str:
        until = endpoint.secret_before_until
        kept = "It was shown once and is kept sealed. Whoever lost it makes a new one."
        if until is not None and until > endpoints.now():
            return f"{kept} The one before is valid until {moment_words(until)}."
        return kept
