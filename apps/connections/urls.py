"""Consent: out to a provider's page and back."""

from django.urls import path

from apps.connections import views

app_name = "connections"

urlpatterns = [
    path("start/<int:company>/<slug:system>/<slug:environment>/", views.start, name="start"),
    path("again/<int:connection>/", views.again, name="again"),
    path("<slug:system>/callback/", views.callback, name="callback"),
]
