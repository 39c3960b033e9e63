"""Guild: a simulated accounting service with several ways in, over HTTP, that remembers everything.

Getting in: a consent page with PKCE whose grant belongs to a *person* and opens that person's
organisations; a key; a login. The API keeps documents, each once per `Idempotency-Key`.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT_ID = "guild-client"
CLIENT_SECRET = "guild-client-secret-0123456789"
PASSWORD = "correct horse battery staple"


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str  # with its query
    headers: dict[str, str]  # lower case
    body: bytes

    @property
    def stored_part(self) -> tuple[str, str, dict[str, str], bytes]:
        """Without what lets in and what belongs to the way it came."""
        own = ("authorization", "x-guild-key", "x-guild-session")
        headers = {name: value for name, value in self.headers.items() if name not in own}
        return self.method, self.path, headers, self.body


@dataclass
class Guild:
    url: str = ""
    organisations: dict[str, dict[str, str]] = field(
        default_factory=lambda: {
            "org-1": {"id": "org-1", "name": "Willow Ltd", "country": "GB", "currency": "GBP"},
            "org-2": {"id": "org-2", "name": "Elm Ltd", "country": "GB", "currency": "GBP"},
        }
    )
    # What each person has opened to our app.
    opened: dict[str, set[str]] = field(default_factory=lambda: {"pat": {"org-1", "org-2"}})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)  # token → person
    refresh: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # key → organisation
    sessions: dict[str, str] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)  # every secret there ever was
    revoked: list[str] = field(default_factory=list)  # persons whose consent was ended
    left: list[str] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    by_key: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)
    grants: Counter[str] = field(default_factory=Counter)  # by grant_type, and logins
    lose_answers: int = 0  # of the next documents: executed, and not answered
    leave_status: int = 204
    revoke_status: int = 200
    app_is_public: bool = False
    token_made_ago: int | None = None  # seconds; None: a token does not say when it was made
    lock: threading.Lock = field(default_factory=threading.Lock)

    # --- A person at their pages ----------------------------------------------------------------

    def allow(self, address: str, person: str = "pat") -> dict[str, str]:
        """Press Allow on the consent page; what the browser brings back."""
        asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = self._secret("code")
        self.codes[code] = {**asked, "person": person}
        return {"code": code, "state": asked["state"]}

    def new_key(self, organisation: str = "org-1") -> str:
        key = self._secret("key")
        self.keys[key] = organisation
        return key

    def knows_app(self, authorization: str, form: dict[str, str]) -> bool:
        """By header, by form, or, where our registration has no secret, by the proof key alone."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        in_form = (form.get("client_id"), form.get("client_secret"))
        if self.app_is_public:
            return in_form == (CLIENT_ID, None) and not authorization
        return authorization == f"Basic {basic}" or in_form == (CLIENT_ID, CLIENT_SECRET)

    # --- Their endpoints ------------------------------------------------------------------------

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        self.grants[form["grant_type"]] += 1
        if form["grant_type"] == "authorization_code":
            known = self.codes.pop(form["code"], None)
            if known is None or known["redirect_uri"] != form.get("redirect_uri"):
                return 400, {"error": "invalid_grant"}
            if challenge_of(form.get("code_verifier", "")) != known["code_challenge"]:
                return 400, {"error": "invalid_grant"}
            return 200, self._pair(known["person"])
        person = self.refresh.pop(form["refresh_token"], None)
        return (200, self._pair(person)) if person else (400, {"error": "invalid_grant"})

    def revoke(self, token: str) -> int:
        """All of a person's consent ends, whichever of its tokens it was."""
        person = self.refresh.get(token) or self.access.get(token)
        if person is not None and self.revoke_status == 200:
            self.revoked.append(person)
            self.opened[person].clear()
            for held in (self.access, self.refresh):
                for each in [one for one, whose in held.items() if whose == person]:
                    del held[each]
        return self.revoke_status

    def login(self, given: dict[str, str]) -> tuple[int, Any]:
        self.grants["login"] += 1
        if given != {"user": "tieout", "password": PASSWORD}:
            return 403, {"error": f"unknown login {given}"}
        session = self._secret("session")
        self.sessions[session] = "org-1"
        return 200, {"session": session, "expires_in": 900}

    def api(self, asked: Asked) -> tuple[int, Any]:
        organisation = self._let_in(asked.headers)
        if isinstance(organisation, int):
            return organisation, {"error": "who are you?", "heard": asked.headers}
        path = urlsplit(asked.path).path
        if path == "/api/organisation":
            return 200, self.organisations[organisation]
        if path == "/api/documents" and asked.method == "POST":
            key = asked.headers.get("idempotency-key", "")
            if key and key in self.by_key:
                return 200, self.by_key[key]
            made = {
                "id": str(len(self.documents) + 1),
                "organisation": organisation,
                "body": asked.body.hex(),
                "type": asked.headers.get("content-type", ""),
            }
            self.documents.append(made)
            self.by_key[key] = made
            return 201, made
        if path == "/api/documents":
            return 200, self.documents
        return 404, {}

    def _let_in(self, headers: dict[str, str]) -> str | int:
        if headers.get("x-guild-key") in self.keys:
            return headers.get("x-organisation") or self.keys[headers["x-guild-key"]]
        if headers.get("x-guild-session") in self.sessions:
            return self.sessions[headers["x-guild-session"]]
        person = self.access.get(headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            return 401
        organisation = headers.get("x-organisation", "")
        return organisation if organisation in self.opened[person] else 403

    def _pair(self, person: str) -> dict[str, Any]:
        access, refresh = self._secret("access"), self._secret("refresh")
        self.access[access], self.refresh[refresh] = person, person
        said = {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": 1800,
        }
        if self.token_made_ago is not None:
            said["created_at"] = int(time.time()) - self.token_made_ago
        return said

    def _secret(self, kind: str) -> str:
        found = f"{kind}-{secrets.token_hex(16)}"
        self.issued.append(found)
        return found


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class _Answers(BaseHTTPRequestHandler):
    guild: Guild
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        with self.guild.lock:
            self.guild.requests.append(asked)
            status, body = self._of(asked)
            loses = asked.method == "POST" and asked.path.startswith("/api/documents")
            if loses and self.guild.lose_answers:
                self.guild.lose_answers -= 1
                self.close_connection = True
                return
        content = json.dumps(body).encode()
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if status == 200 and asked.headers.get("if-none-match") == tag:
            status, content = 304, b""
        self.send_response(status)
        self.send_header("ETag", tag)
        self.send_header("Set-Cookie", f"guild={self.guild._secret('cookie')}")
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if status not in (204, 304) else b"")

    do_GET = do_POST = do_DELETE = answer

    def _of(self, asked: Asked) -> tuple[int, Any]:
        guild, path = self.guild, urlsplit(asked.path).path
        if path in ("/token", "/revoke"):
            form = {name: each[0] for name, each in parse_qs(asked.body.decode()).items()}
            if not guild.knows_app(asked.headers.get("authorization", ""), form):
                return 401, {"error": "invalid_client"}
            return guild.token(form) if path == "/token" else (guild.revoke(form["token"]), {})
        if path == "/login":
            return guild.login(json.loads(asked.body))
        if path.startswith("/connections"):
            person = guild.access.get(
                asked.headers.get("authorization", "").removeprefix("Bearer ")
            )
            if person is None:
                return 401, {}
            if asked.method == "DELETE":
                organisation = path.rpartition("/")[2]
                if guild.leave_status == 204:
                    guild.opened[person].discard(organisation)
                    guild.left.append(organisation)
                return guild.leave_status, {}
            return 200, {
                "person": person,
                "items": [guild.organisations[each] for each in sorted(guild.opened[person])],
            }
        return guild.api(asked)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def guild_server() -> Iterator[Guild]:
    guild = Guild()
    answers = type("Answers", (_Answers,), {"guild": guild})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    server.daemon_threads = True
    guild.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield guild
    finally:
        server.shutdown()
        server.server_close()
