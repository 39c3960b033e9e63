"""allauth's addresses; in front of them those whose page is ours."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.staff.entrance import views
from apps.staff.entrance.company import views as company

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        views.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("2fa/totp/deactivate/", views.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("sessions/", views.OwnSessionsPage.as_view(), name="usersessions_list"),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        views.ConfirmAddress.as_view(),
        name="account_confirm_email",
    ),
    path("company/", company.Mine.as_view(), name="company_sign_in"),
    path("company/begin/", company.Begin.as_view(), name="company_begin"),
    path("company/back/", company.Back.as_view(), name="company_back"),
    path("company/link/", company.LinkPage.as_view(), name="company_link"),
    path("company/again/", company.Again.as_view(), name="company_again"),
    # Not all of `allauth.urls`: its pages of other providers sign people up and link by an address alone.
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
