"""What waits for people: seen in groups, decided one by one or in a campaign, by those who may."""

import html
import re

import pytest

from gateway.campaign import Progress
from gateway.events import ParkedDecided
from gateway.submission import State
from tests.gateway.console.stage import KELHEIM, Stage
from tests.gateway.drivers.journal_rig import accept, conclude, hand_over, report, standing, state
from tests.gateway.drivers.journal_rig import claim as claim_it

pytestmark = pytest.mark.anyio


async def test_failures_are_grouped_by_cause(stage: Stage) -> None:
    """Cause, adapter and service together, the largest group first, with how many places they touch."""
    for _ in range(3):
        await stage.park(cause="unclear-time-limit")
    await stage.park(cause="adapter-bug")
    await stage.park(KELHEIM, cause="unclear-time-limit")

    page = await (await stage.signed_in("reader")).see("/failures")

    number = r'.*?<td class="n">(\d+)</td>'
    groups = re.findall(rf"<code>([\w-]+)</code></a></th>{number}{number}", page, re.DOTALL)
    assert groups == [("unclear-time-limit", "4", "2"), ("adapter-bug", "1", "1")]
    assert "Kampagne planen" not in page, "a reader plans none"


async def test_one_goes_on_its_way_again(stage: Stage) -> None:
    """With a reason, which stands in the story with the name; operators of the log learn that it happened."""
    id_ = await stage.park()
    visitor, path = await stage.signed_in("operator"), f"/submissions/{id_}"

    sent = await visitor.send(f"{path}/retry", path, reason="Zertifikat erneuert", version=await _version(stage, id_))

    assert sent.headers["location"] == f"/console{path}"
    assert await state(stage.journal, id_) is State.ACCEPTED
    page = await visitor.see(path)
    assert "durch operator" in page
    assert "<q>Zertifikat erneuert</q>" in page
    assert [event.verdict for event in stage.told if isinstance(event, ParkedDecided)] == ["retry"]


async def test_a_double_click_decides_once(stage: Stage) -> None:
    """The second one is told that something happened meanwhile; nothing was changed by it."""
    id_ = await stage.park()
    visitor, path = await stage.signed_in("operator"), f"/submissions/{id_}"
    said = {"reason": "weg damit", "version": await _version(stage, id_)}

    first, second = [await visitor.send(f"{path}/drop", path, **said) for _ in range(2)]

    assert (first.status_code, second.status_code) == (303, 409)
    assert "ihr Stand ist" in second.text
    assert [event.name for event in await stage.journal.events(id_)].count("parked.dropped") == 1


@pytest.mark.parametrize("name, status", [("reader", 403), ("operator-augsburg", 404)])
async def test_whoever_may_not_decides_nothing(stage: Stage, name: str, status: int) -> None:
    """A reader decides nothing, and another town's does not exist to decide about."""
    id_ = await stage.park(KELHEIM)
    visitor = await stage.signed_in(name)

    for deed in ("retry", "drop"):
        answer = await visitor.send(f"/submissions/{id_}/{deed}", "", reason="Versuch", version="2")
        assert answer.status_code == status
    assert await state(stage.journal, id_) is State.PARKED


async def test_without_a_reason_nothing_is_decided(stage: Stage) -> None:
    """Neither one nor a group."""
    id_ = await stage.park()
    visitor = await stage.signed_in("operator")

    one = await visitor.send(f"/submissions/{id_}/retry", "", reason=" ", version="4")
    group = await visitor.send("/campaigns", "", id="0" * 32, verdict="retry", reason="", rate="60", stop_share="20")

    assert (one.status_code, group.status_code) == (400, 400)
    assert await state(stage.journal, id_) is State.PARKED
    assert await stage.journal.campaigns(None) == []


async def test_a_campaign_is_planned_begun_and_watched(stage: Stage) -> None:
    """The plan says how many and where before anything is done; the form begins it, the page shows how it goes."""
    ids = [await stage.park(cause="unclear-time-limit") for _ in range(3)]
    visitor = await stage.signed_in("operator")
    [link] = re.findall(r'href="/console(/failures/consider\?[^"]+)"', await visitor.see("/failures"))
    link = html.unescape(link)

    plan = await visitor.see(link)
    begun = await visitor.send("/campaigns", link, **_fields(plan), verdict="retry", reason="wieder da")

    assert "<b>3</b>" in plan
    assert "augsburg-bau" in plan
    page = begun.headers["location"].removeprefix("/console")
    assert "Probe mit einer" in await visitor.see(page)
    for _ in range(5):
        await stage.journal.advance_campaigns()
        for letter in await hand_over(stage.journal):
            await conclude(stage.journal, report(await claim_it(stage.journal, letter)))
        stage.clock.advance(1)
    shown = await visitor.see(page)
    assert "fertig" in shown
    assert "<b>3 / 3</b>" in shown
    assert {await state(stage.journal, id_) for id_ in ids} == {State.DELIVERED}
    assert page in await visitor.see("/campaigns")


