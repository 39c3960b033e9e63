"""How far a request got is told right, whatever the other side does with the socket."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.connectors import http
from apps.connectors.http import exchange, pooled_session
from apps.connectors.moments import moment, within
from apps.connectors.port import Fate, Reply
from apps.connectors.reach import reach_of

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def serving(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A server that reads one request and does with its socket as told."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                try:
                    answer(peer, peer.recv(65536))
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v3"
    finally:
        listener.close()


@pytest.fixture
def stopped_behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the process stand still for ten minutes behind a method of its connection."""
    ahead = [0.0]
    monkeypatch.setattr(http, "moment", lambda: moment() + ahead[0])

    def at(name: str) -> None:
        method = getattr(http._HeadInTime, name)

        def done(self: object, *arguments: object, **options: object) -> object:
            result = method(self, *arguments, **options)
            ahead[0] += 600
            return result

        monkeypatch.setattr(http._HeadInTime, name, done)

    return at


def sent(url: str, *, deadline: float = 5, headers: dict[str, str] | None = None) -> Reply:
    with pooled_session(1) as session:
        return exchange(
            session,
            "POST",
            url,
            headers=headers or {},
            query=[("requestid", "a b")],
            body=b"{}",
            until=within(deadline),
        )


def test_a_whole_answer_arrives_with_its_headers_in_lower_case() -> None:
    seen: list[bytes] = []

    def answer(peer: socket.socket, request: bytes) -> None:
        seen.append(request)
        peer.sendall(HEAD + b"Intuit_Tid: 1-2\r\nContent-Length: 2\r\n\r\n{}")

    with serving(answer) as url:
        reply = sent(url, headers={"Authorization": "Bearer t"})
    assert (reply.fate, reply.status, reply.body) == (Fate.ANSWERED, 200, b"{}")
    assert reply.headers["intuit_tid"] == "1-2"
    assert b"POST /v3?requestid=a+b " in seen[0]
    assert b"Authorization: Bearer t\r\n" in seen[0]


def test_nobody_listening_means_unsent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert sent(f"http://127.0.0.1:{port}/").fate is Fate.UNSENT


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "ftp://example.org/", "http://nowhere.invalid/"]
)
def test_an_address_that_leads_nowhere_means_unsent(url: str) -> None:
    assert sent(url).fate is Fate.UNSENT


def test_a_certificate_that_is_not_believed_means_unsent() -> None:
    with serving(lambda peer, _: peer.sendall(b"no TLS here")) as url:
        reply = sent(url.replace("http:", "https:"), deadline=3)
    # A broken handshake cannot be told from a broken answer, so it is not taken for unsent.
    assert reply.fate is Fate.LOST


def test_a_peer_that_hangs_up_means_lost() -> None:
    with serving(lambda peer, _: peer.close()) as url:
        assert sent(url).fate is Fate.LOST


def test_half_a_body_means_lost() -> None:
    with serving(lambda peer, _: peer.sendall(HEAD + b"Content-Length: 20\r\n\r\n{")) as url:
        assert sent(url).fate is Fate.LOST


def test_silence_ends_at_the_deadline() -> None:
    with serving(lambda peer, _: time.sleep(3)) as url:
        reply = sent(url, deadline=0.3)
    assert reply.fate is Fate.LOST
    assert reply.seconds < 1


def test_a_dribbling_body_ends_at_the_deadline() -> None:
    def dribble(peer: socket.socket, _: bytes) -> None:
        peer.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        for _ in range(40):
            peer.sendall(b".")
            time.sleep(0.1)

    with serving(dribble) as url:
        reply = sent(url, deadline=0.5)
    assert reply.fate is Fate.LOST
    assert reply.seconds < 1.5


