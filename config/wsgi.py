"""The web process's entry point."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application: Any = get_wsgi_application()

from django.conf import settings  # noqa: E402 - once it is set up

from apps.core.heap import leave_out_what_stays  # noqa: E402 - asks for settings
from config.local import OnlyThisMachine  # noqa: E402

if settings.LOCAL:
    application = OnlyThisMachine(application)

leave_out_what_stays()
