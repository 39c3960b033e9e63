"""Addresses of the API; below it nothing else answers, and what is not there is a problem document."""

from django.urls import path, re_path

from apps.triggers.api.app import api
from apps.triggers.api.openapi import docs, not_there, openapi_json

urlpatterns = [
    path("v1/openapi.json", openapi_json, name="api_openapi"),
    path("v1/docs", docs, name="api_docs"),
    path("v1/", api.urls),
    re_path("", not_there),
]
