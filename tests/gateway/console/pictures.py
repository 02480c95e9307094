"""`python -m tests.gateway.console.pictures`: a picture of each page of the console into docs/pictures."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import FloatRect

from tests.gateway.console.sights import a_browser, a_sight, sign_in
from tests.gateway.console.test_in_chromium import PAGES, address

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"

UPPER_PART = FloatRect(x=0, y=0, width=1_120, height=900)


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, a_sight(Path(folder)) as sight, a_browser() as browser:
        page = browser.new_page(locale="de-DE", viewport={"width": 1_120, "height": 700})
        page.goto(f"{sight.url}/console/sign-in")
        page.screenshot(path=PICTURES / "anmelden.png")
        sign_in(page, sight)
        for name in PAGES:
            if name == "nicht-gefunden":
                continue
            page.goto(address(sight, name))
            page.screenshot(path=PICTURES / f"{name}.png", clip=UPPER_PART, full_page=True)
        page.emulate_media(color_scheme="dark")
        page.goto(address(sight, "lage"))
        page.screenshot(path=PICTURES / "lage-dunkel.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
