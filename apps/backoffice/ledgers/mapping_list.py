"""Mappings and their codes, read only: choices are made on the mapping page of a connection."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import GOOD, PLAIN, tag
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    ReadOnlyAdmin,
    RecordWithHistoryAdmin,
    YesNoFilter,
)
from apps.mappings.models import Mapping, RemoteCode
from apps.mappings.taxes import said


@admin.register(Mapping)
class MappingAdmin(ReadOnlyAdmin, RecordWithHistoryAdmin):
    list_display = ["of_ours", "code", "connection", "changed_at", "changed_by"]
    list_filter = [("connection", FewRelatedFilter), ("subject", ChoicesFilter)]
    list_select_related = ["code", "connection", "changed_by", "item", "payment_method",
                           "payment_term", "tax_rate", "bank_account"]  # fmt: skip
    search_fields = ["code__name", "item__code", "item__name", "payment_method__name",
                     "tax_rate__code", "bank_account__name"]  # fmt: skip
    fields = ["of_ours", "code", "connection", "changed_at", "changed_by"]
    readonly_fields = fields
    empty_sentence = "Open a connection and choose “Map”."

    @admin.display(description="Of ours", ordering="subject")
    def of_ours(self, mapping: Mapping) -> str:
        return mapping.of_what()


@admin.register(RemoteCode)
class RemoteCodeAdmin(ReadOnlyAdmin):
    list_words = "Their codes"
    list_display = ["name", "number", "kind_words", "percentages", "serves_as", "connection",
                    "status"]  # fmt: skip
    list_filter = [("connection", FewRelatedFilter), ("active", YesNoFilter)]
    list_select_related = ["connection"]
    search_fields = ["name", "number", "remote_id"]
    fields = ["name", "number", "kind_words", "percentages", "serves_as", "currency", "connection", "status",
              "remote_id", "read_at"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "Their accounts, terms and payment methods are listed once they were read."

    @admin.display(description="Kind", ordering="kind")
    def kind_words(self, code: RemoteCode) -> str:
        return code.kind.replace("_", " ").capitalize()

    @admin.display(description="Tax rates of a tax code")
    def percentages(self, code: RemoteCode) -> str:
        return said(part.percent for part in code.code_parts) if code.parts else "–"

    @admin.display(description="Can serve as")
    def serves_as(self, code: RemoteCode) -> str:
        return ", ".join(sorted(each.replace("_", " ") for each in code.roles)) or "–"

    @admin.display(description="Status", ordering="active")
    def status(self, code: RemoteCode) -> SafeString:
        return tag("Active", GOOD) if code.active else tag("Inactive over there", PLAIN)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
