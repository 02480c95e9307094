"""Who comes in, how they are known again, and what a page of somebody else's cannot make them do."""

import hashlib
from http.cookies import SimpleCookie

import pytest

from gateway.account import Role
from gateway.console.passwords import Cost, fits, insist_on_length, made_up, stored
from gateway.errors import BadSettings
from tests.gateway.console.stage import PASSWORD, Stage, a_secret, token_on

pytestmark = pytest.mark.anyio


async def test_nobody_sees_anything_before_signing_in(stage: Stage) -> None:
    """Every page leads to the sign-in and back; none says whether it exists."""
    visitor = stage.visitor()

    for path in ("", "/submissions?state=parked", "/submissions/0", "/no-such-page"):
        answer = await visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/sign-in")
    asked_for = (await visitor.get("/submissions?state=parked")).headers["location"]
    assert asked_for == "/console/sign-in?to=%2Fconsole%2Fsubmissions%3Fstate%3Dparked"


async def test_whoever_signs_in_comes_to_where_they_wanted(stage: Stage) -> None:
    """Name and password let somebody in, to the page they asked for, and never out of the console."""
    visitor = stage.visitor()

    inside = await visitor.sign_in("reader", to="/console/submissions?state=parked")
    outside = [
        await stage.visitor().sign_in("reader", to=to)
        for to in ("https://example.org/console", "//example.org", "/console/\\example.org", "/consolex", "")
    ]

    assert inside.headers["location"] == "/console/submissions?state=parked"
    assert {one.headers["location"] for one in outside} == {"/console"}
    assert "reader" in await visitor.see()


