"""What the process of the simulated ledgers answers, each ledger under its own prefix."""

from django.urls import URLPattern, URLResolver, include, path

from . import control

urlpatterns: list[URLPattern | URLResolver] = [
    path("quickbooks/", include("apps.sandbox.quickbooks.urls")),
    path("control/<path:what>", control.control),
]
