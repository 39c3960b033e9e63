"""Refuses to start with keys that could seal no file."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.exchange.storage.sealing import KeyRefused, Keys

HINT = (
    "Give FILE_KEYS: 32 random bytes in URL-safe base64 each, newest first, separated by commas "
    '(python -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())").'
)


def files_are_sealed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        Keys(settings.FILE_KEYS)
    except KeyRefused as refusal:
        return [Error(f"FILE_KEYS cannot be used: {refusal}", hint=HINT, id="exchange.E002")]
    return []
