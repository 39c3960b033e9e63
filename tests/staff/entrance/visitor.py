"""Somebody at the entrance, as their browser and their phone would do it."""

import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django_q.models import OrmQ

from apps.staff.entrance import resets
from apps.staff.entrance.factors import SealedFactors
from apps.staff.models import User
from tests.backoffice.people import PASSWORD

ELSEWHERE = "198.51.100.7"
PERIOD, LAST_MOMENT = 30, 5  # seconds


def code_of(secret: str, periods: int = 0) -> str:
    """What an app shows now, or so many half minutes later. As people do, not at its last moment: it would
    be another one by the time that it is looked at."""
    left = PERIOD - time.time() % PERIOD
    if left < LAST_MOMENT:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + periods))


def secret_of(user: User) -> str:
    app = Authenticator.objects.get(user=user, type="totp")
    return SealedFactors().decrypt(app.data["secret"])


def give_app(user: User) -> str:
    """An app that was set up some other day: its secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    Authenticator.objects.create(
        user=user, type="totp", data={"secret": SealedFactors().encrypt(secret)}
    )
    return secret


def type_password(
    client: Client, email: str, password: str = PASSWORD, next: str = "", **headers: Any
) -> Any:
    form = {"login": email, "password": password, **({"next": next} if next else {})}
    return client.post("/accounts/login/", form, **headers)


def sign_in(client: Client, user: User, next: str = "") -> Any:
    """With the password and, where there is one, the app."""
    answer = type_password(client, user.email, next=next)
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/2fa/authenticate"):
        return client.post("/accounts/2fa/authenticate/", {"code": code_of(secret_of(user))})
    return answer


def set_up_app(client: Client) -> Any:
    """On the page that shows the secret. What comes of it comes with the commit: a test of it commits."""
    page = client.get("/accounts/2fa/totp/activate/")
    found = re.search(r'value="([A-Z2-7]{32})"', page.content.decode())
    assert found, page.content.decode()
    return client.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])})


def links_leave() -> None:
    """What a worker makes of links that were asked for."""
    for row in OrmQ.objects.all():
        if row.task["func"] == resets.TASK:
            resets.send_link(*row.task["args"])
            row.delete()


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)
