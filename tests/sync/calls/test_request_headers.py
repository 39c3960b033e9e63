"""Headers of a request are stored and replayed byte by byte; what lets us in is never among them."""

import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from apps.connections.buckets import RowBuckets
from apps.connections.courier import ReadCourier
from apps.connections.lines import line_of
from apps.connections.models import Connection, Grant
from apps.connections.oauth import Pair
from apps.connections.sealed import seal
from apps.connectors.line import refuse_unfit
from apps.connectors.port import Fate, Purpose, Request
from apps.connectors.registry import system
from apps.sync.calls.courier import Settling, SyncCourier, note_answer, request_of
from apps.sync.calls.kept_text import redacted
from apps.sync.lease import Lease
from apps.sync.models import Call
from tests.connections.bench import ledgers
from tests.connections.bench.server import CLIENT_ID, CLIENT_SECRET, Guild, guild_server
from tests.connections.people import a_company

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'<document n\xc3\xa4me="1">' + bytes(range(256)) + b"</document>"
HEADERS = (
    ("X-Organisation", "org-1"),
    ("Idempotency-Key", "c1f0-key of ours"),
    ("If-Match", 'W/"a  b"'),
    ("accept", "application/xml"),
    ("X-Note", "caf\xe9; q=1"),
)


@pytest.fixture
def guild(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guild]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    settings.LEDGER_CLIENTS = {
        "GUILD_TEST_CLIENT_ID": CLIENT_ID,
        "GUILD_TEST_CLIENT_SECRET": CLIENT_SECRET,
    }
    with guild_server() as server:
        ledgers.register_all(server.url)
        yield server
    ledgers.forget_all()


@pytest.fixture
def connection(guild: Guild) -> Connection:
    given = guild._pair("pat")
    grant = Grant(system="guild", environment="test")
    pair = Pair(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        access_expires_at=None,
        refresh_expires_at=None,
        refresh_hard_expires_at=None,
    )
    for name, value in seal(grant, pair).items():
        setattr(grant, name, value)
    grant.save()
    return Connection.objects.create(
        company=a_company(),
        grant=grant,
        system="guild",
        environment="test",
        remote_company_id="org-1",
        name="Willow Ltd",
        home_currency="GBP",
    )


def courier_of(connection: Connection, lease: Lease) -> SyncCourier:
    capabilities = system("guild").capabilities
    return SyncCourier(
        connection=connection,
        run=None,
        lease=lease,
        line=line_of(connection),
        buckets=RowBuckets(connection, capabilities.limits),
        capabilities=capabilities,
    )


def write(**fields: Any) -> Request:
    return Request(
        **{
            "method": "POST",
            "path": "api/documents",
            "query": (("draft", "no & never"),),
            "headers": HEADERS,
            "body": BODY,
            "content_type": "application/vnd.guild+xml; version=2",
            "purpose": Purpose.DOCUMENTS,
            "key": "c1f0-key of ours",
            "writes": True,
            **fields,
        }
    )


def lost_call(guild: Guild, connection: Connection, lease: Lease) -> Call:
    """A write that was executed, and whose answer was lost."""
    courier = courier_of(connection, lease)
    guild.lose_answers = 1
    replies = [reply for _, reply in courier.carry([write()])]
    assert [reply.fate for reply in replies] == [Fate.LOST]
    (answered,) = courier.collect_answered()
    note_answer(answered, ()).save()
    return Call.objects.get()


def test_a_lost_write_is_replayed_byte_by_byte_with_its_headers_and_stands_once(
    guild: Guild, connection: Connection
) -> None:
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    call = lost_call(guild, connection, lease)
    assert call.headers == [list(each) for each in HEADERS]
    assert zlib.decompress(bytes(call.body)) == BODY

    guild.access.clear()  # and the token is another by then
    again = courier_of(connection, lease)
    again.intends({}, settling=Settling(call))
    replies = [reply for _, reply in again.carry([request_of(call)])]

    assert [reply.status for reply in replies] == [200]
    asked = [each for each in guild.requests if each.path.startswith("/api/documents")]
    assert len(asked) == 3  # lost, refused for its token, replayed
    assert len({str(each.stored_part) for each in asked}) == 1
    assert asked[0].headers["idempotency-key"] == "c1f0-key of ours"
    assert asked[0].headers["if-match"] == 'W/"a  b"'
    assert asked[0].headers["accept"] == "application/xml"
    assert asked[0].headers["content-type"] == "application/vnd.guild+xml; version=2"
    assert asked[0].headers["authorization"] != asked[2].headers["authorization"]
    assert [each["body"] for each in guild.documents] == [BODY.hex()]
    replay = Call.objects.get(replays=call)
    assert replay.headers == call.headers


