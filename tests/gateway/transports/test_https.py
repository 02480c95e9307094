"""A request is made once; what came of it is an answer, or a code that says whether anything was sent."""

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.adapter import Unclear, Unreachable
from gateway.events import following
from gateway.submission import SECOND, Micros
from gateway.testing import LargeStream, an_enclosure
from gateway.testing.attachments import MemoryStream
from gateway.testing.certificates import CertificateAuthority, Pair, ended
from gateway.testing.moods import Mood
from gateway.testing.web import Reply, Request, WebServer
from gateway.transports.attachments import AttachmentChanged
from gateway.transports.certificates import Credentials
from gateway.transports.https import Body, Head, Https, Limits, Part, Peer, Response, form_data, not_taken

pytestmark = pytest.mark.anyio

NOW = Micros(1_767_268_800 * SECOND)
"""2026-01-01T12:00:00Z"""


class Fachverfahren:
    """Keeps what it was sent, and replies as it is told."""

    def __init__(self, folder: Path) -> None:
        self.web = WebServer(folder, self.handle)
        self.taken: list[bytes] = []
        self.requests: list[Request] = []
        self.reply: Callable[[], Reply] = lambda: Reply(201, {"Content-Type": "text/plain"}, b"AZ-1")

    async def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        self.taken.append(await request.body())
        return self.reply()

    def peer(self, pair: Pair | None = None, authorities: Path | None = None, host: str = "localhost") -> Peer:
        shown = pair or self.web.client
        return Peer(
            url=f"https://{host}:{self.web.port}",
            credentials=Credentials(
                authorities=authorities or self.web.authority.file, certificate=shown.certificate, key=shown.key
            ),
        )


@pytest.fixture
async def fachverfahren(tmp_path: Path) -> AsyncIterator[Fachverfahren]:
    one = Fachverfahren(tmp_path / "fachverfahren")
    async with one.web:
        yield one


@pytest.fixture
async def https(fachverfahren: Fachverfahren) -> AsyncIterator[Https]:
    async with Https(fachverfahren.peer(), Limits(connect=5, silence=0.5, whole=10, answer=10_000)) as https:
        yield https


