"""One HTTP exchange within a deadline, told by how far it got instead of by exceptions."""

import math
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.exceptions import HTTPError as PoolError
from urllib3.exceptions import InvalidHeader as OddAnswer
from urllib3.response import HTTPResponse

from apps.connectors.moments import moment
from apps.connectors.port import Fate, Reply
from apps.connectors.reach import PUBLIC, NotReachable, Reach, look_up

LARGEST_BODY = 128 * 1024 * 1024  # bytes; a thousand documents with every line are far below it
CHUNK = 64 * 1024
TOO_LATE = "TooLateToSend"

# What fails before the first byte of a request can leave. A certificate is checked before it, too.
_BEFORE_SENDING = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
_NEVER_TRIED = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.ConnectTimeout,
)


_until: ContextVar[float] = ContextVar("until", default=math.inf)  # of the exchange in this thread


class _TooLateToSend(Exception):
    """The clock was looked at as the bytes were about to leave."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__()
        self.begun = begun  # whether earlier bytes of this request had left


class _HeadInTime(HTTPConnection):
    """Lets nothing leave after the exchange's end, and cuts the line when the head of an answer has
    not come by it.

    A time-out of a socket counts from byte to byte: a head that dribbles would never meet it. A
    process that was stopped wakes at the line where it stood: so the clock is looked at as the bytes
    leave, behind the connecting, and again before each further piece of a long body. A piece that
    the other side does not take waits for no longer than that.
    """

    _begun = False

    def putrequest(self, *arguments: Any, **options: Any) -> None:
        self._begun = False
        super().putrequest(*arguments, **options)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        pieces = [data]
        if isinstance(data, bytes):
            pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
        for piece in pieces:
            left = _until.get() - moment()
            if left <= 0:
                raise _TooLateToSend(begun=self._begun)
            self._begun = True
            if left < math.inf:
                self.sock.settimeout(left)  # of all of the piece: what waits here leaves no later
            super().send(piece)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 overrides it
        wait = self.timeout if isinstance(self.timeout, int | float) else None
        if wait is None:
            return super().getresponse()
        # Sending took a part of it.
        timer = threading.Timer(max(min(wait, _until.get() - moment()), 0), self._cut)
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()

    def _cut(self) -> None:
        if self.sock is not None:
            with suppress(OSError):  # it has come to its end by itself
                self.sock.shutdown(socket.SHUT_RDWR)


class _SecureHeadInTime(_HeadInTime, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _HeadInTime


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureHeadInTime


class NotPublic(NewConnectionError):
    """The name leads to an address that is not of the public internet."""


class _Judged(HTTPConnection):
    """Asks the name once, judges every address that it leads to, and connects to one of these. The
    name stays what the request and its certificate are of."""

    reach = PUBLIC
    _line: socket.socket | None = None

    def connect(self) -> None:
        """Within the exchange's time, its handshake too: that may dribble as a head may."""
        left = _until.get() - moment()
        if left == math.inf:
            super().connect()
            return
        timer = threading.Timer(max(left, 0), self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            super().connect()
        finally:
            timer.cancel()
            if self._line is not None:
                self._line.close()

    def _hang_up(self) -> None:
        if self._line is not None:
            with suppress(OSError):  # it has come to its end by itself
                self._line.shutdown(socket.SHUT_RDWR)

    def _new_conn(self) -> socket.socket:
        try:
            found = look_up(self.host, self.port, self.reach)
        except NotReachable as refusal:
            raise NotPublic(self, str(refusal)) from None
        except (socket.gaierror, UnicodeError) as trouble:
            raise NameResolutionError(self.host, self, socket.gaierror(str(trouble))) from None
        last: OSError | None = None
        ends = moment() + self.timeout if isinstance(self.timeout, int | float) else math.inf
        for family, kind, protocol, _, address in found:
            left = min(ends, _until.get()) - moment()  # for all of them together
            if left <= 0:
                break
            made = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.settimeout(left if left < math.inf else None)
                made.connect(address)
            except OSError as trouble:
                made.close()
                last = trouble
            else:
                self._line = made.dup()  # the handshake takes the first one away
                return made
        raise NewConnectionError(self, f"no connection: {type(last).__name__}") from last


class _JudgedHeadInTime(_Judged, _HeadInTime):
    pass


class _SecureJudgedHeadInTime(_Judged, _SecureHeadInTime):
    pass


class _InTime(HTTPAdapter):
    """`reach`: how far the addresses may lead; None: of a server that nobody typed, wherever."""

    def __init__(self, reach: Reach | None, **options: Any) -> None:
        self._reach = reach
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._reach)


