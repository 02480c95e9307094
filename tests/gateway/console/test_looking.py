"""What is seen: the moment, a search, one submission; and that another town's matters are not there at all."""

import re
from collections.abc import Mapping

import pytest

from gateway.adapter import Delivered
from gateway.errors import NotAllowed
from gateway.journal import TryAgain
from gateway.operating import Tally, Wanted
from gateway.submission import Grade, State, SubmissionId
from gateway.testing import CANARIES
from tests.gateway.console.stage import AUGSBURG, KELHEIM, Stage
from tests.gateway.drivers.journal_rig import (
    A_FINDING,
    AWAY,
    DONE,
    a_refusal,
    accept,
    begin,
    claim,
    conclude,
    hand_over,
    report,
)

pytestmark = pytest.mark.anyio


async def test_the_first_page_counts_what_is_not_at_its_end(stage: Stage) -> None:
    """Waiting, on the way, parked, and what came, per service and adapter; tests are counted nowhere."""
    await stage.park()
    await stage.receive(test=True)
    for _ in range(2):
        await stage.receive()
    [letter, *_] = await hand_over(stage.journal, most=1)
    await stage.receive(KELHEIM)
    visitor = await stage.signed_in("reader")

    page = await visitor.see()

    assert _figures(page) == {"eingegangen": 4, "warten": 2, "unterwegs": 1, "übergeben": 0, "Klärfälle": 1}
    assert letter.submission
    assert re.search(r"Bauantrag.*?<td>filedrop</td>", page, re.DOTALL)


async def test_a_chart_is_told_in_words_as_well(stage: Stage) -> None:
    """The drawing has a title and a sentence, and a table with its numbers."""
    await stage.receive()
    page = await (await stage.signed_in("reader")).see()

    assert '<svg class="chart"' in page
    assert "eingegangen: 1; davon zurückgewiesen: 0." in page
    assert page.count('<th scope="row">') >= 24


async def test_the_moment_ends_when_everything_arrived(stage: Stage) -> None:
    """What is concluded is in no figure but in what came."""
    attempt = await begin(stage.journal, stage.entry())
    await conclude(stage.journal, report(attempt))

    page = await (await stage.signed_in("reader")).see()

    assert "alles ist am Ziel" in page
    assert _figures(page)["eingegangen"] == 1


async def test_a_search_finds_by_all_that_is_known(stage: Stage) -> None:
    """Id, message UUID, authority, service, state, cause and time; the latest come first."""
    uuid = "7f3f5ad2-5a3b-4d44-8d5e-0a4f5b9c1d2e"
    first = await stage.park(cause="unclear-time-limit", message_uuid=uuid)
    stage.clock.advance(3_600)
    second = await stage.receive(KELHEIM, message_uuid=None)
    third = await stage.receive(service="wohnsitz")
    turned_down = "0d1f5ad2-5a3b-4d44-8d5e-0a4f5b9c1d2e"
    entry = stage.entry(state=State.REJECTED, findings=(A_FINDING,), destination="", message_uuid=turned_down)
    await accept(stage.journal, entry)
    visitor = await stage.signed_in("reader")

    async def found(query: str) -> list[SubmissionId]:
        return _ids(await visitor.see(f"/submissions?{query}"))

    assert await found("") == [entry.submission.id, third, second, first]
    assert await found(f"named={first}") == [first]
    assert await found(f"named={first.upper()}") == [first]
    assert await found(f"named={uuid}") == [first]
    assert await found(f"named={turned_down}") == [entry.submission.id]
    assert await found("named=unbekannt") == []
    assert await found("authority=09273+Landkreis+Kelheim") == [second]
    assert await found("service=wohnsitz") == [third]
    assert await found("state=parked") == [first]
    assert await found("cause=unclear-time-limit&adapter=filedrop") == [first]
    assert await found("destination=augsburg-bau&state=accepted&service=bau") == []
    at = await visitor.see(f"/submissions/{second}")
    [day, time] = re.findall(r'<time datetime="[^"]+">(\d\d\.\d\d\.\d{4}) (\d\d:\d\d)', at)[0]
    since = f"{day[6:]}-{day[3:5]}-{day[:2]}T{time}"
    assert set(await found(f"since={since}")) == {entry.submission.id, third, second}
    assert await found(f"until={since}") == [first]


@pytest.mark.parametrize("query", ["since=gestern", "state=verloren", "after=-1", "after=x"])
async def test_a_search_that_makes_no_sense_says_so(stage: Stage, query: str) -> None:
    """A slip is told, not answered with everything."""
    visitor = await stage.signed_in("reader")

    assert "Die Anfrage kann so nicht angenommen werden" in await visitor.see(f"/submissions?{query}", 400)


async def test_a_long_list_goes_on_where_it_ended(stage: Stage) -> None:
    """By key, not by counting: what comes meanwhile moves nothing, and each is shown once."""
    ids = [await stage.receive() for _ in range(120)]
    visitor = await stage.signed_in("reader")
    page, seen = await visitor.see("/submissions"), list[str]()

    while True:
        seen += _ids(page)
        following = re.search(r'href="(/console/submissions\?[^"]*after=\d+)"', page)
        if not following:
            break
        await stage.receive()
        page = await visitor.see(following[1].removeprefix("/console").replace("&amp;", "&"))

    assert seen == list(reversed(ids))