async def test_the_same_form_sent_twice_is_one_campaign(stage: Stage) -> None:
    """A double-click leads to the same page; a second form for the same group is told that one runs."""
    await stage.park(cause="unclear-time-limit")
    visitor, other = await stage.signed_in("operator"), await stage.signed_in("administrator")
    link = "/failures/consider?cause=unclear-time-limit&adapter=filedrop&service=bau&test=0"
    fields = _fields(await visitor.see(link))

    once, twice = [await visitor.send("/campaigns", link, **fields, verdict="retry", reason="ja") for _ in range(2)]
    second = await other.send("/campaigns", link, **_fields(await other.see(link)), verdict="retry", reason="auch")

    assert once.headers["location"] == twice.headers["location"]
    assert second.status_code == 409
    assert "läuft schon eine Kampagne" in second.text
    assert len(await stage.journal.campaigns(None)) == 1


async def test_a_campaign_is_cancelled_with_a_reason(stage: Stage) -> None:
    """By whoever may decide, and whose authorities it touches."""
    await stage.park(cause="unclear-time-limit")
    visitor, foreign = await stage.signed_in("operator"), await stage.signed_in("operator-augsburg")
    link = "/failures/consider?cause=unclear-time-limit&adapter=filedrop&service=bau&test=0"
    begun = await visitor.send("/campaigns", link, **_fields(await visitor.see(link)), verdict="retry", reason="ja")
    page = begun.headers["location"].removeprefix("/console")

    unseen = [await foreign.get(page), await foreign.send(f"{page}/cancel", "", reason="nein")]
    cancelled = await visitor.send(f"{page}/cancel", page, reason="Hersteller rief an")

    assert {answer.status_code for answer in unseen} == {404}
    assert cancelled.status_code == 303
    [campaign] = await stage.journal.campaigns(None)
    assert (campaign.progress, campaign.because) == (Progress.CANCELLED, "Hersteller rief an")
    assert "Hersteller rief an" in await visitor.see(page)


@pytest.mark.parametrize(
    "slip", [{"rate": "0"}, {"rate": "viele"}, {"stop_share": "101"}, {"id": "x"}, {"verdict": "vergessen"}]
)
async def test_a_slip_begins_no_campaign(stage: Stage, slip: dict[str, str]) -> None:
    """Impossible numbers and unknown wishes are told."""
    await stage.park()
    visitor = await stage.signed_in("operator")
    said = {
        "id": "0" * 32,
        "verdict": "retry",
        "reason": "ja",
        "rate": "60",
        "stop_share": "20",
        "cause": "adapter-bug",
    }

    answer = await visitor.send("/campaigns", "/failures", **{**said, **slip})

    assert answer.status_code == 400
    assert await stage.journal.campaigns(None) == []


async def test_a_municipality_sees_and_moves_its_own_only(stage: Stage) -> None:
    """Its groups, estimates and campaigns are made of its own; another's stay parked."""
    await accept(stage.journal)
    own, foreign = await stage.park(), await stage.park(KELHEIM)
    visitor = await stage.signed_in("operator-augsburg")
    link = "/failures/consider?cause=adapter-bug&adapter=filedrop&service=bau&test=0"

    plan = await visitor.see(link)
    await visitor.send("/campaigns", link, **_fields(plan), verdict="drop", reason="Testdaten")
    stage.clock.advance(1)
    await stage.journal.advance_campaigns()

    assert "<b>1</b>" in plan
    assert "kelheim" not in plan.lower()
    assert (await state(stage.journal, own), await state(stage.journal, foreign)) == (State.REFUSED, State.PARKED)


async def _version(stage: Stage, id_: object) -> str:
    return str((await standing(stage.journal, id_)).version)  # type: ignore[arg-type]  # an id


def _fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that begins a campaign, and its numbers."""
    form = page.partition('action="/console/campaigns"')[2].partition("</form>")[0]
    hidden = re.findall(r'<input type="(?:hidden|number)" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in hidden if name != "token"}