def test_a_dribbling_head_ends_at_the_deadline() -> None:
    def dribble(peer: socket.socket, _: bytes) -> None:
        peer.sendall(HEAD)
        for place in range(40):
            peer.sendall(b"X-%d: 1\r\n" % place)
            time.sleep(0.1)

    with serving(dribble) as url:
        reply = sent(url, deadline=0.5)
    assert reply.fate is Fate.LOST
    assert reply.seconds < 1.5


def test_a_compressed_body_and_one_in_chunks_arrive_whole() -> None:
    packed = gzip.compress(b'{"time":"now"}')

    def answer(peer: socket.socket, _: bytes) -> None:
        head = HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        peer.sendall(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed))

    with serving(answer) as url:
        assert sent(url).body == b'{"time":"now"}'


def test_chunks_that_stop_short_mean_lost() -> None:
    def answer(peer: socket.socket, _: bytes) -> None:
        peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")

    with serving(answer) as url:
        assert sent(url).fate is Fate.LOST


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    calls: list[bytes] = []

    def redirect(peer: socket.socket, request: bytes) -> None:
        calls.append(request)
        peer.sendall(b"HTTP/1.1 307 Moved\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n")

    with serving(redirect) as url:
        reply = sent(url)
    assert (reply.fate, reply.status, len(calls)) == (Fate.ANSWERED, 307, 1)


def test_a_body_beyond_all_measure_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 1000)
    with serving(
        lambda peer, _: peer.sendall(HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000)
    ) as url:
        assert sent(url).fate is Fate.LOST


def test_a_problem_is_named_without_the_address_or_a_secret() -> None:
    reply = sent("http://nowhere.invalid/?token=secret", headers={"Authorization": "Bearer s3"})
    assert reply.problem
    assert "secret" not in reply.problem
    assert "nowhere" not in reply.problem


@pytest.mark.parametrize("line", ["connect", "putrequest", "putheader"])
def test_a_process_that_stood_still_before_it_sent_sends_nothing(
    line: str, stopped_behind: Callable[[str], None]
) -> None:
    """Others believe by then that nothing leaves any more, and may have sent it anew."""
    arrived: list[bytes] = []
    with serving(lambda peer, request: arrived.append(request)) as url:
        stopped_behind(line)
        reply = sent(url)
    assert (reply.fate, reply.problem) == (Fate.UNSENT, http.TOO_LATE)
    assert arrived in ([], [b""])


def test_a_long_body_that_stood_still_half_way_does_not_arrive_whole(
    stopped_behind: Callable[[str], None],
) -> None:
    arrived = bytearray()

    def read(peer: socket.socket, request: bytes) -> None:
        arrived.extend(request)
        while part := peer.recv(65536):
            arrived.extend(part)

    body = b"x" * (4 * http.CHUNK)
    with serving(read) as url, pooled_session(1) as session:
        stopped_behind("send")  # the head, which is the first of what is sent
        reply = exchange(session, "POST", url, headers={}, body=body, until=within(5))
    assert (reply.fate, reply.problem) == (Fate.LOST, http.TOO_LATE)
    assert arrived.count(b"x") < len(body)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_body_that_nobody_takes_ends_at_the_deadline(pooled: bool) -> None:
    """What waits in front of a full socket must not leave later, whatever the exchange before on
    the same connection was given."""
    body = b"x" * (512 * http.CHUNK)
    arrived = bytearray()
    late = threading.Event()
    first = HEAD + b"Content-Length: 2\r\n\r\n{}"

    def read(peer: socket.socket, request: bytes) -> None:
        if pooled:
            peer.sendall(first)
        time.sleep(0.3)
        while len(arrived) < 64 * http.CHUNK:
            arrived.extend(peer.recv(65536))
        late.wait(5)
        while part := peer.recv(65536):
            arrived.extend(part)

    with serving(read) as url, pooled_session(1) as session:
        if pooled:
            before = exchange(session, "GET", url, headers={}, until=within(30))
            assert before.fate is Fate.ANSWERED
        timer = threading.Timer(2, late.set)
        timer.start()
        reply = exchange(session, "POST", url, headers={}, body=body, until=within(0.5))
        late.set()
        timer.cancel()
    assert reply.fate is Fate.LOST
    assert reply.seconds < 1.5
    assert arrived.count(b"x") < len(body)


