"""Where others ask whether all is well."""

from django.urls import path

from apps.alerts.views import health

urlpatterns = [path("", health, name="health")]
