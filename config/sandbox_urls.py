"""What the process of the simulated ledgers answers."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.sandbox.urls")),
]
