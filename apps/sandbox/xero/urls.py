"""Xero's faces: consent and tokens, connections, the Accounting API, and the control beside them."""

from django.urls import URLPattern, path, re_path

from . import control, gate, identity, pages

# Xero's own description writes it with a capital letter, its pages without.
CONNECTIONS = "".join(f"[{letter}{letter.upper()}]" for letter in "connections")

urlpatterns: list[URLPattern] = [
    path("identity/connect/authorize", identity.authorize, name="xero-authorize"),
    path("connect/token", identity.token),
    path("connect/revocation", identity.revocation),
    re_path(rf"^{CONNECTIONS}$", identity.connections),
    re_path(rf"^{CONNECTIONS}/(?P<identity>[^/]+)$", identity.connections),
    path("api.xro/2.0/<path:path>", gate.accounting),
    path("control/<path:what>", control.control),
    path("app/<str:tenant>/", pages.organisation, name="xero-organisation"),
    path("app/<str:tenant>/trialbalance/", pages.trial_balance, name="xero-trial-balance"),
    path("app/<str:tenant>/files/<str:identity>", pages.file, name="xero-file"),
    path("app/<str:tenant>/<str:kind>/", pages.listing, name="xero-list"),
    path("app/<str:tenant>/<str:kind>/<path:identity>", pages.one, name="xero-object"),
]
beside: list[URLPattern] = []
