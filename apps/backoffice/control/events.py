"""What happened to access: read by those who give it and those who answer for the books."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import BAD, PLAIN, WARN, tag
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter, ReadOnlyAdmin
from apps.staff.models import SecurityEvent
from apps.staff.security import KEPT_FOR, Kind

REFUSALS = {Kind.SIGN_IN_REFUSED, Kind.FACTOR_REFUSED, Kind.ACT_REFUSED}
WEIGHTY = {Kind.RIGHTS_CHANGED, Kind.LIMIT_CHANGED, Kind.OPERATED, Kind.REVEALED, Kind.KEY_MADE,
           Kind.FACTOR_REMOVED, Kind.EMAIL_CHANGED}  # fmt: skip


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    list_words = "Security events"
    list_display = ["when", "kind_label", "happened", "person", "subject", "address"]
    list_display_links = ["when", "happened"]
    list_filter = [
        ("kind", ChoicesFilter),
        ("person", FewRelatedFilter),
        ("at", DateFilter),
    ]
    list_select_related = ["person", "subject"]
    search_fields = ["words", "person__name", "person__email", "subject__name", "subject__email",
                     "address"]  # fmt: skip
    search_help_text = "What happened, a person, or an address such as 203.0.113.9"
    fields = [
        ("when", "kind_label"),
        "happened",
        ("person", "subject"),
        ("address", "browser"),
        "parts",
    ]
    readonly_fields = ["when", "kind_label", "happened", "person", "subject", "address", "browser",
                       "parts"]  # fmt: skip
    quick = (
        ("All", "?"),
        ("Sign-ins refused", "?kind__exact=sign_in_refused"),
        ("Acts refused", "?kind__exact=act_refused"),
        ("Rights changed", "?kind__exact=rights_changed"),
        ("Downloads", "?kind__exact=downloaded"),
    )
    empty_sentence = (
        "Nothing of this kind has happened. Each sign-in, change of rights, download and refusal is "
        f"kept here for {KEPT_FOR.days} days."
    )

    @admin.display(description="When", ordering="id")
    def when(self, event: SecurityEvent) -> str:
        return f"{event.at:%-d %b %Y %H:%M:%S} UTC"

    @admin.display(description="Kind", ordering="kind")
    def kind_label(self, event: SecurityEvent) -> SafeString:
        kind = Kind(event.kind)
        colour = BAD if kind in REFUSALS else WARN if kind in WEIGHTY else PLAIN
        return tag(str(kind.label), colour)

    @admin.display(description="What happened", ordering="words")
    def happened(self, event: SecurityEvent) -> str:
        return event.words

    @admin.display(description="Details")
    def parts(self, event: SecurityEvent) -> str:
        told = event.details.items()
        return "\n".join(f"{name}: {_text(value)}" for name, value in told) or "–"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
