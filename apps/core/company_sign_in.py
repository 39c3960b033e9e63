"""The company's own sign-in, as the settings tell it."""

from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanySignIn:
    """A provider of OpenID Connect. `their_factor`: it asks for a second factor itself, and we ask for
    none; `acr` are the classes of sign-in of which it has to name one, `amr` the methods of which it has
    to name each, and with neither its word is taken for it. `only`: passwords open nothing but for whoever the operator recovers."""

    name: str
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    their_factor: bool = False
    only: bool = False
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()


def the_company() -> CompanySignIn:
    """For what is reached only where one is set up."""
    found: CompanySignIn | None = settings.OIDC
    if found is None:
        raise LookupError("No company's sign-in is set up.")
    return found
