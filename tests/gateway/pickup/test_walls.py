"""What is not a site's does not exist for it: another site's letters, keys and name, and nothing of them leaves."""

from typing import Any, Final

import httpx2
import pytest

from gateway.events import RequestRefused
from gateway.intake import token_hash
from gateway.site import Site
from gateway.submission import State, new_id
from gateway.testing import CANARIES
from tests.gateway.pickup.post_office import KELHEIM, PORTAL, REGENSBURG, PostOffice

pytestmark = pytest.mark.anyio

DELIVERED: Final = {"outcome": "delivered", "grade": "transport"}
A_KEY: Final = "1.Vq3mW0yJ8pXb2tR5sK7uZ1cD4eF6gH9i"


async def everything(office: PostOffice, letter: str, *, token: str, site: str, key: str = A_KEY) -> list[Any]:
    """Every call there is about this letter, with this token, under this site's name."""
    calls: list[tuple[str, str, Any]] = [
        ("POST", "lease", {"seconds": 60}),
        ("GET", "document", None),
        ("GET", f"attachments/{'0' * 32}", None),
        ("POST", "lease/renew", {"seconds": 60}),
        ("POST", "outcome", DELIVERED),
    ]
    return [
        await office.ask(method, f"/letters/{letter}/{path}", token=token, site=site, key=key, json=body)
        for method, path, body in calls
    ]


def heard(office: PostOffice, code: str) -> int:
    return sum(isinstance(event, RequestRefused) and event.code == code for event in office.told)


def all_of(answers: list[httpx2.Response], status: int, code: str) -> bool:
    """Whether all say the same, in the form of a problem, and nothing of the document."""
    return all(
        answer.status_code == status
        and answer.json()["code"] == code
        and answer.headers["content-type"] == "application/problem+json"
        and not any(canary in answer.text for canary in CANARIES)
        for answer in answers
    )


async def test_two_sites_of_one_adapter_never_see_each_others_letters(office: PostOffice) -> None:
    """Each list has its own, whatever waits for the other."""
    kelheim, regensburg = await office.put(2), await office.put(3, "regensburg")

    assert await office.listed(KELHEIM, "kelheim") == kelheim
    assert await office.listed(REGENSBURG, "regensburg") == regensburg


async def test_another_sites_letter_does_not_exist(office: PostOffice) -> None:
    """Leased or not, with the right key or a wrong one: 404 under the own name, and operators hear of each question."""
    [letter] = await office.put()
    lease = await office.lease(letter)

    answers = await everything(office, letter, token=REGENSBURG, site="regensburg", key=lease["key"])

    assert all_of(answers, 404, "not-found")
    assert heard(office, "foreign-letter") == len(answers)
    assert await office.state(letter) is State.HANDED_OVER
    assert (await office.ask("GET", f"/letters/{letter}/document", key=lease["key"])).status_code == 200


async def test_another_sites_name_does_not_exist(office: PostOffice) -> None:
    """A token opens its own site, and no other one, not even to look whether there is one."""
    [letter] = await office.put()
    lease = await office.lease(letter)

    answers = await everything(office, letter, token=REGENSBURG, site="kelheim", key=lease["key"])
    answers.append(await office.ask("GET", "/letters", token=REGENSBURG))
    answers.append(await office.ask("GET", "/letters", site="gibt-es-nicht"))
    answers.append(await office.ask("POST", "/heartbeat", token=REGENSBURG, json={"worker": "w", "version": "1"}))

    assert all_of(answers, 404, "not-found")
    assert heard(office, "foreign-site") == len(answers)


async def test_a_letter_that_nobody_wrote_does_not_exist(office: PostOffice) -> None:
    """Neither an unknown id nor what is no id at all leads anywhere."""
    unknown = new_id(office.clock())

    for letter in (unknown, "1", "..%2F..%2Fetc", "x" * 200):
        assert all_of(await everything(office, letter, token=KELHEIM, site="kelheim"), 404, "not-found")


