"""Whose key it is, and what it opens: what a program asks first."""

from uuid import UUID

from ninja import Router

from apps.triggers.api.answers import Answer
from apps.triggers.api.gate import Request
from apps.triggers.api.routes import route
from apps.triggers.shapes import Shape
from apps.triggers.shapes.parts import Company, Moment, company_shape

router = Router(tags=["The key"])


class KeyShape(Shape):
    """`label` is what a program shows as the name of the account."""

    id: UUID
    label: str
    name: str
    kind: str
    acts_as: str
    scopes: list[str]
    companies: list[Company]
    expires_at: Moment | None


@route(router, "GET", "/me", scope=None, right=None, gives=KeyShape)
def read_me(request: Request) -> Answer:
    """Read whose key this is, for which companies and scopes."""
    key, caller = request.auth.key, request.auth
    shape = KeyShape(
        id=key.public_id,
        label=f"{caller.user} ({', '.join(each.legal_name for each in caller.companies)})",
        name=key.name,
        kind=key.kind,
        acts_as=str(caller.user),
        scopes=key.scopes,
        companies=[company_shape(each) for each in caller.companies],
        expires_at=key.expires_at,
    )
    return Answer(body=shape)
