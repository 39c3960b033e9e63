"""Files: what was made for people, who downloaded it, and the download."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.formatting import ago, in_bytes, in_groups
from apps.backoffice.frame.once import nothing_done
from apps.backoffice.frame.screens import FewRelatedFilter, ReadOnlyAdmin
from apps.exchange.models import FileDownload, PrivateFile
from apps.exchange.storage.keeping import NotHere, may_have, taken_by
from apps.exchange.storage.sealing import CannotOpen


def _download(screen: Screen, request: HttpRequest, file: PrivateFile) -> HttpResponse:
    user: Any = request.user
    if not may_have(user, file):
        raise PermissionDenied
    try:
        plain = taken_by(file, user)
    except (NotHere, CannotOpen) as refusal:
        messages.error(request, str(refusal))
        return nothing_done(HttpResponseRedirect(screen.page("change", file.pk)))
    return attached(FileResponse(plain), file.name, file.content_type)  # type: ignore[return-value] # a stream


DOWNLOAD = PageAct(
    name="download",
    words="Download",
    permission=permissions.SEE_COMPANIES,
    when=lambda file: file.gone_at is None,
    page=_download,
    main=True,
)


@admin.register(PrivateFile)
class PrivateFileAdmin(ReadOnlyAdmin):
    list_words = "Files"
    list_display = ["name", "company", "made", "size_words", "last_taken"]
    list_filter = [("company", FewRelatedFilter)]
    list_select_related = ["company"]
    acts = (DOWNLOAD,)
    fields = [
        "name",
        "company",
        "made_by",
        "made",
        "kept",
        "size_words",
        "fingerprint",
        "downloaded",
    ]
    readonly_fields = fields
    empty_sentence = "What scheduled exports and packs for auditors made is kept here, sealed."

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of one file: whoever may see what is in it."""
        user: Any = request.user
        sees = bool(super().has_view_permission(request, obj))
        return sees and (obj is None or may_have(user, obj))

    def get_queryset(self, request: HttpRequest) -> "QuerySet[PrivateFile]":
        """Each with its last download."""
        taken = FileDownload.objects.select_related("user")[:1]
        rows: QuerySet[PrivateFile] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("downloads", taken, to_attr="last_downloads"))

    @admin.display(description="Made", ordering="made_at")
    def made(self, file: PrivateFile) -> str:
        return ago(file.made_at)

    @admin.display(description="Made by")
    def made_by(self, file: PrivateFile) -> str:
        run = getattr(file, "run", None)
        if run:
            return str(run.schedule)
        return "A pack for auditors" if hasattr(file, "auditor_pack") else "–"

    @admin.display(description="Kept until")
    def kept(self, file: PrivateFile) -> str:
        if file.gone_at is not None:
            return f"deleted on {file.gone_at:%-d %b %Y}; this row stays"
        return f"{file.kept_until:%-d %b %Y}"

    @admin.display(description="SHA-256")
    def fingerprint(self, file: PrivateFile) -> str:
        return in_groups(file.sha256)

    @admin.display(description="Size", ordering="size")
    def size_words(self, file: PrivateFile) -> str:
        return in_bytes(file.size)

    @admin.display(description="Last downloaded")
    def last_taken(self, file: PrivateFile) -> str:
        taken: list[FileDownload] = file.last_downloads  # type: ignore[attr-defined] # by the list
        return f"{taken[0].user}, {ago(taken[0].at)}" if taken else "never"

    @admin.display(description="Downloaded by")
    def downloaded(self, file: PrivateFile) -> str:
        rows = file.downloads.select_related("user")[:100]
        return "\n".join(f"{row.user}, {row.at:%-d %b %Y %H:%M} UTC" for row in rows) or "nobody"
