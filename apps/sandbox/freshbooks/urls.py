"""FreshBooks's faces: consent and tokens, who I am, accounting, events, and the control beside them."""

from django.urls import URLPattern, path, re_path

from . import control, gate, identity, me, pages

OAUTH = r"^(?:auth/|service/auth/)?oauth/"

urlpatterns: list[URLPattern] = [
    re_path(OAUTH + r"authorize/?$", identity.authorize, name="freshbooks-authorize"),
    re_path(OAUTH + r"token/?$", identity.token),
    re_path(OAUTH + r"revoke/?$", identity.revoke),
    path(".well-known/oauth-authorization-server", identity.discovery),
    path("auth/api/v1/users/me", me.me),
    path("accounting/account/<str:account>/<path:path>", gate.account),
    path("accounting/businesses/<str:uuid>/<path:path>", gate.newer),
    path("events/account/<str:account>/<path:path>", gate.events),
    path("control/<path:what>", control.control),
    path("app/<str:account>/", pages.business, name="freshbooks-business"),
    path("app/<str:account>/trialbalance/", pages.trial_balance, name="freshbooks-trial-balance"),
    path("app/<str:account>/<str:kind>/", pages.listing, name="freshbooks-list"),
    path("app/<str:account>/<str:kind>/<str:identity>", pages.one, name="freshbooks-object"),
]
beside: list[URLPattern] = []