async def test_a_timeline_tells_the_whole_story(stage: Stage) -> None:
    """Verdict, route, each attempt with its worker and outcome, who let it go on and why."""
    attempt = await begin(stage.journal, stage.entry())
    await conclude(stage.journal, report(attempt, AWAY), TryAgain(0.0, "connection-refused"))
    [letter] = await hand_over(stage.journal)
    await stage.journal.keep_words(again := await claim(stage.journal, letter), "AZ 4711 Geheim", "")
    await conclude(stage.journal, report(again, Delivered("", Grade.TRANSPORT)), DONE)
    page = await (await stage.signed_in("operator")).see(f"/submissions/{attempt.submission.id}")

    for told in ("angenommen", "Versuch fehlgeschlagen", "connection-refused", "nicht erreichbar", "worker-1"):
        assert told in page, told
    assert "bau/09761" in page
    assert "Augsburg" in page
    assert "augsburg-bau" in page
    assert "Versuch 2" in page
    assert "4711" not in page, "a vendor's words are content"
    assert not any(canary in page for canary in CANARIES)


async def test_what_people_decided_is_part_of_the_story(stage: Stage) -> None:
    """Their name, and the reason they gave."""
    id_ = await stage.park()
    await stage.journal.release(id_, "vera", "Zertifikat ist erneuert")

    page = await (await stage.signed_in("reader")).see(f"/submissions/{id_}")

    assert "noch einmal auf den Weg gebracht" in page
    assert "durch vera" in page
    assert "<q>Zertifikat ist erneuert</q>" in page


async def test_a_rejection_shows_its_findings(stage: Stage) -> None:
    """Code, sentence and place; no value from the document."""
    entry = stage.entry(state=State.REJECTED, findings=(A_FINDING,), destination="")
    await accept(stage.journal, entry)

    page = await (await stage.signed_in("reader")).see(f"/submissions/{entry.submission.id}")

    assert "schema-invalid" in page
    assert "Ein Pflichtfeld fehlt." in page
    assert "/a/b[2]" in page
    assert "Das Dokument liegt nicht mehr vor" in page


async def test_content_is_shown_to_those_who_say_why(stage: Stage) -> None:
    """With right and reason, once it is on disk who read it; the timeline says it ever after."""
    id_ = await stage.receive()
    visitor = await stage.signed_in("operator")
    path = f"/submissions/{id_}"
    before = await visitor.see(path)
    assert not any(canary in before for canary in CANARIES)

    shown = await visitor.send(f"{path}/read", path, reason="Rückfrage der Behörde")

    assert shown.status_code == 200
    assert all(canary in shown.text for canary in CANARIES)
    assert "&lt;antrag&gt;" in shown.text
    [(_, deed), *_] = await stage.journal.deeds()
    assert (deed.name, deed.by, deed.submission, deed.authority) == ("document.read", "operator", id_, AUGSBURG)
    assert deed.reason == "Rückfrage der Behörde"
    assert "hat den Inhalt gelesen" in await visitor.see(path)


async def test_content_stays_hidden_without_right_or_reason(stage: Stage) -> None:
    """A reader is refused, no reason is refused, and nothing is written down as read."""
    id_ = await stage.receive()
    path = f"/submissions/{id_}"
    reader, operator = await stage.signed_in("reader"), await stage.signed_in("operator")

    refused = await reader.send(f"{path}/read", path, reason="Neugier")
    unsaid = await operator.send(f"{path}/read", path, reason="   ")

    assert (refused.status_code, unsaid.status_code) == (403, 400)
    assert not any(canary in refused.text + unsaid.text for canary in CANARIES)
    assert "document.read" not in [deed.name for _, deed in await stage.journal.deeds()]
    assert NotAllowed.code in refused.text


async def test_another_towns_matters_do_not_exist(stage: Stage) -> None:
    """In no figure, list or search, under no address; neither to read nor to count."""
    own, foreign = await stage.receive(AUGSBURG), await stage.receive(KELHEIM, message_uuid="aa" * 18)
    visitor = await stage.signed_in("operator-augsburg")

    assert _figures(await visitor.see())["warten"] == 1
    for query in ("", "state=accepted", "authority=09273", f"named={foreign}", f"named={'aa' * 18}"):
        assert foreign not in _ids(await visitor.see(f"/submissions?{query}"))
    assert _ids(await visitor.see("/submissions")) == [own]
    assert "Kelheim" not in await visitor.see("/submissions")
    missing = [await visitor.get(f"/submissions/{id_}") for id_ in (foreign, "0190aaaa-0000-7000-8000-000000000000")]
    assert {one.status_code for one in missing} == {404}
    assert _without_trace(missing[0].text) == _without_trace(missing[1].text)
    read = await visitor.send(f"/submissions/{foreign}/read", "", reason="Neugier")
    assert read.status_code == 404
    assert await stage.journal.read_document(foreign, frozenset({AUGSBURG}), "vera", "Neugier") is None
    assert "document.read" not in [deed.name for _, deed in await stage.journal.deeds()]


async def test_a_scope_without_authorities_sees_nothing(stage: Stage) -> None:
    """Nobody becomes everybody by an empty list."""
    id_ = await stage.receive()
    unknown = {"authority": "", "destination": ""}
    await accept(stage.journal, a_refusal(received_at=stage.clock(), **unknown))

    nobody = frozenset[str]()

    assert await stage.journal.open_now(nobody) == []
    assert (await stage.journal.search(Wanted(), nobody)).lines == []
    assert await stage.journal.timeline(id_, nobody) is None
    assert [tally.number for tally in await stage.journal.open_now(None)] == [1]
    assert isinstance((await stage.journal.open_now(None))[0], Tally)


def _figures(page: str) -> Mapping[str, int]:
    found = re.findall(r"<b>([\d.]+)</b> (?:in 24 Stunden )?(\w+)", page)
    return {name: int(number.replace(".", "")) for number, name in found}


def _ids(page: str) -> list[SubmissionId]:
    return [SubmissionId(one) for one in re.findall(r'<a href="/console/submissions/([0-9a-f-]{36})">', page)]


def _without_trace(page: str) -> str:
    return re.sub(r"[0-9a-f-]{32,36}", "", page)
