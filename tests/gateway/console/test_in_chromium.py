"""The console in a real Chromium: the tasks of those who watch, by keyboard and without scripts, and what axe finds."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, Page, expect

from tests.gateway.console.sights import A_CAMPAIGN, Sight, a_browser, a_sight, sign_in

PAGES = {
    "lage": "",
    "suche": "/submissions?state=parked",
    "verlauf": "/submissions/{arrived}",
    "klaerfall": "/submissions/{parked}",
    "klaerfaelle": "/failures",
    "kampagne-planen": "/failures/consider?cause=unclear-time-limit&adapter=filedrop&service=bau&test=0",
    "kampagne": f"/campaigns/{A_CAMPAIGN}",
    "anbindungen": "/connections",
    "anbindung": "/connections/bau/09761",
    "flaechendeckung": "/coverage",
    "adapter": "/adapters",
    "zustellpunkt": "/destinations/landkreis-kelheim-bau",
    "konten": "/accounts",
    "nicht-gefunden": "/no-such-page",
}


@pytest.fixture(scope="module")
def sight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sight]:
    with a_sight(tmp_path_factory.mktemp("console")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def signed_in(browser: Browser, sight: Sight) -> Iterator[Page]:
    """Somebody who administers, with one window for all."""
    page = browser.new_page(locale="de-DE")
    sign_in(page, sight)
    yield page
    page.close()


def address(sight: Sight, name: str) -> str:
    return f"{sight.url}/console{PAGES[name].format(arrived=sight.arrived, parked=sight.parked)}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(signed_in: Page, sight: Sight, scheme: str) -> None:
    """Every page, light and dark: contrast, names, headings, landmarks, tables; and none breaks its own policy."""
    broken: list[str] = []
    signed_in.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it knows
    found = []
    for name in PAGES:
        signed_in.goto(address(sight, name))
        results = Axe().run(signed_in)
        found += [f"{name}: {one['id']}: {one['nodes'][0]['html']}" for one in results.response["violations"]]

    assert found == []
    assert [one for one in broken if "404" not in one] == []


def test_axe_finds_nothing_at_the_entrance(browser: Browser, sight: Sight) -> None:
    """Nor where nobody is signed in yet, or a password was wrong."""
    page = browser.new_page(locale="de-DE")
    page.goto(f"{sight.url}/console")
    first = Axe().run(page).response["violations"]
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Passwort").fill("ganz und gar falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("passen nicht zusammen")
    second = Axe().run(page).response["violations"]
    page.close()

    assert [one["id"] for one in (*first, *second)] == []


def test_one_is_found_and_sent_on_its_way(browser: Browser, sight: Sight) -> None:
    """Search, timeline, reason, again on its way: without a script, as where scripts are forbidden."""
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    sign_in(page, sight, "operator")
    page.get_by_role("link", name="Einreichungen", exact=True).click()
    page.get_by_label("Kennung oder Nachrichten-UUID").fill(sight.parked)
    page.get_by_role("button", name="Suchen").click()
    page.get_by_role("link", name=sight.parked).click()
    page.locator("section[aria-labelledby=decide]").get_by_label("Grund").fill("Rückmeldung des Herstellers")
    page.get_by_role("button", name="Noch einmal auf den Weg").click()

    expect(page.locator(".timeline")).to_contain_text("durch operator")
    expect(page.locator(".timeline")).to_contain_text("Rückmeldung des Herstellers")
    context.close()


def test_content_is_shown_only_for_a_reason(browser: Browser, sight: Sight) -> None:
    """The browser itself asks for the reason; then the content is there, and the story says who read it."""
    page = browser.new_page(locale="de-DE")
    sign_in(page, sight, "operator")
    page.goto(address(sight, "verlauf"))
    page.get_by_role("button", name="Inhalt zeigen").click()
    assert "/read" not in page.url, "the reason is required"
    page.get_by_label("Grund").fill("Rückfrage der Behörde")
    page.get_by_role("button", name="Inhalt zeigen").click()

    expect(page.get_by_role("region", name="Dokument")).to_contain_text("<antrag>")
    page.goto(address(sight, "verlauf"))
    expect(page.locator(".timeline")).to_contain_text("operator hat den Inhalt gelesen")
    page.close()


def test_everything_is_reached_by_keyboard(browser: Browser, sight: Sight) -> None:
    """Tab comes to the skip link first, then to every page; the focus can be seen."""
    page = browser.new_page(locale="de-DE")
    sign_in(page, sight, "reader")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Was gerade geschieht")
    names = []
    for _ in range(9):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        names.append(focused.inner_text())
        assert focused.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
    page.keyboard.press("Shift+Tab")

    assert names[0] == "Zum Inhalt"
    assert {"Lage", "Einreichungen", "Klärfälle", "Anbindungen", "Adapter", "Abmelden"} <= set(names)
    assert "Konten" not in names, "a reader has nothing to do there"
    page.close()


def test_a_group_becomes_a_campaign(browser: Browser, sight: Sight) -> None:
    """From the groups to the plan, to the campaign, and its end by hand; in English this time."""
    page = browser.new_page(locale="en-GB")
    page.goto(f"{sight.url}/console/sign-in?to=%2Fconsole%2Ffailures")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill("richtig-pferd-batterie")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=re.compile("Plan a campaign adapter-bug")).click()
    page.get_by_label("At most so many a minute").fill("30")
    page.get_by_label("Reason").fill("fixed in 0.2")
    page.get_by_role("button", name="Begin the campaign").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Campaign")
    page.get_by_label("Reason").fill("not yet")
    page.get_by_role("button", name="Cancel the campaign").click()

    expect(page.locator("main")).to_contain_text("cancelled")
    page.close()


def test_a_narrow_window_needs_no_sideways_scrolling(browser: Browser, sight: Sight) -> None:
    """At the width of a telephone the page itself stays within; wide tables scroll by themselves."""
    page = browser.new_page(locale="de-DE", viewport={"width": 360, "height": 700})
    sign_in(page, sight)
    wide = []
    for name in PAGES:
        page.goto(address(sight, name))
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(name)
    page.close()

    assert wide == []


def test_the_pictures_of_the_pages_are_there(tmp_path: Path) -> None:
    """docs/pictures has one of each page that `make pictures` takes."""
    pictures = Path(__file__).parents[3] / "docs" / "pictures"

    assert {f"{name}.png" for name in (*PAGES, "anmelden")} - {"nicht-gefunden.png"} <= {
        one.name for one in pictures.glob("*.png")
    }