@pytest.mark.parametrize(
    "change",
    [
        {"headers": HEADERS[:1]},
        {"headers": (*HEADERS[:1], ("Idempotency-Key", "another"), *HEADERS[2:])},
        {"query": ()},
        {"path": "api/receipts"},
        {"method": "PUT"},
        {"content_type": "application/xml"},
        {"body": BODY[:-1]},
    ],
)
def test_while_a_call_is_settled_nothing_that_differs_from_it_leaves(
    guild: Guild, connection: Connection, change: dict[str, Any]
) -> None:
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    call = lost_call(guild, connection, lease)
    again = courier_of(connection, lease)
    again.intends({}, settling=Settling(call))
    with pytest.raises(ValueError, match="nothing but its own bytes"):
        list(again.carry([write(**change)]))
    assert len(guild.documents) == 1
    assert Call.objects.count() == 1


CREDENTIALS = [
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "Cookie",
    "X-Api-Key",
    "apikey",
    "Api_Key",
    "X-Auth-Token",
    "X-Refresh-Token",
    "X-CSRF-Token",
    "X-Guild-Session",
    "Client-Secret",
    "X-Password",
]
# What the line of Guild adds itself, its way's own header included.
THE_LINES_OWN = ["X-Guild-Version", "User-Agent", "Content-Type", "Host", "content-length"]
UNFIT = [("X A", "b"), ("", "b"), ("X-A", "b\r\nX-B: c"), ("X-A", " b"), ("X-A", "\u20ac")]


@pytest.mark.variants(keep=8)
@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    "header",
    [(name, "of ours, and not to be told") for name in CREDENTIALS + THE_LINES_OWN] + UNFIT,
)
def test_both_couriers_refuse_what_may_not_be_stored_before_anything_is_written(
    guild: Guild, connection: Connection, header: tuple[str, str], writes: bool
) -> None:
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    fit = write(writes=writes)
    unfit = write(writes=writes, headers=(*HEADERS, header))
    with pytest.raises(ValueError, match="header") as refusal:
        list(courier_of(connection, lease).carry([fit, unfit]))
    assert "not to be told" not in str(refusal.value)
    if not writes:
        with ReadCourier(connection) as courier, pytest.raises(ValueError, match="header"):
            list(courier.carry([unfit]))
    assert guild.requests == []
    assert not Call.objects.exists()


def test_a_header_given_twice_is_refused(guild: Guild) -> None:
    with pytest.raises(ValueError, match="given twice"):
        refuse_unfit(write(headers=(("X-A", "1"), ("x-a", "2"))), frozenset())


@pytest.mark.parametrize(
    "change",
    [{"path": "p" * 401}, {"content_type": "t" * 201}, {"key": "k" * 129}],
)
def test_a_write_that_its_row_would_cut_short_is_refused(
    guild: Guild, connection: Connection, change: dict[str, Any]
) -> None:
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    with pytest.raises(ValueError, match="longer than its row holds"):
        list(courier_of(connection, lease).carry([write(**change)]))
    assert guild.requests == []
    assert not Call.objects.exists()


def test_a_conditional_read_is_answered_304_by_both_couriers(
    guild: Guild, connection: Connection
) -> None:
    read = Request(
        method="GET", path="api/organisation", headers=HEADERS[:1], purpose=Purpose.READS
    )
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    with ReadCourier(connection) as reads:
        (first,) = [reply for _, reply in reads.carry([read])]
        tag = first.headers["etag"]
        conditional = Request(
            method="GET",
            path="api/organisation",
            headers=(*HEADERS[:1], ("If-None-Match", tag)),
            purpose=Purpose.READS,
        )
        for courier in (reads, courier_of(connection, lease)):
            ((_, reply),) = list(courier.carry([conditional]))
            assert (reply.fate, reply.status, reply.body) == (Fate.ANSWERED, 304, b"")


