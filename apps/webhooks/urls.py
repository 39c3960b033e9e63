from django.urls import path, re_path

from apps.webhooks.views import receive

urlpatterns = [
    path("<slug:system>/", receive, name="webhook"),
    # Entered without its last stroke: a redirect would be refused, and is no 200.
    re_path(r"^(?P<system>[a-z0-9_-]+)$", receive),
]
