"""The one app registered with every simulated ledger, and how it says who it is."""

import base64
import binascii
import os

from django.http import HttpRequest


def client_credentials() -> tuple[str, str]:
    return (
        os.environ.get("SANDBOX_CLIENT_ID", "simulated-client"),
        os.environ.get("SANDBOX_CLIENT_SECRET", "simulated-secret"),
    )


def told_credentials(request: HttpRequest) -> tuple[str, str]:
    """Id and secret by Basic authentication, or from the form; empty where there are none."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def client_is_known(request: HttpRequest) -> bool:
    return told_credentials(request) == client_credentials()