def test_an_answer_that_repeats_what_lets_us_in_is_kept_without_it(
    guild: Guild, connection: Connection
) -> None:
    """Guild's 403 repeats every header that it heard, and its cookies are sessions."""
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    courier = courier_of(connection, lease)
    read = Request(method="GET", path="api/documents", purpose=Purpose.READS)
    ((_, reply),) = list(courier.carry([read]))
    assert reply.status == 403
    assert b'"authorization": "***"' in reply.body
    kept = repr(reply) + str(reply.headers)
    assert [secret for secret in guild.issued if secret in kept] == []


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b'{"access_token": "s3cret", "x": 1}', b'{"access_token": "***", "x": 1}'),
        (b'{"sessionId":"s3cret"}', b'{"sessionId":"***"}'),
        (b'{"api_key" : "s3cret"}', b'{"api_key" : "***"}'),
        (b"<a><password>s3cret</password></a>", b"<a><password>***</password></a>"),
        (b"token_type=b&access_token=s3cret&x=1", b"token_type=b&access_token=***&x=1"),
        (
            b'{"name": "Sessions of Willow", "session": "s3"}',
            b'{"name": "Sessions of Willow", "session": "***"}',
        ),
    ],
)
def test_answers_are_redacted_in_whatever_form_they_come(answer: bytes, kept: bytes) -> None:
    assert redacted(answer) == kept


# --- Evidence: kept with a call, and never sent ------------------------------------------------

EVIDENCE = '{"stood":"60.00","seen":["unsent-7f3a"]}'


def test_evidence_is_kept_with_a_call_handed_back_and_never_sent(
    guild: Guild, connection: Connection
) -> None:
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    courier = courier_of(connection, lease)
    guild.lose_answers = 1
    assert [reply.fate for _, reply in courier.carry([write(evidence=EVIDENCE)])] == [Fate.LOST]
    (answered,) = courier.collect_answered()
    note_answer(answered, ()).save()
    call = Call.objects.get()

    asked = request_of(call)
    again = courier_of(connection, lease)
    again.intends({}, settling=Settling(call))
    assert [reply.status for _, reply in again.carry([asked])] == [200]

    assert asked.evidence == EVIDENCE
    assert [each.evidence for each in Call.objects.all()] == [EVIDENCE] * 2
    sent = [each for each in guild.requests if each.path.startswith("/api/documents")]
    assert len(sent) == 2
    said = [f"{each.headers} {each.path} {each.stored_part}" for each in sent]
    assert [each for each in said if "unsent-7f3a" in each or "evidence" in each.lower()] == []


@pytest.mark.parametrize(
    "evidence",
    [
        "no JSON",
        '{"stood": "' + "6" * 2000 + '"}',
        '{"Authorization": "not to be told"}',
        '{"of": [{"session": "not to be told"}]}',
        '[[{"api_key": "not to be told"}]]',
        '{"refresh_token": "not to be told"}',
        '{"id_token": "not to be told"}',
        '{"X-Guild-Version": "the line adds it, and it is not to be told"}',
        '["Bearer 7f3a, not to be told"]',
    ],
)
def test_evidence_that_no_row_may_hold_is_refused_before_anything_is_written(
    guild: Guild, connection: Connection, evidence: str
) -> None:
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    with pytest.raises(ValueError, match="evidence") as refusal:
        list(courier_of(connection, lease).carry([write(), write(evidence=evidence)]))
    assert "not to be told" not in str(refusal.value)
    assert guild.requests == []
    assert not Call.objects.exists()


def test_evidence_is_of_a_write_alone(guild: Guild, connection: Connection) -> None:
    """Nothing of a read is settled later."""
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    read = write(writes=False, evidence=EVIDENCE)
    with ReadCourier(connection) as reads:
        for courier in (reads, courier_of(connection, lease)):
            with pytest.raises(ValueError, match="evidence"):
                list(courier.carry([read]))
    assert guild.requests == []
