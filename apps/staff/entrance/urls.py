"""allauth's addresses; in front of them those whose page is ours."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.staff.entrance import views

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
    path("", include("allauth.urls")),
]