async def test_the_cookie_is_kept_from_scripts_and_other_sites(stage: Stage) -> None:
    """HttpOnly, SameSite=Strict, for the console; Secure wherever it leaves this machine. The journal has a hash."""
    here = await stage.visitor().sign_in("reader")
    there = await stage.visitor(Host="gateway.example").sign_in("reader")

    cookie = SimpleCookie(here.headers["set-cookie"])["gateway_console"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/console")
    assert not cookie["secure"]
    assert SimpleCookie(there.headers["set-cookie"])["gateway_console"]["secure"] is True
    assert await stage.journal.session(cookie.value, 60) is None
    assert await stage.journal.session(hashlib.sha256(cookie.value.encode()).hexdigest(), 60) is not None


@pytest.mark.parametrize("name, password", [("reader", "falsch-falsch-falsch"), ("niemand", PASSWORD), ("", "")])
async def test_a_wrong_password_says_nothing_else(stage: Stage, name: str, password: str) -> None:
    """Whether the name exists is not said, and the password is not on the page that comes back."""
    answer = await stage.visitor().sign_in(name, password)

    assert answer.status_code == 401
    assert "Name und Passwort passen nicht zusammen" in answer.text
    assert "set-cookie" not in answer.headers
    assert not password or password not in answer.text


async def test_guessing_is_slowed_down(stage: Stage) -> None:
    """After five wrong passwords a name is closed, for the right one too; other names are not, and time opens it."""
    for _ in range(5):
        assert (await stage.visitor().sign_in("reader", "falsch-falsch-falsch")).status_code == 401

    assert (await stage.visitor().sign_in("reader")).status_code == 429
    assert (await stage.visitor().sign_in("READER", "egal-egal-egal")).status_code == 429
    assert (await stage.visitor().sign_in("operator")).status_code == 303
    stage.clock.advance(31)
    assert (await stage.visitor().sign_in("reader")).status_code == 303


async def test_each_further_guess_costs_twice_the_time(stage: Stage) -> None:
    """Thirty seconds, a minute, two; a quarter of an hour at most. A right password starts anew."""
    waits: list[float] = []
    for _ in range(12):
        knocking = await stage.journal.knock("name", opened=False)
        waits.append(knocking.seconds_left(stage.clock()))

    assert waits[:8] == [0, 0, 0, 0, 30, 60, 120, 240]
    assert waits[-1] == 900
    assert (await stage.journal.knock("name", opened=True)).failures == 0


async def test_a_revoked_account_is_out_at_once(stage: Stage) -> None:
    """Its sessions end with it, and its password lets nobody in."""
    visitor = await stage.signed_in("reader")
    await visitor.see()

    await stage.journal.revoke_account("reader", "test")

    assert (await visitor.get()).status_code == 303
    assert (await stage.visitor().sign_in("reader")).status_code == 401


async def test_whoever_leaves_is_out_everywhere(stage: Stage) -> None:
    """The session ends in the journal, so that a copied cookie opens nothing either."""
    visitor = await stage.signed_in("reader")
    copied = dict(visitor.http.cookies)

    left = await visitor.send("/sign-out", "")

    assert left.headers["location"] == "/console/sign-in"
    again = stage.visitor(Cookie="; ".join(f"{name}={value}" for name, value in copied.items()))
    assert (await again.get()).status_code == 303


async def test_a_session_ends_by_itself(stage: Stage) -> None:
    """After an hour without a page, and after twelve hours in any case."""
    quiet, busy = await stage.signed_in("reader"), await stage.signed_in("operator")

    for _ in range(13):
        assert (await busy.get()).status_code == 200
        stage.clock.advance(3_300)

    assert (await quiet.get()).status_code == 303
    stage.clock.advance(301)
    assert (await busy.get()).status_code == 303


async def test_a_form_of_somebody_elses_page_changes_nothing(stage: Stage) -> None:
    """Without the page's token, with another session's, or from another site: refused, and told as such."""
    visitor, other = await stage.signed_in("operator"), await stage.signed_in("administrator")
    own, foreign = token_on(await visitor.see()), token_on(await other.see())
    tries = [
        ({"token": ""}, {"Sec-Fetch-Site": "same-origin"}),
        ({"token": foreign}, {"Sec-Fetch-Site": "same-origin"}),
        ({"token": a_secret()}, {}),
        ({"token": own}, {"Sec-Fetch-Site": "cross-site"}),
        ({"token": own}, {"Sec-Fetch-Site": "same-site"}),
        ({"token": own}, {"Origin": "https://example.org"}),
    ]

    answers = [await visitor.http.post("/console/sign-out", data=form, headers=said) for form, said in tries]

    assert {answer.status_code for answer in answers} == {403}
    assert "reader" not in await visitor.see()
    assert (await visitor.http.post("/console/sign-out", data={"token": own})).status_code == 303


async def test_a_form_after_the_session_changes_nothing_and_says_so(stage: Stage) -> None:
    """It is not lost silently: the page says that nothing was changed."""
    visitor = await stage.signed_in("operator")
    await stage.journal.revoke_account("operator", "test")

    answer = await visitor.http.post("/console/submissions/0/read", data={"token": "0", "reason": "x"})

    assert answer.status_code == 401
    assert "es wurde nichts geändert" in answer.text


async def test_every_page_keeps_to_itself(stage: Stage) -> None:
    """A strict policy, no inline script or style, nothing cached, nothing framed; also where something goes wrong."""
    visitor = await stage.signed_in("administrator")

    for path in ("", "/submissions", "/sign-in", "/no-such-page", "/submissions/0"):
        answer = await visitor.get(path)
        policy = answer.headers.get("content-security-policy", "default-src 'none'")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        for inline in ("<style", " style=", " onclick=", "javascript:"):
            assert inline not in answer.text
    assert "frame-ancestors 'none'" in (await visitor.get()).headers["content-security-policy"]


async def test_the_language_is_the_browsers_or_the_chosen_one(stage: Stage) -> None:
    """German unless English is asked for; a link changes it, and it stays changed."""
    german, english = await stage.signed_in("reader"), await stage.signed_in("reader", **{"Accept-Language": "en"})

    assert '<html lang="de">' in await german.see()
    assert "What is happening now" in await english.see()
    changed = await german.get("/language?to=en&back=%2Fconsole%2Fsubmissions")
    assert changed.headers["location"] == "/console/submissions"
    assert "What is happening now" in await german.see()


async def test_a_sandbox_says_so_on_every_page(stage: Stage) -> None:
    """Also where nobody is signed in, and where something is not there."""
    visitor = await stage.signed_in("reader")

    for page in (await stage.visitor().see("/sign-in"), await visitor.see(), await visitor.see("/nothing", 404)):
        assert "Nichts von hier erreicht eine echte Behörde" in page


def test_passwords_are_stored_so_that_checking_costs_and_reading_helps_nobody() -> None:
    """Scrypt with a salt of its own each time; what was stored with less work is still known."""
    one, two = stored("ein langes Passwort"), stored("ein langes Passwort", Cost(log_n=4))

    assert one.startswith("scrypt$15$8$3$")
    assert "Passwort" not in one
    assert fits("ein langes Passwort", one)
    assert fits("ein langes Passwort", two)
    assert not fits("ein anderes Passwort", two)
    assert not fits("", "")
    assert stored("x", Cost(log_n=4)) != stored("x", Cost(log_n=4))


def test_a_password_has_to_be_long_enough() -> None:
    """Twelve characters at least; what is made up is longer, and never the same."""
    for wrong in ("kurz", "x" * 1_025):
        with pytest.raises(BadSettings):
            insist_on_length(wrong)
    insist_on_length(made_up())
    assert made_up() != made_up()


async def test_roles_are_told_in_words(stage: Stage) -> None:
    """The page says as whom somebody is there, and for which authorities."""
    everywhere, augsburg = await stage.signed_in("operator"), await stage.signed_in("operator-augsburg")

    assert f"operator · {Role.OPERATOR.told.de}" in await everywhere.see()
    assert "Dieses Konto sieht nur: 09761." in await augsburg.see()
