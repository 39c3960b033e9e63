"""The one door to the admin's theme: every screen of ours stands on the classes of this module.

With `TIEOUT_ADMIN_THEME=plain` they are Django's own, and nothing else changes.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin

from apps.backoffice.frame.acts import Act
from apps.backoffice.frame.addresses import ByKey, known
from apps.backoffice.frame.days import show_days_of
from apps.backoffice.frame.exporting import ExportsAsShown
from apps.backoffice.frame.filters import (
    ChoicesFilter,
    DateFilter,
    FewRelatedFilter,
    OwnFilter,
    RelatedFilter,
    YesNoFilter,
    all_in_sight,
)
from apps.backoffice.frame.form_states import state_of, typed_anew, typed_in
from apps.backoffice.frame.history_words import tell_steps
from apps.backoffice.frame.long_lists import LongLists
from apps.backoffice.frame.lookups import FiltersAsOffered
from apps.backoffice.frame.once import done, nothing_done, once
from apps.backoffice.frame.one_record import OneRecord
from apps.backoffice.frame.performing import (
    ask_instead,
    company_named,
    company_of,
    perform,
    waiting_for,
)
from apps.backoffice.frame.record_forms import RecordForm, TidyForms
from apps.backoffice.frame.refusals import held_by_others, sentence_of, tell
from apps.backoffice.frame.shown_again import shown_again
from apps.backoffice.frame.sight import InSight, in_sight, narrowed
from apps.backoffice.frame.versions import (
    LACKING,
    as_opened,
    authors,
    carry,
    lock,
    name_of,
    opened,
    outdated,
)
from apps.billing.actions import NeedsApproval
from apps.connections.models import Connection

if settings.ADMIN_THEME == "unfold":
    from unfold.admin import ModelAdmin as ThemedModelAdmin
    from unfold.admin import TabularInline as ThemedTabularInline
    from unfold.widgets import INPUT_CLASSES

    DAY_CLASSES = " ".join(INPUT_CLASSES)
else:
    from django.contrib.admin import ModelAdmin as ThemedModelAdmin
    from django.contrib.admin import TabularInline as ThemedTabularInline

    DAY_CLASSES = ""

__all__ = [
    "ChoicesFilter",
    "DateFilter",
    "FewRelatedFilter",
    "OwnFilter",
    "ReadOnlyAdmin",
    "RecordAdmin",
    "RecordWithHistoryAdmin",
    "RelatedFilter",
    "TabularInline",
    "YesNoFilter",
]


class _Tidy(TidyForms, InSight):
    day_classes = DAY_CLASSES


class TabularInline(_Tidy, ThemedTabularInline):
    extra = 0

    def rows_of(self, request: HttpRequest, record: Any) -> tuple[int, list[Any]]:
        """The rows that the form of this record writes, and the number of the first among all."""
        key = self.get_formset(request, record).fk.name
        return 1, list(self.get_queryset(request).filter(**{key: record}))


class RecordAdmin(
    _Tidy, ByKey, OneRecord, FiltersAsOffered, LongLists, ExportsAsShown, ThemedModelAdmin
):
    """A screen of ours: acts as buttons, a panel beside the record, errors as sentences."""

    list_per_page = 50
    list_filter_submit = True
    list_filter_sheet = True
    warn_unsaved_form = True
    compressed_fields = True
    change_form_template = "backoffice/frame/change_form.html"
    change_list_template = "backoffice/frame/change_list.html"

    acts: tuple[Act, ...] = ()
    empty_sentence = ""
    list_words = one_words = ""  # of the list and of one in it, where the model's are Django's
    panels_first = False
    form = RecordForm

    class Media:
        css = {"all": ["backoffice/tieout.css"]}
        js = ["backoffice/days.js"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Those of the companies that this person sees: of any other there is no page, no line of a
        list, no choice, no act and no export."""
        return in_sight(request.user, super().get_queryset(request))

    # --- acts: buttons on a record ------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [*(self._act_url(act) for act in self.acts), *super().get_urls()]

    def _act_url(self, act: Act) -> URLPattern:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            return perform(act, self, request, object_id)

        return path(
            f"<path:object_id>/{act.name}/",
            self.admin_site.admin_view(view),
            name=self.url_name(act.name),
        )

    def url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def page(self, name: str, *args: Any) -> str:
        """The address of one of this model's pages: changelist, change, or an act's name."""
        return reverse(f"{self.admin_site.name}:{self.url_name(name)}", args=args)

    def acts_for(self, request: HttpRequest, record: models.Model) -> list[Act]:
        return [each for each in self.acts if each.offered(request, record)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """With every shown field that no form may write, also on the page of an old version."""
        fixed = list(super().get_readonly_fields(request, obj))
        shown = flatten_fieldsets(self.fieldsets) if self.fieldsets else list(self.fields or [])
        closed = {each.name for each in self.opts.get_fields() if not getattr(each, "editable", 1)}
        return [*fixed, *(name for name in shown if name in closed and name not in fixed)]

    @property
    def words(self) -> str:
        return str(capfirst(self.list_words or str(self.opts.verbose_name_plural)))

    def called(self, record: Any) -> str:
        """What staff call this record."""
        return str(record)

    def trail(self, *steps: str, record: models.Model | None = None) -> list[tuple[str, str]]:
        """Where a page is: (words, address) from the list down; the last has no address."""
        way = [(self.words, self.page("changelist"))]
        if record is not None:
            way.append((self.called(record), self.page("change", record.pk)))
        return [*way, *((step, "") for step in steps)]

    # --- what stands beside the form ----------------------------------------------------------

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        """Rendered boxes shown below a record: where it stands in each ledger, and so on."""
        return []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = {"show_save_and_add_another": False, **(extra_context or {})}
        record = self._found(request, object_id) if object_id else None
        show_days_of(company_of(record) if record else company_named(request))
        if record is not None and self.has_view_permission(request, record):
            extra["acts"] = [
                {"act": each, "url": self.page(each.name, record.pk)}
                for each in self.acts_for(request, record)
            ]
            extra["panels"] = self.panels(request, record)
            extra["panels_first"] = self.panels_first
            extra["waiting"] = waiting_for(request, record)
            extra["show_delete"] = not self.why_not_delete(record)
            extra["show_history"] = isinstance(self, RecordWithHistoryAdmin)
        new = f"Add {self.one_words or self.opts.verbose_name}"
        called = self.called(record) if record else new
        extra["trail"], extra["title"], extra["subtitle"] = self.trail(called), called, ""

        if request.method != "POST":
            if record is not None and self.has_change_permission(request, record):
                carry(request, name_of(record), state_of(self, request, record))
            return shown_again(request, lambda r: self._typed(r, object_id, form_url, extra))
        if record is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return once(
                request,
                self.url_name("add"),
                lambda: self._typed(request, None, form_url, extra),
                back=self.page("changelist"),
            )
        if not self.has_change_permission(request):
            raise PermissionDenied
        return once(
            request,
            f"{self.url_name('change')} {record.pk}",
            lambda: self._saved_over(request, record, form_url, extra),
            back=self.page("change", record.pk),
        )

    def _saved_over(
        self, request: HttpRequest, record: models.Model, form_url: str, extra: dict[str, Any]
    ) -> HttpResponse:
        """Save what was typed, unless somebody changed the record since the form was opened."""
        stored = lock(record)
        if stored is None or not self.has_change_permission(request, stored):
            return self._closed_meanwhile(request, record, stored)
        then = opened(request, name_of(record))
        now = state_of(self, request, stored)
        if then is None:
            messages.error(request, LACKING)
            return nothing_done(HttpResponseRedirect(request.get_full_path()))
        stale = outdated(stored, then, now, typed_in(self, request, stored))
        key = str(record.pk)
        if stale is None:
            carry(request, name_of(record), now)
            return self._typed(request, key, form_url, extra)
        added = typed_anew(self, request, stored)
        carry(request, name_of(record), now)
        shown = self._typed(
            as_opened(request), key, form_url, {**extra, "outdated": stale, "typed_anew": added}
        )
        shown.status_code = HTTPStatus.CONFLICT
        return shown

    def _closed_meanwhile(
        self, request: HttpRequest, record: models.Model, stored: models.Model | None
    ) -> HttpResponse:
        """Somebody deleted, issued or closed it while it was being edited."""
        if stored is None:
            messages.error(request, f"Nothing was saved: {self.called(record)} was deleted.")
            return nothing_done(HttpResponseRedirect(self.page("changelist")))
        then = opened(request, name_of(record))
        if then is None:
            raise PermissionDenied
        messages.error(
            request,
            f"Nothing was saved: {self.called(stored)} was changed meanwhile by "
            f"{authors(stored, then.at)}, and as it stands now it is not edited any more.",
        )
        return nothing_done(HttpResponseRedirect(self.page("change", stored.pk)))

    def _typed(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra: dict[str, Any]
    ) -> HttpResponse:
        try:
            shown: HttpResponse = super().changeform_view(request, object_id, form_url, extra)
        except ValidationError as refusal:
            # A rule of billing that no form field stands for: the sentence, and the record as it is.
            tell(request, refusal)
            return nothing_done(HttpResponseRedirect(request.get_full_path()))
        return shown

    def response_add(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return done(super().response_add(request, *args, **kwargs))

    def response_change(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return done(super().response_change(request, *args, **kwargs))

    def posting_page(
        self, request: HttpRequest, name: str, view: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """A page of a list that posts: the same form sent twice posts once."""
        if request.method != "POST":
            return view()
        return once(request, self.url_name(name), view, back=self.page("changelist"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra = {
            "empty_sentence": self.empty_sentence,
            "quick_links": self.quick_links(request),
            "trail": [(self.words, "")],
            "title": self.words,
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    quick: tuple[tuple[str, str], ...] = ()  # links above a list: (words, query)

    def quick_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The views of a list that people ask for each day; the one shown now is marked."""
        asked = {name: value for name, value in request.GET.items() if name not in ("o", "p", "q")}
        return [
            {"words": words, "query": query, "now": dict(parse_qsl(query[1:])) == asked}
            for words, query in self.quick
        ]

    # --- deleting -----------------------------------------------------------------------------

    def why_not_delete(self, record: models.Model) -> str:
        """A sentence where the record must stay; empty where it may go."""
        return ""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        record = self._found(request, object_id)
        if not self.has_delete_permission(request, record):
            raise PermissionDenied
        reason = self.why_not_delete(record) or held_by_others(record)
        if reason:
            messages.error(request, reason)
            return HttpResponseRedirect(self.page("change", record.pk))
        return super().delete_view(request, object_id, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        self._found(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without “delete selected”: records are deleted one by one, each with its reason."""
        return {k: act for k, act in super().get_actions(request).items() if k != "delete_selected"}

    # --- list actions -------------------------------------------------------------------------

    def each(
        self,
        request: HttpRequest,
        records: models.QuerySet[Any],
        do: Callable[[Any], object],
        done: str,
    ) -> None:
        """Do one act for each selected record; what is refused is named, the others are done.

        `done` says what happened, with `{count}`.
        """
        count = 0
        for record in records:
            try:
                do(record)
                count += 1
            except NeedsApproval as above:
                ask_instead(request, above)
            except ValidationError as refusal:
                messages.error(request, f"{self.called(record)}: {sentence_of(refusal)}")
        if count:
            messages.success(request, done.format(count=count))


class RecordWithHistoryAdmin(SimpleHistoryAdmin, RecordAdmin):
    """A record whose history is kept. History is read, never reverted: a new act corrects."""

    object_history_template = "backoffice/frame/history.html"
    object_history_form_template = "backoffice/frame/history_form.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        record = self.get_object(request, known(self.model, object_id))
        extra = dict(extra_context or {})
        if record is not None:
            extra |= {
                "trail": self.trail("History", record=record),
                "called": self.called(record),
                "back": self.page("change", record.pk),
            }
        return super().history_view(request, object_id, extra)

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        tell_steps(list(historical_records))

    def get_history_queryset(self, request: HttpRequest, *args: Any) -> models.QuerySet[Any]:
        """What was deleted has its history still, for those who saw it."""
        return in_sight(request.user, super().get_history_queryset(request, *args))

    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            raise PermissionDenied
        kept: Any = self.model
        past = kept.history.filter(history_id=known(kept.history.model, args[1]))
        if narrowed(request) and not in_sight(request.user, past).exists():
            raise Http404
        request.reads_history = True  # type: ignore[attr-defined] # read by get_readonly_fields
        record = self.get_object(request, known(self.model, args[0]))
        if record is not None:
            then = self.trail("History", "As it stood", record=record)
            then[-2] = ("History", self.page("history", record.pk))
            kwargs["extra_context"] = {"trail": then, **(kwargs.get("extra_context") or {})}
        return super().history_form_view(request, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = super().get_readonly_fields(request, obj)
        if not getattr(request, "reads_history", False):
            return fixed
        # An old version is looked at: no field of it is a field to write in.
        if self.fieldsets or self.fields:
            return list(flatten_fieldsets(self.get_fieldsets(request, obj)))
        return [each.name for each in self.opts.fields if each.editable]

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Not simple-history's, which signs the record itself: `sign_changes` has done so already.
        super(SimpleHistoryAdmin, self).save_model(request, obj, form, change)


class ReadOnlyAdmin(RecordAdmin):
    """Rows of the engine: seen, searched and filtered, never edited."""

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Without the column of the books where there is one set of books only."""
        columns = list(super().get_list_display(request))
        if "books" in columns and len(all_in_sight(request, Connection)) < 2:
            columns.remove("books")
        return columns

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
