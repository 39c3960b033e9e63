"""What differs between providers' consent pages and token endpoints, as data."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentRules:
    """How to ask for a grant and renew it.

    Endpoints are read from the discovery document of the environment, or given there directly.
    `company_parameter` names the query parameter of the callback that says which company was
    chosen; "" where companies are asked for after the grant.
    """

    scopes: tuple[str, ...]
    company_parameter: str = ""
    basic_auth: bool = True
    token_headers: dict[str, str] = field(default_factory=dict)
    revoke_as_json: bool = False
    access_seconds: int = 3600
    refresh_expires_field: str = ""
    refresh_hard_expires_field: str = ""
    reuses_refresh_token: bool = True  # the same value may come back for a while