async def test_an_authority_outside_the_sites_bounds_is_not_seen(office: PostOffice) -> None:
    """A slip in the tables that leads another authority's papers to this site shows them to nobody."""
    [letter] = await office.put(authority="09375")

    assert await office.listed() == []
    assert all_of(await everything(office, letter, token=KELHEIM, site="kelheim"), 404, "not-found")


async def test_an_adapter_outside_the_sites_bounds_is_not_seen(office: PostOffice) -> None:
    """A site's token is bound to its adapters as well."""
    [letter] = await office.put(adapter="anders")

    assert await office.listed() == []
    assert all_of(await everything(office, letter, token=KELHEIM, site="kelheim"), 404, "not-found")


@pytest.mark.parametrize(
    "key", [A_KEY, "2.Vq3mW0yJ8pXb2tR5sK7uZ1cD4eF6gH9i", "0.x", "nonsense", "1.", "1.short", "1." + "x" * 500]
)
async def test_a_wrong_key_opens_nothing(office: PostOffice, key: str) -> None:
    """On one's own letter, too; whoever holds the right one goes on."""
    [letter] = await office.put()
    lease = await office.lease(letter)

    answers = (await everything(office, letter, token=KELHEIM, site="kelheim", key=key))[1:]

    assert all_of(answers, 409, "lease-over")
    assert (await office.ask("GET", f"/letters/{letter}/document", key=lease["key"])).status_code == 200


async def test_without_a_key_nothing_is_fetched(office: PostOffice) -> None:
    """The header is missing: what to send is said."""
    [letter] = await office.put()
    await office.lease(letter)

    for path in ("document", f"attachments/{'0' * 32}"):
        answer = await office.ask("GET", f"/letters/{letter}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
        assert "Lease-Key" in answer.json()["detail"]


async def test_the_key_of_another_letter_opens_nothing(office: PostOffice) -> None:
    """Each lease has its own."""
    first, second = await office.put(2)
    lease = await office.lease(first)
    await office.lease(second)

    assert all_of([await office.ask("GET", f"/letters/{second}/document", key=lease["key"])], 409, "lease-over")


async def test_no_token_and_a_portals_token_open_no_site(office: PostOffice) -> None:
    """Portals and sites are different people."""
    [letter] = await office.put()

    for token in (PORTAL, "ags_unbekannt", ""):
        assert all_of(await everything(office, letter, token=token, site="kelheim"), 401, "not-identified")


async def test_a_sites_token_opens_no_portals_door(office: PostOffice) -> None:
    """A site asks for no status and sends no Antrag."""
    [letter] = await office.put()
    headers = {"Authorization": f"Bearer {KELHEIM}"}

    assert (await office.http.get(f"/v1/submissions/{letter}", headers=headers)).status_code == 401
    assert (await office.http.post("/v1/submissions", headers=headers, content=b"<a/>")).status_code == 401


async def test_a_revoked_token_opens_nothing(office: PostOffice) -> None:
    """Also not what it has leased already: the lease ends, and the letter comes back for somebody else."""
    [letter] = await office.put()
    lease = await office.lease(letter)
    await office.journal.revoke_site("kelheim")
    await office.sites._look()

    assert all_of(
        await everything(office, letter, token=KELHEIM, site="kelheim", key=lease["key"]), 401, "not-identified"
    )


async def test_a_site_that_loses_an_authority_loses_its_letters(office: PostOffice) -> None:
    """A new token with narrower bounds does not open what the old one leased."""
    [letter] = await office.put()
    lease = await office.lease(letter)
    narrow = Site("neu", token_hash("ags_neu"), ("09375",), ("filedrop",))
    await office.journal.add_site(narrow)

    assert all_of(await everything(office, letter, token="ags_neu", site="neu", key=lease["key"]), 404, "not-found")


# ── what a site sends ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "gone"},
        {"outcome": "delivered"},
        {"outcome": "delivered", "grade": "sure"},
        {"outcome": "delivered", "grade": "taken", "reference": "x" * 501},
        {"outcome": "delivered", "grade": "taken", "Kanaria Beispielvogel": 1},
        {"outcome": "refused", "code": "Kanaria Beispielvogel"},
        {"outcome": "unreachable", "because": "x", "wait": -1},
        {"outcome": "unreachable", "because": "x", "wait": "60"},
        {"outcome": "unclear", "because": "lease-ended"},
        {"outcome": "broken", "error": "Kanaria Beispielvogel"},
        {"outcome": "broken", "error": "KeyError", "frames": ["x"] * 13},
        [],
        "delivered",
    ],
)
async def test_what_is_no_outcome_is_refused_without_repeating_it(office: PostOffice, body: Any) -> None:
    """The field is named, its value never, and nothing moves."""
    [letter] = await office.put()
    lease = await office.lease(letter)

    answer = await office.ask("POST", f"/letters/{letter}/outcome", key=lease["key"], json=body)

    assert all_of([answer], 400, "bad-request")
    assert await office.state(letter) is State.HANDED_OVER


