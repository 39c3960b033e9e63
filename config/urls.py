"""What the web process answers."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

# The stock form knows neither allauth's limits on guessing nor its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler429 = "apps.staff.entrance.views.too_many"  # asked for by allauth's limits

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("apps.staff.entrance.urls")),
    path("invitations/", include("apps.staff.urls")),
    path("connections/", include("apps.connections.urls")),
    path("webhooks/", include("apps.webhooks.urls")),
    path("api/", include("apps.triggers.api.urls")),
    path("health/", include("apps.alerts.urls")),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