def test_the_head_of_an_answer_is_waited_for_until_the_deadline_and_no_longer() -> None:
    """What sending took is not given again to the answer."""
    body = b"x" * (64 * http.CHUNK)

    def read(peer: socket.socket, request: bytes) -> None:
        time.sleep(1)
        left = len(body) - request.count(b"x")
        while left > 0:
            left -= len(peer.recv(65536))
        peer.recv(1)

    with serving(read) as url, pooled_session(1) as session:
        reply = exchange(session, "POST", url, headers={}, body=body, until=within(1.2))
    assert reply.fate is Fate.LOST
    assert reply.seconds < 2


def test_a_request_that_comes_too_late_is_not_begun() -> None:
    with serving(lambda peer, _: peer.sendall(HEAD)) as url:
        assert sent(url, deadline=-1).fate is Fate.UNSENT


def test_the_certificate_is_asked_of_the_name_and_the_connection_goes_to_what_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name leads to this machine, by what an operator listed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_of("hook.example", tmp_path))
    names: list[str] = []
    context.sni_callback = lambda line, name, _: names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))
    heads: list[bytes] = []

    def serve() -> None:
        for _ in range(2):
            peer, _ = listener.accept()
            with suppress(OSError), context.wrap_socket(peer, server_side=True) as line:
                heads.append(line.recv(65536))
                line.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    own = reach_of([f"hook.example:{port}", f"other.example:{port}"])
    with pooled_session(1, reach=own) as session:
        session.verify = str(tmp_path / "hook.example.pem")
        good = exchange(
            session, "POST", f"https://hook.example:{port}/x", headers={}, until=within(5)
        )
        other = exchange(
            session, "POST", f"https://other.example:{port}/x", headers={}, until=within(5)
        )
    thread.join(5)
    listener.close()
    assert (good.status, names) == (200, ["hook.example", "other.example"])
    assert f"Host: hook.example:{port}".encode() in heads[0]
    assert (other.fate, other.problem) == (Fate.UNSENT, "SSLCertVerificationError")
    assert len([each for each in heads if each]) == 1


def test_a_handshake_that_dribbles_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def dribble(peer: socket.socket, _: bytes) -> None:
        peer.sendall(b"\x16\x03\x03\x40\x00")
        for _ in range(30):
            peer.sendall(b"\x02")
            time.sleep(0.1)

    with (
        serving(dribble) as url,
        pooled_session(1, reach=reach_of(["127.0.0.0/8:" + url.split(":")[2][:-3]])) as session,
    ):
        secure = url.replace("http:", "https:")
        reply = exchange(session, "POST", secure, headers={}, until=within(0.4))
    assert reply.fate is not Fate.ANSWERED
    assert reply.seconds < 1.2


def test_of_an_answer_that_goes_on_the_beginning_is_kept_where_that_is_enough() -> None:
    def answer(peer: socket.socket, _: bytes) -> None:
        peer.sendall(HEAD + b"Content-Length: 90000\r\n\r\n" + b"x" * 100)
        time.sleep(0.5)

    with serving(answer) as url, pooled_session(1) as session:
        reply = exchange(session, "POST", url, headers={}, until=within(3), at_most=50)
    assert (reply.status, reply.body) == (200, b"x" * 50)
    with serving(answer) as url, pooled_session(1) as session:
        reply = exchange(session, "POST", url, headers={}, until=within(0.3), at_most=5000)
    assert (reply.fate, reply.status, reply.body) == (Fate.ANSWERED, 200, b"x" * 100)


def certificate_of(name: str, folder: Path) -> Path:
    """A file with a certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
