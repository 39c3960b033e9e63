"""Packs for auditors: asked for on a company's page, followed and downloaded on their own."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ActForm, ButtonAct, PageAct, Screen
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.following import FollowsAdmin
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, WARN, ago, in_groups, tag
from apps.backoffice.frame.once import nothing_done
from apps.backoffice.frame.permissions import SEE_PACKS
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter
from apps.billing.models import Company
from apps.billing.rules.days import Sense
from apps.exchange.storage.keeping import NotHere, may_have, taken_by
from apps.exchange.storage.sealing import CannotOpen
from apps.staff.acts import ActName
from apps.staff.models import User
from apps.trail.models import AuditorPack
from apps.trail.pack.asking import KEPT, ask

State = AuditorPack.State
EARLIEST: Final = 1970  # a year
MOST: Final = timedelta(days=3653)


class PeriodForm(ActForm):
    first_day = DayField(label="From", sense=Sense.ANY)
    last_day = DayField(label="To and including", sense=Sense.ANY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The last whole year, unless somebody says otherwise."""
        super().__init__(*args, **kwargs)
        this_year = self.record.today().replace(month=1, day=1)
        self.fields["first_day"].initial = this_year.replace(year=this_year.year - 1)
        self.fields["last_day"].initial = this_year - timedelta(days=1)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and first > last:
            raise ValidationError({"last_day": "The last day is before the first one."})
        if last and last > self.record.today():
            raise ValidationError({"last_day": "This day has not come yet. Give today at most."})
        if first and first.year < EARLIEST:
            raise ValidationError({"first_day": f"Give a day from 1 January {EARLIEST} on."})
        if first and last and last - first > MOST:
            raise ValidationError(
                {"last_day": "A pack is of ten years at most. Make several, one after the other."}
            )
        return cleaned


def _make(request: HttpRequest, company: Company, answers: dict[str, Any]) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)  # acts are refused before this to anybody who is not signed in
    pack = ask(company, answers["first_day"], answers["last_day"], by=user)
    return HttpResponseRedirect(reverse("admin:trail_auditorpack_change", args=[pack.pk]))


MAKE_PACK = ButtonAct(
    name="pack",
    words="Make a pack for auditors",
    permission=ActName.MAKE_PACK,
    asks=PeriodForm,
    means=(
        "Number series, changes after issue, approvals and limits, what was sent, mappings, closing dates, "
        "people and their rights, signed proofs and a verification of the audit trail that is run for it go "
        "into one ZIP, for these days. Its README.txt says what each file is and how an auditor checks it. "
        f"It is kept sealed for {KEPT.days} days; Auditors, Accountants and "
        "Administrators of this company download it under “Packs for auditors”."
    ),
    do=_make,
)


def _download(screen: Screen, request: HttpRequest, pack: AuditorPack) -> HttpResponse:
    user, file = request.user, pack.file
    assert isinstance(user, User)  # as above
    assert file is not None  # `when` has looked
    if not may_have(user, file):
        raise PermissionDenied
    try:
        plain = taken_by(file, user)
    except (NotHere, CannotOpen) as refusal:
        messages.error(request, str(refusal))
        return nothing_done(HttpResponseRedirect(screen.page("change", pack.pk)))
    return attached(FileResponse(plain), file.name, file.content_type)  # type: ignore[return-value] # a stream


def _is_there(pack: AuditorPack) -> bool:
    return pack.file is not None and pack.file.gone_at is None


DOWNLOAD = PageAct(
    name="download",
    words="Download",
    permission=SEE_PACKS,
    when=_is_there,
    page=_download,
    main=True,
)


@admin.register(AuditorPack)
class AuditorPackAdmin(FollowsAdmin):
    list_words = "Packs for auditors"
    list_display = ["period", "company", "outcome", "asked", "trail_said"]
    list_filter = [("company", FewRelatedFilter), ("state", ChoicesFilter)]
    list_select_related = ["company", "asked_by", "file"]
    acts = (DOWNLOAD,)
    fields = ["period", "company", "outcome", "asked", "trail_said", "head", "checksum", "kept",
              "downloaded"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = (
        "No pack was made yet. Choose “Make a pack for auditors” on the page of the company."
    )

    def moves(self, record: AuditorPack) -> bool:
        return record.is_open

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        if not record.members:
            return []
        context = {"record": record}
        return [render_to_string("backoffice/control/pack_files.html", context, request)]

    @admin.display(description="Period", ordering="first_day")
    def period(self, pack: AuditorPack) -> str:
        return f"{pack.first_day:%-d %b %Y} to {pack.last_day:%-d %b %Y}"

    @admin.display(description="Status", ordering="state")
    def outcome(self, pack: AuditorPack) -> SafeString:
        if pack.state == State.BROKEN:
            return tag("Broke off: see the failed tasks, and make another one", WARN)
        return tag(pack.get_state_display(), BUSY if pack.is_open else GOOD)

    @admin.display(description="Asked", ordering="asked_at")
    def asked(self, pack: AuditorPack) -> str:
        return f"{ago(pack.asked_at)} by {pack.asked_by}"

    @admin.display(description="Audit trail")
    def trail_said(self, pack: AuditorPack) -> SafeString | str:
        if pack.findings is None:
            return "–"
        if not pack.findings:
            return tag("All as it was sealed", GOOD)
        things = "thing is" if pack.findings == 1 else "things are"
        return tag(f"{pack.findings:,} {things} not as sealed: see trail.txt in it", BAD)

    @admin.display(description="Head of the trail")
    def head(self, pack: AuditorPack) -> SafeString | str:
        if not pack.head_link:
            return "–"
        words = f"{pack.head_number}:{pack.head_link}"
        return format_html('<span class="t-sentence">{}</span>', words)

    @admin.display(description="SHA-256 of the ZIP")
    def checksum(self, pack: AuditorPack) -> str:
        return in_groups(pack.sha256) if pack.sha256 else "–"

    @admin.display(description="Kept until")
    def kept(self, pack: AuditorPack) -> str:
        if pack.file is None:
            return "–"
        if pack.file.gone_at is not None:
            return f"deleted on {pack.file.gone_at:%-d %b %Y}; its checksum stays here"
        return f"{pack.file.kept_until:%-d %b %Y}"

    @admin.display(description="Downloaded by")
    def downloaded(self, pack: AuditorPack) -> str:
        if pack.file is None:
            return "–"
        rows = pack.file.downloads.select_related("user")[:100]
        return "\n".join(f"{row.user}, {row.at:%-d %b %Y %H:%M} UTC" for row in rows) or "nobody"
