"""`users/me`: who signed in, and the businesses that they belong to."""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse

from . import identity, wire
from .refusals import unauthenticated
from .shapes import recorder
from .store import Business

Content = dict[str, Any]


def me(request: HttpRequest) -> HttpResponse:
    kept = identity.bearer(request)
    if kept is None:
        content, status = unauthenticated().content, 401
    else:
        content, status = {"response": about(kept.person)}, 200
    text = wire.encode(content)
    recorder.note("GET users/me", status, text)
    return HttpResponse(text, status=status, content_type="application/json")


def about(person: str) -> Content:
    mine = identity.businesses_of(person)
    number = int(sha256(person.encode()).hexdigest()[:7], 16) + 100_000
    return {
        "id": number,
        "identity_id": number,
        "identity_uuid": f"00000000-0000-4000-8000-{number:012}",
        "first_name": person.partition("-")[0].capitalize(),
        "last_name": "Sample",
        "email": f"{person}@example.com",
        "language": "en",
        "confirmed_at": "2017-05-23T05:57:24Z",
        "created_at": "2017-05-23T05:42:42Z",
        "unconfirmed_email": None,
        "setup_complete": True,
        "identity_origin": None,
        "business_memberships": [
            membership(one, mine) for one in mine if one.settings["listed_in"] == "memberships"
        ],
        "roles": [role(one) for one in mine if has_account(one)],
        "groups": [group(one, number) for one in mine],
        "subscription_statuses": {one.account: "active" for one in mine if has_account(one)},
    }


def has_account(books: Business) -> bool:
    """Some businesses have no accounting account; of another's, one may be a client."""
    return bool(books.settings["account_named"] or books.settings["role"] == "client")


def membership(books: Business, mine: list[Business]) -> Content:
    """A business without an account of its own may still name one of which it is a client."""
    named = books.settings["account_named"]
    return {
        "id": books.id + 1_000_000,
        "role": books.settings["role"],
        "unacknowledged_change": False,
        "business": {
            "id": books.id,
            "business_uuid": books.uuid,
            "name": books.name,
            "account_id": books.account if named else None,
            "date_format": "mm/dd/yyyy",
            "address": {
                "id": books.id,
                "street": "",
                "city": "",
                "province": "",
                "country": books.settings["country"],
                "postal_code": "",
            },
            "phone_number": None,
            "business_clients": [
                {
                    "id": other.id,
                    "business_id": other.id,
                    "account_id": other.account,
                    "userid": 1,
                    "client_business": {"business_id": books.id},
                }
                for other in mine
                if other.settings["role"] == "client" and other.id != books.id
            ],
        },
    }


def role(books: Business) -> Content:
    kind = "client" if books.settings["role"] == "client" else "admin"
    return {
        "id": books.id,
        "role": kind,
        "systemid": books.id,
        "userid": 1,
        "created_at": "2018-08-15T17:57:02Z",
        "links": {"destroy": f"/service/auth/api/v1/users/role/{books.id}"},
        "accountid": books.account,
    }


def group(books: Business, number: int) -> Content:
    return {
        "id": books.id,
        "group_id": books.id,
        "role": books.settings["role"],
        "identity_id": number,
        "business_id": books.id,
        "active": True,
    }