def _pools(reach: Reach | None) -> dict[str, Any]:
    if reach is None:
        return {"http": _Pool, "https": _SecurePool}
    within = {"reach": reach}
    judged = type("_JudgedOnce", (_JudgedHeadInTime,), within)
    secure = type("_SecureJudgedOnce", (_SecureJudgedHeadInTime,), within)
    return {
        "http": type("_JudgedPool", (HTTPConnectionPool,), {"ConnectionCls": judged}),
        "https": type("_SecureJudgedPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


class _Straight(requests.Session):
    """Reads no Location: nobody follows it, and a server may write there what is no address at all."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


# What is told of the kinds that wrap it: it says what is wrong with the address.
_TELLING = (NotPublic, NameResolutionError, ssl.SSLCertVerificationError)


def pooled_session(size: int, *, reach: Reach | None = None) -> requests.Session:
    """A session that keeps up to `size` connections open and never sends anything again itself; for
    an address that a person typed, `reach` says how far it may lead."""
    session = _Straight()
    session.trust_env = False  # no credentials from .netrc, no proxy that nobody chose here
    for scheme in ("https://", "http://"):
        session.mount(scheme, _InTime(reach, pool_connections=1, pool_maxsize=size, max_retries=0))
    return session


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    query: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    until: float,
    connect_timeout: float = 10,
    at_most: int | None = None,
) -> Reply:
    """Send one request and read its whole answer before the moment `until`; nothing leaves after it.

    With `at_most` the status is what counts: so many bytes of the body are kept as they came, not
    unpacked, and a body that goes on, breaks off or dribbles is cut there.

    Never raises for trouble of the network: the reply says whether it was answered, surely not
    sent, or lost on the way. Redirects are answers, never followed: a write must not be repeated
    at an address that nobody vouched for. A body above `LARGEST_BODY` counts as lost.
    """
    began = moment()

    def unanswered(fate: Fate, problem: str) -> Reply:
        return Reply(fate=fate, seconds=moment() - began, problem=problem)

    left = until - began
    if left <= 0:
        return unanswered(Fate.UNSENT, TOO_LATE)
    ends = _until.set(until)
    try:
        response = session.request(
            method,
            url,
            headers=dict(headers),
            params=list(query),
            data=body or None,
            auth=_as_given,
            stream=True,
            allow_redirects=False,
            timeout=(min(connect_timeout, left), left),
        )
    except _TooLateToSend as trouble:
        return unanswered(Fate.LOST if trouble.begun else Fate.UNSENT, TOO_LATE)
    except _NEVER_TRIED as trouble:
        # By the same name: a length in the head of an answer that is no length.
        answered = any(isinstance(each, OddAnswer) for each in _within(trouble))
        return unanswered(Fate.LOST if answered else Fate.UNSENT, _named(trouble))
    except (requests.RequestException, PoolError, OSError) as trouble:
        fate = Fate.UNSENT if _surely_unsent(trouble) else Fate.LOST
        return unanswered(fate, _named(trouble))
    finally:
        _until.reset(ends)

    with response:
        if at_most is not None:
            peer = _peer(response)  # before the line goes back to the pool
            return _answered(response, _head_of(response, until, at_most), began, peer)
        try:
            content = _read(response, until)
        except (requests.RequestException, PoolError, OSError) as trouble:
            return unanswered(Fate.LOST, _named(trouble))
        return _answered(response, content, began)


def _answered(response: requests.Response, content: bytes, began: float, peer: str = "") -> Reply:
    return Reply(
        fate=Fate.ANSWERED,
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=content,
        seconds=moment() - began,
        peer=peer,
    )


def _peer(response: requests.Response) -> str:
    sock: Any = getattr(getattr(response.raw, "connection", None), "sock", None)
    with suppress(OSError):  # it hung up already
        return str(sock.getpeername()[0]).partition("%")[0] if sock is not None else ""
    return ""


def _head_of(response: requests.Response, ends: float, at_most: int) -> bytes:
    content = b""
    with suppress(requests.RequestException, PoolError, OSError):  # what came until then is kept
        while len(content) < at_most:
            _allow(response, ends)
            part = response.raw.read1(CHUNK, decode_content=False)
            if not part:
                break
            content += part
    return content[:at_most]


def _read(response: requests.Response, ends: float) -> bytes:
    """The whole body; a server that dribbles is cut off when the deadline has passed."""
    parts: list[bytes] = []
    size = 0
    while True:
        _allow(response, ends)
        # One read of the socket, however little it brings, so that the clock is looked at.
        part = response.raw.read1(CHUNK, decode_content=True)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise requests.exceptions.ContentDecodingError("the answer is too large")


def _allow(response: requests.Response, ends: float) -> None:
    """Let the next read of the socket last no longer than what is left of the deadline."""
    left = ends - moment()
    if left <= 0:
        raise requests.exceptions.ReadTimeout("the deadline passed while the answer was read")
    connection = getattr(response.raw, "connection", None)
    sock: Any = getattr(connection, "sock", None)
    if isinstance(sock, socket.socket):
        sock.settimeout(left)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the Authorization header that we were given."""
    return request


def _surely_unsent(trouble: BaseException) -> bool:
    """Whether the connection itself never came about, however deep that is wrapped."""
    return any(isinstance(each, _BEFORE_SENDING) for each in _within(trouble))


def _within(trouble: BaseException) -> Iterator[BaseException]:
    """A trouble and all that is wrapped in it."""
    seen: set[int] = set()
    waiting: list[BaseException] = [trouble]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = [*each.args, each.__cause__, each.__context__, getattr(each, "reason", None)]
        waiting += [one for one in inner if isinstance(one, BaseException)]


def _named(trouble: BaseException) -> str:
    """The kind of trouble, without its text: that repeats the address with its query."""
    inner = next((each for each in _within(trouble) if isinstance(each, _TELLING)), trouble)
    return type(inner).__name__
