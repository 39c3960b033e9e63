"""QuickBooks' three faces: consent and tokens, the API, and the pages people click on.

`beside` is the control, by which tests and the demo set the stage.
"""

from django.urls import URLPattern, path

from . import api, control, files, oauth, pages

urlpatterns: list[URLPattern] = [
    path(".well-known/openid_configuration", oauth.discovery),
    path(".well-known/openid_configuration/", oauth.discovery),
    path(".well-known/openid_sandbox_configuration", oauth.discovery),
    path(".well-known/openid_sandbox_configuration/", oauth.discovery),
    path("connect/oauth2", oauth.consent, name="consent"),
    path("oauth2/v1/tokens/bearer", oauth.tokens, name="tokens"),
    path("v2/oauth2/tokens/revoke", oauth.revoke, name="revoke"),
    path("v1/openid_connect/userinfo", oauth.userinfo, name="userinfo"),
    path("op/v1/jwks", oauth.keys, name="keys"),
    path("v3/company/<str:realm>/<path:path>", api.company_api),
    path("files/<str:realm>/<int:identity>/<path:name>", files.serve, name="quickbooks-file"),
    path("app/", pages.companies, name="companies"),
    path("app/<str:realm>/", pages.company, name="company"),
    path("app/<str:realm>/<str:kind>/<int:identity>", pages.one, name="object"),
    path("app/<str:realm>/<str:section>", pages.section, name="section"),
]
beside: list[URLPattern] = [path("control/<path:what>", control.control)]
