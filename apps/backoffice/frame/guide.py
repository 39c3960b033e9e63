"""The guide for finance staff: a page of the product, with pictures of its own pages."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.backoffice.frame.permissions import SEE_COMPANIES, may


class Guide:
    """Of the screen whose addresses the page stands below."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.guide)  # type: ignore[attr-defined] # a mixin of admin classes
        name = self.url_name("guide")  # type: ignore[attr-defined] # as above
        return [path("guide/", view, name=name), *super().get_urls()]  # type: ignore[misc] # as above

    def guide(self, request: HttpRequest) -> HttpResponse:
        if not may(request, SEE_COMPANIES):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined] # as above
            "title": "Guide",
            "trail": [("Guide", "")],
        }
        return TemplateResponse(request, "backoffice/frame/guide.html", context)
