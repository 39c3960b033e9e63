"""A small provider of OpenID Connect, over HTTP: discovery, authorize, token, userinfo, keys.

It keeps to the rules (codes once, PKCE, redirect address, client secret), and lies where a test has it lie.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "tieout-client", "tieout-secret"
BACK = "http://127.0.0.1:8000/accounts/company/back/"

Claims = dict[str, Any]
FAY: Claims = {"sub": "fay-there", "email": "Fay@Example.com", "email_verified": True}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """`person` is who is signed in there; `twist` may change the claims, `sign` the token."""

    person: Claims = field(default_factory=dict)
    twist: Callable[[Claims], None] = lambda claims: None
    sign: Callable[["Provider", Claims], str] | None = None
    description: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    named_issuer: str = ""
    back: str = BACK
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kid, self.key = "first", KEY
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, {name: value[0] for name, value in parse_qs(body).items()})

            def log_message(self, *_: Any) -> None:
                """Nothing on the screen of a test."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def new_key(self, name: str) -> None:
        self.kid = name
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    # --- answers --------------------------------------------------------------------------------

    def answer(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        parts = urlsplit(handler.path)
        query = {name: value[0] for name, value in parse_qs(parts.query).items()}
        status, body = 200, {}
        match parts.path:
            case "/.well-known/openid-configuration":
                body = {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                    "jwks_uri": f"{self.issuer}/keys",
                    **self.description,
                }
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                body = {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]}
            case "/token":
                status, body = self.token(handler, form)
            case "/userinfo":
                body = self.userinfo
            case "/authorize":
                status = 302
            case _:
                status = 404
        handler.send_response(status)
        if status == 302:
            there = self.authorize(self.issuer + handler.path)
            handler.send_header("Location", self.back.partition("/accounts")[0] + there)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.wfile.write(json.dumps(body).encode())
        self.asked.append(query)

    def authorize(self, address: str) -> str:
        """What a browser gets there, where a person says yes: the address that it is sent back to."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, self.back)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        if self.named_issuer:
            back["iss"] = self.named_issuer
        return f"{urlsplit(self.back).path}?{urlencode(back)}"

    def token(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> tuple[int, Claims]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form["code"], None)  # once
        proof = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (
            handler.headers["Authorization"] != f"Basic {basic}"
            or asked is None
            or base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            **self.person,
        }
        self.twist(claims)
        signed = self.sign(self, claims) if self.sign else self.signed(claims)
        return 200, {"access_token": "opens-userinfo", "token_type": "Bearer", "id_token": signed}

    def signed(self, claims: Claims) -> str:
        return jwt.encode(claims, self.key, "RS256", {"kid": self.kid})
