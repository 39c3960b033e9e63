"""How a system lets us in, as data of its connector: by consent, by key, by session, by folder, by mailbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apps.connectors.port import Courier, Reply, Request

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """Where one environment of a system is reached. Addresses have no final slash.

    Those of the environment "simulated" begin with a slash: they lie below the address of the
    simulated ledgers. `web` shows an object; what stands in braces there is the connector's own.
    The consent endpoints are given, or read from the document at `discovery`.
    """

    api: str = ""
    web: str = ""
    discovery: str = ""
    authorization: str = ""
    token: str = ""
    revocation: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Organisation:
    """One set of books that a grant opens. `refusal`: why it cannot be connected as it is."""

    remote_id: str
    name: str
    country: str = ""
    refusal: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What a grant opens, and for whom: `person` is their id of whoever gave it, "" where they do
    not say. Who consents again renews the grant there is."""

    organisations: tuple[Organisation, ...]
    person: str = ""


# Asks for what a grant opens; raises `ConnectorError`. Without it a grant opens one set of books.
Lists = Callable[[Courier], Opened]


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuth:
    """A person's consent on a page of theirs, and tokens that are renewed.

    `company_parameter` names the query parameter of the callback that says which company was
    chosen; where there is none, `organisations` are asked for after consent and a person chooses.
    `leave` ends one organisation (its id) and leaves the grant to the others; without it only the
    whole grant can be ended.
    """

    scopes: tuple[str, ...]
    company_parameter: str = ""
    organisations: Lists | None = None
    leave: Callable[[str, Courier], None] | None = None
    pkce: bool = False  # S256; then an app may have no secret
    basic_auth: bool = True  # the app proves itself in a header; else in the form
    consent_parameters: Mapping[str, str] = field(default_factory=dict)  # of their page
    token_headers: Mapping[str, str] = field(default_factory=dict)
    api_headers: Headers = ()  # beside the token, with every call
    redirect_on_renewal: bool = False  # a renewal names the redirect address, too
    revoke_as_json: bool = False
    access_seconds: int = 3600  # where an answer does not say
    made_at_field: str = ""  # epoch seconds from which `expires_in` counts; "": from now
    refresh_expires_field: str = ""
    refresh_hard_expires_field: str = ""
    reuses_refresh_token: bool = True  # the same value may come back for a while


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """Something that staff fill in. What is secret is never shown again. `choices` are value and
    words, where it is one of a few."""

    name: str
    label: str
    help: str = ""
    secret: bool = True
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What staff fill in goes with every call: as `headers`, or as user and password in `basic`.

    Both are templates: "Token {key}". `asks_address`: the address of the API is filled in, too.
    `company_field` names the field that says which company it opens; where neither that nor
    `organisations` does, the company that answers tells its id. `another` is a sentence that says
    where another key is got, shown when one is refused.
    """

    fields: tuple[Field, ...]
    headers: Headers = ()
    basic: tuple[str, str] | None = None
    asks_address: bool = False
    company_field: str = ""
    organisations: Lists | None = None
    another: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionOpened:
    """What a login gave: headers for every call, and for how many seconds, where they say."""

    headers: Headers
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What staff fill in opens a session, whose headers go with every call until it is refused.

    `login` composes the request that opens one; `opened` reads its answer and raises
    `ConnectionLost` where what was filled in is not accepted, `TryLater` for anything else.
    `refused` says of any other answer whether it only means that the session has ended: then
    nothing of the call was executed. `another` says where another login is got, as with a key.
    """

    fields: tuple[Field, ...]
    login: Callable[[Mapping[str, str]], Request]
    opened: Callable[[Reply], SessionOpened]
    refused: Callable[[Reply], bool] = lambda reply: reply.status == 401
    asks_address: bool = False
    company_field: str = ""
    organisations: Lists | None = None
    another: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """A folder of files, one of those that an administrator allows. No HTTP and no secret."""

    fields: tuple[Field, ...] = ()
    asks_address: bool = False
    company_field: str = ""
    organisations: Lists | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """A mailbox of ours: files that staff download, or find in a folder that an administrator
    allows, and files that they bring back. What is filled in says whose books they are; no secret.
    """

    fields: tuple[Field, ...]
    company_field: str
    asks_address: bool = False
    organisations: Lists | None = None


FilledIn = Key | Session | Folder | Mailbox
Access = OAuth | FilledIn