async def chunked(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


# ── there and back ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_request_is_answered(https: Https, fachverfahren: Fachverfahren) -> None:
    """Body, path and headers arrive as given, and the whole answer comes back."""
    answer = await https.send("PUT", "/vorgang/7?test=1", headers={"X-Art": "bau"}, body=Body.of("text/xml", b"<a/>"))

    assert isinstance(answer, Response)
    assert (answer.status, answer.media_type, answer.body) == (201, "text/plain", b"AZ-1")
    request = fachverfahren.requests[0]
    assert (request.method, request.target, request.headers["x-art"]) == ("PUT", "/vorgang/7?test=1", "bau")
    assert (request.headers["content-type"], request.headers["content-length"]) == ("text/xml", "4")
    assert fachverfahren.taken == [b"<a/>"]


async def test_a_trace_goes_along(https: Https, fachverfahren: Fachverfahren) -> None:
    """Requests made for a submission carry its traceparent as it came, also from tasks started for it; others none."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    with following(trace):
        await https.send("POST")
        await asyncio.create_task(https.send("GET"))
    await https.send("GET")

    assert [request.headers.get("traceparent") for request in fachverfahren.requests] == [trace, trace, None]


async def test_attachments_are_streamed_in_a_form(https: Https, fachverfahren: Fachverfahren) -> None:
    """A form carries document and attachments byte for byte, with its size in front and names that end no line."""
    scan = an_enclosure(bytes(range(256)) * 3_000, name='a"b\r\nX: y', media_type="image/png")
    form = form_data(
        [
            Part.named("antrag", "antrag.xml", Body.of("application/xml", b"<antrag/>")),
            Part.named("anlage", scan.attachment.name, Body.enclosed(scan)),
        ]
    )

    await https.send("POST", body=form)

    taken, sent = fachverfahren.taken[0], fachverfahren.requests[0].headers
    assert sent["content-length"] == str(len(taken)) == str(form.size)
    assert b'name="anlage"; filename="a%22b%0D%0AX: y"\r\n\r\n' + bytes(range(256)) * 3_000 + b"\r\n--" in taken
    assert taken.startswith(b"--")


async def test_an_answer_other_than_success_is_an_answer(https: Https, fachverfahren: Fachverfahren) -> None:
    """A refusal comes back with what was said."""
    fachverfahren.reply = lambda: Reply(422, body=b"nein")

    answer = await https.send("POST", body=Body.of("text/plain", b"x"))

    assert isinstance(answer, Response)
    assert (answer.status, answer.good, answer.body) == (422, False, b"nein")


async def test_nobody_is_followed_elsewhere(https: Https, fachverfahren: Fachverfahren) -> None:
    """A redirect is not followed: it is an answer, and means that nothing was taken."""
    fachverfahren.reply = lambda: Reply(307, {"Location": f"{fachverfahren.web.url}/anderswo"})

    answer = await https.send("POST", body=Body.of("text/plain", b"x"))

    assert isinstance(answer, Response)
    assert not_taken(answer, NOW) == Unreachable("redirected")
    assert len(fachverfahren.requests) == 1


async def test_connections_are_kept_and_shared(https: Https, fachverfahren: Fachverfahren) -> None:
    """Many requests at once all get their own answer."""
    await asyncio.gather(*(https.send("POST", body=Body.of("text/plain", str(n).encode())) for n in range(60)))

    assert sorted(fachverfahren.taken) == sorted(str(n).encode() for n in range(60))


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("length_told", [True, False], ids=["said before", "not said"])
async def test_an_answer_has_a_size_limit(https: Https, fachverfahren: Fachverfahren, length_told: bool) -> None:
    """An answer that is larger is not read on; what it answers may have been taken."""
    flood = b"x" * 10_001
    fachverfahren.reply = lambda: Reply(body=flood if length_told else chunked(flood[:6_000], flood[6_000:]))

    assert await https.send("GET") == Unclear("answer-too-large")


async def test_an_answer_that_unfolds_is_not_unfolded(https: Https, fachverfahren: Fachverfahren) -> None:
    """Compression was not asked for, and is not undone."""
    fachverfahren.reply = lambda: Reply(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b")

    assert await https.send("GET") == Unclear("answer-compressed")
    assert fachverfahren.requests[0].headers["accept-encoding"] == "identity"


async def test_silence_has_a_limit(https: Https, fachverfahren: Fachverfahren) -> None:
    """A request that nobody answers is unclear after the limit."""
    fachverfahren.web.behave(Mood.HANGS)

    assert await https.send("POST", body=Body.of("text/plain", b"x")) == Unclear("no-answer")


async def test_an_answer_in_drops_has_a_limit(fachverfahren: Fachverfahren) -> None:
    """A byte now and then keeps nobody waiting for longer than the whole may take."""

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.02)

    fachverfahren.reply = lambda: Reply(body=drops())
    async with Https(fachverfahren.peer(), Limits(silence=5, whole=0.4)) as https:
        assert await https.send("GET") == Unclear("time-limit")


async def test_a_slow_answer_is_waited_for(https: Https, fachverfahren: Fachverfahren) -> None:
    """Slow is not away."""
    fachverfahren.web.behave(Mood.SLOW)

    assert isinstance(await https.send("GET"), Response)


# ── sent or not ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_down_took_nothing(https: Https, fachverfahren: Fachverfahren) -> None:
    """A refused connection is certain, also where one was kept from before; afterwards the next request arrives."""
    await https.send("GET")
    fachverfahren.web.down()
    away = await https.send("POST", body=Body.of("text/plain", b"x"))
    fachverfahren.web.up()

    assert away == Unreachable("connection-refused")
    assert isinstance(await https.send("GET"), Response)


async def test_an_unknown_name_took_nothing(fachverfahren: Fachverfahren) -> None:
    """A name that nobody knows is told apart from a server that is down."""
    async with Https(Peer(url="https://fachverfahren.invalid")) as https:
        assert await https.send("GET") == Unreachable("name-unknown")


async def test_who_speaks_no_tls_took_nothing(fachverfahren: Fachverfahren) -> None:
    """A listener that accepts and says nothing has not seen a byte of the request when the limit is reached."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        peer = Peer(url=f"https://localhost:{mute.getsockname()[1]}")
        async with Https(peer, Limits(connect=0.3)) as https:
            assert await https.send("GET") == Unreachable("connect-timeout")


async def test_a_connection_cut_in_the_middle_is_unclear(https: Https, fachverfahren: Fachverfahren) -> None:
    """Once a byte was written nobody can say that nothing was taken."""
    fachverfahren.web.behave(Mood.RESETS)

    answer = await https.send("POST", body=Body.enclosed(an_enclosure(LargeStream(5_000_000))))

    assert isinstance(answer, Unclear)
    assert answer.because in {"connection-lost", "answer-broken"}
    assert fachverfahren.taken == []


async def test_an_attachment_that_changed_is_never_sent_whole(https: Https, fachverfahren: Fachverfahren) -> None:
    """What is not what was recorded ends as an error of ours, before the other side could take it for whole."""
    recorded = an_enclosure(b"a" * 700_000)
    longer = type(recorded)(recorded.attachment, MemoryStream(b"a" * 700_001))
    other = type(recorded)(recorded.attachment, MemoryStream(b"b" * 700_000))

    for changed in (longer, other):
        with pytest.raises(AttachmentChanged):
            await https.send("POST", body=Body.enclosed(changed))
    await https.send("GET")

    assert fachverfahren.taken == [b""]


# ── certificates ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_their_ended_certificate_is_refused(https: Https, fachverfahren: Fachverfahren) -> None:
    """A certificate that has ended gets nothing sent."""
    fachverfahren.web.behave(Mood.EXPIRED)

    assert await https.send("GET") == Unreachable("certificate-expired")


async def test_their_certificate_must_be_for_the_name_we_asked(fachverfahren: Fachverfahren) -> None:
    """A certificate for somebody else gets nothing sent."""
    async with Https(fachverfahren.peer(host="127.0.0.2")) as https:
        fachverfahren.web.behave(Mood.GOOD)
        listener = await asyncio.start_server(
            lambda _, writer: writer.close(), "127.0.0.2", fachverfahren.web.port, ssl=fachverfahren.web._context
        )
        async with listener:
            assert await https.send("GET") == Unreachable("certificate-wrong-name")


async def test_their_authority_must_be_one_that_is_trusted_here(fachverfahren: Fachverfahren, tmp_path: Path) -> None:
    """A certificate of an authority that nobody wrote down gets nothing sent."""
    stranger = CertificateAuthority(tmp_path / "fremd", "Fremde")
    async with Https(fachverfahren.peer(authorities=stranger.file)) as https:
        assert await https.send("GET") == Unreachable("certificate-unknown-issuer")


async def test_our_missing_certificate_is_named(fachverfahren: Fachverfahren) -> None:
    """A server that wants to know who we are, and is not told, is known not to have taken anything."""
    trusted = Credentials(authorities=fachverfahren.web.authority.file)
    with a_strict_server(fachverfahren.web) as url:
        async with Https(Peer(url=url, credentials=trusted)) as https:
            assert await https.send("GET") == Unreachable("own-certificate-refused")


async def test_our_certificate_of_a_stranger_is_named(fachverfahren: Fachverfahren, tmp_path: Path) -> None:
    """So is one that the server does not trust."""
    ours = CertificateAuthority(tmp_path / "fremd", "Fremde").issue("antragsgateway")
    stranger = Credentials(authorities=fachverfahren.web.authority.file, certificate=ours.certificate, key=ours.key)
    with a_strict_server(fachverfahren.web) as url:
        async with Https(Peer(url=url, credentials=stranger)) as https:
            assert await https.send("GET") == Unreachable("own-certificate-refused")


@contextmanager
def a_strict_server(like: WebServer) -> Iterator[str]:
    """A server that demands a certificate and says so with an alert, which asyncio's own never gets out."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                guest = like._context.wrap_socket(listener.accept()[0], True, do_handshake_on_connect=False)
                with guest, suppress(ssl.SSLError):
                    with suppress(ssl.SSLError):
                        guest.do_handshake()
                    guest.shutdown(socket.SHUT_WR)
                    while socket.socket.recv(guest, 65_536):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://localhost:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


async def test_our_ended_certificate_is_not_shown(fachverfahren: Fachverfahren) -> None:
    """Nobody is asked with a certificate that has ended; a renewed one in the same files is used at once."""
    ours = fachverfahren.web.authority.issue("antragsgateway", until=ended())
    async with Https(fachverfahren.peer(ours)) as https:
        before = await https.send("GET")
        ours.certificate.write_bytes(fachverfahren.web.client.certificate.read_bytes())
        ours.key.write_bytes(fachverfahren.web.client.key.read_bytes())

        assert before == Unreachable("own-certificate-expired")
        assert isinstance(await https.send("GET"), Response)


@pytest.mark.parametrize(
    ("spoil", "because"),
    [
        (lambda pair: pair.key.unlink(), "credentials-missing"),
        (lambda pair: pair.key.write_text("kein Schlüssel"), "credentials-unreadable"),
        (lambda pair: pair.certificate.write_text("kein Zertifikat"), "credentials-unreadable"),
    ],
    ids=["missing", "no key", "no certificate"],
)
async def test_our_own_files_are_named(
    fachverfahren: Fachverfahren, spoil: Callable[[Pair], None], because: str
) -> None:
    """What is wrong with our own files is told apart from what is wrong with the other side."""
    ours = fachverfahren.web.authority.issue("antragsgateway")
    spoil(ours)
    async with Https(fachverfahren.peer(ours)) as https:
        assert await https.send("GET") == Unreachable(because)


async def test_a_look_tells_when_the_first_certificate_ends(fachverfahren: Fachverfahren) -> None:
    """Of both certificates the end of the one that ends first is told, before it does."""
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
    ours = fachverfahren.web.authority.issue("antragsgateway", until=soon)
    async with Https(fachverfahren.peer()) as https, Https(fachverfahren.peer(ours)) as ending_soon:
        theirs = (await https.look()).certificate_until
        looked = await ending_soon.look()

    assert looked.because == ""
    assert looked.certificate_until == int(soon.timestamp()) * SECOND
    assert theirs is not None
    assert 360 < (theirs / SECOND - time.time()) / 86_400 < 366


async def test_a_look_names_what_is_in_the_way(https: Https, fachverfahren: Fachverfahren) -> None:
    """A server that is down or says "not now" is named; one that does not know the question is not."""
    fachverfahren.reply = lambda: Reply(405)
    known = (await https.look()).because
    fachverfahren.web.behave(Mood.AWAY)
    busy = (await https.look()).because
    fachverfahren.web.down()

    assert (known, busy, (await https.look()).because) == ("", "away", "connection-refused")


# ── what every vendor means the same by ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", 120.0),
        ("Thu, 01 Jan 2026 12:02:00 GMT", 120.0),
        ("Thursday, 01-Jan-26 12:02:00 GMT", 120.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("99999999999", 86_400.0),
        ("bald", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read(said: str, wait: float | None) -> None:
    """Seconds and dates are understood, nonsense is not, and nobody waits for more than a day."""
    assert Head(503, {"retry-after": said}).wait(NOW) == wait


@pytest.mark.parametrize("mood", [Mood.TOO_MANY, Mood.AWAY])
async def test_not_now_says_how_long(https: Https, fachverfahren: Fachverfahren, mood: Mood) -> None:
    """429 and 503 took nothing, and what they ask for is handed on."""
    fachverfahren.web.behave(mood)

    answer = await https.send("POST", body=Body.enclosed(an_enclosure(LargeStream(2_000_000))))

    assert isinstance(answer, Response)
    ending = not_taken(answer, https.clock())
    assert isinstance(ending, Unreachable)
    assert ending.wait is not None
    assert 110 <= ending.wait <= 120


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (200, None),
        (400, None),
        (409, None),
        (422, None),
        (302, Unreachable("redirected")),
        (401, Unreachable("not-identified")),
        (403, Unreachable("not-allowed")),
        (404, Unreachable("address-unknown")),
        (500, Unclear("server-error")),
        (502, Unclear("server-error")),
        (504, Unclear("server-error")),
    ],
)
def test_a_status_that_is_no_word_about_the_submission(status: int, ending: Unreachable | Unclear | None) -> None:
    """An account that is not set up yet refuses no Antrag, and a fault inside the server leaves everything open."""
    assert not_taken(Head(status), NOW) == ending


async def test_the_network_layer_keeps_silent(
    https: Https, fachverfahren: Fachverfahren, caplog: pytest.LogCaptureFixture
) -> None:
    """No address and no word of a vendor gets into a log, however much is asked to be logged."""
    caplog.set_level(logging.DEBUG)
    fachverfahren.reply = lambda: Reply(200, {"X-Vorgang": "Kanaria"}, b"Kanaria")

    await https.send("GET", "/vorgang/Kanaria")

    assert "Kanaria" not in caplog.text
