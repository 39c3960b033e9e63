from django.urls import re_path

from apps.webhooks.views import receive

urlpatterns = [re_path(r"^(?P<system>[a-z0-9_-]+)/?$", receive, name="webhook")]
