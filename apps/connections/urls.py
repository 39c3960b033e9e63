"""The ways in: out to a provider's page and back, by a form, and what a grant opens."""

from django.urls import path

from apps.connections import views

app_name = "connections"

urlpatterns = [
    path("start/<int:company>/<slug:system>/<slug:environment>/", views.start, name="start"),
    path("enter/<int:company>/<slug:system>/<slug:environment>/", views.enter, name="enter"),
    path("replace/<int:connection>/", views.replace, name="replace"),
    path("choose/<uuid:grant>/<int:company>/", views.choose, name="choose"),
    path("again/<int:connection>/", views.again, name="again"),
    path("invited/<str:token>/", views.invited, name="invited"),
    path("<slug:system>/callback/", views.callback, name="callback"),
]