@pytest.mark.parametrize("body", [b"{", b"\xff", b"x" * 70_000, b'{"seconds": 0}', b'{"seconds": 1e9}', b'{"s": 1}'])
async def test_what_is_no_wish_is_refused(office: PostOffice, body: bytes) -> None:
    """A lease is not granted on a misunderstanding."""
    [letter] = await office.put()

    answer = await office.ask("POST", f"/letters/{letter}/lease", content=body)

    assert answer.status_code in (400, 413)
    assert await office.listed() == [letter]


async def test_refusals_speak_english_where_asked(office: PostOffice) -> None:
    """In the language of the request."""
    headers = {"Accept-Language": "en"}

    answer = await office.ask("POST", f"/letters/{new_id(office.clock())}/lease", headers=headers)

    assert answer.json()["title"] == "Not found"
    assert answer.headers["content-language"] == "en"


# ── what is heard of a site ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_heartbeat_is_kept(office: PostOffice) -> None:
    """Of each worker the last: version and ends of certificates."""
    for version in ("0.1.0", "0.2.0"):
        said = {
            "worker": "kelheim-1",
            "version": version,
            "certificates": [
                {"name": "Fachverfahren", "until": "2027-01-31T12:00:00Z"},
                {"name": "Proxy", "until": "2026-06-30"},
            ],
        }
        answer = await office.ask("POST", "/heartbeat", json=said)
        assert (answer.status_code, answer.content) == (204, b"")

    [kept] = await office.journal.heartbeats()
    assert (kept.site, kept.worker, kept.version, kept.at) == ("kelheim", "kelheim-1", "0.2.0", office.clock())
    assert [one.name for one in kept.certificates] == ["Fachverfahren", "Proxy"]
    assert kept.first_end == 1_782_777_600_000_000


async def test_only_so_many_workers_are_remembered(office: PostOffice) -> None:
    """A site cannot fill the journal with names."""
    for n in range(60):
        office.clock.advance(1)
        await office.ask("POST", "/heartbeat", json={"worker": f"w-{n}", "version": "1"})

    kept = await office.journal.heartbeats()
    assert len(kept) == 50
    assert kept[0].worker == "w-59"


@pytest.mark.parametrize(
    "body",
    [
        {"worker": "w"},
        {"worker": "ein Name", "version": "1"},
        {"worker": "w", "version": "1", "certificates": [{"name": "x", "until": "bald"}]},
        {"worker": "w", "version": "1", "certificates": [{"name": "", "until": "2027-01-31T12:00:00Z"}]},
    ],
)
async def test_what_is_no_heartbeat_is_refused(office: PostOffice, body: Any) -> None:
    """Nothing of it is kept."""
    answer = await office.ask("POST", "/heartbeat", json=body)

    assert all_of([answer], 400, "bad-request")
    assert await office.journal.heartbeats() == []
