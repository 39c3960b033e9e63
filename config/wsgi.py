"""The web process's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from apps.core.heap import leave_out_what_stays  # noqa: E402 - asks for settings

leave_out_what_stays()
