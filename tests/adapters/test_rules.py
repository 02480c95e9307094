"""The rules for adapters are the same in the document, in the examiner and in every adapter's own answers."""

import re
from pathlib import Path

import pytest

from gateway import plugins
from gateway.errors import BadAdapter
from gateway.testing.contract import AdapterContract
from gateway.testing.rules import ASKED, REVIEWED, RULE_OF, read_quality

ROOT = Path(__file__).parents[2]
ADAPTERS = sorted(path.parent for path in (ROOT / "adapters").glob("*/manifest.toml"))


def test_the_document_states_every_rule() -> None:
    """`docs/spec/adapter.md` has one row per rule, in the words of the code."""
    page = (ROOT / "docs/spec/adapter.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (asked|reviewed) \|$", page, re.MULTILINE)

    assert {rule: says for rule, says, how in rows if how == "asked"} == ASKED
    assert {rule: says for rule, says, how in rows if how == "reviewed"} == REVIEWED


def test_the_examiner_asks_every_rule_it_should() -> None:
    """Each rule that can be asked has a test, and each test a rule."""
    asked = {RULE_OF[name] for name in dir(AdapterContract) if name in RULE_OF}

    assert asked == set(RULE_OF.values()) == set(ASKED)


@pytest.mark.parametrize("folder", ADAPTERS, ids=lambda folder: folder.name)
def test_every_adapter_answers_every_rule(folder: Path) -> None:
    """Done, or exempt with a reason."""
    assert set(read_quality(folder / "quality.toml")) == {*ASKED, *REVIEWED}


@pytest.mark.parametrize("folder", ADAPTERS, ids=lambda folder: folder.name)
def test_every_adapter_folder_is_found_under_its_name(folder: Path) -> None:
    """Folder, entry point and manifest share one name, and the adapter loads."""
    assert folder.name in plugins.load().found


@pytest.mark.parametrize(
    "answers, odd",
    [
        ("", "delivers-complete"),
        ('made-up = "done"', "made-up"),
        ("\n".join(f'{rule} = "yes"' for rule in {**ASKED, **REVIEWED}), "needs"),
        ("\n".join(f'{rule} = {{ exempt = " " }}' for rule in {**ASKED, **REVIEWED}), "needs"),
    ],
    ids=["empty", "unknown rule", "neither done nor exempt", "no reason"],
)
def test_an_answer_that_is_none_is_refused(tmp_path: Path, answers: str, odd: str) -> None:
    """Missing and unknown rules, other words than `done` and exemptions without a reason are named."""
    (tmp_path / "quality.toml").write_text(answers, "utf-8")

    with pytest.raises(BadAdapter, match=odd):
        read_quality(tmp_path / "quality.toml")
