"""The examiner of adapters finds what it is there to find: each rule, broken on purpose, is reported."""

import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from gateway.testing.rules import ASKED, RULE_OF
from tests.gateway.testing import careless
from tests.gateway.transports.interrupted import ROOT

FILE = Path(careless.__file__).relative_to(ROOT)
BROKEN = {
    **{f"Test{fault.__name__}": rule for fault, rule in careless.FAULTS.items()},
    "TestForgetsWhatItDelivered": "recognises-repetition",
    "TestSwallows": "survives-a-hostile-vendor",
    "TestTakesAnySetting": "refuses-unknown-settings",
    "TestHasNoSimulator": "ships-a-simulator",
    "TestSaysNothing": "explains-itself",
}


def node_ids(adapter: str, rule: str) -> Iterable[str]:
    return (f"{FILE}::{adapter}::{test}" for test, asked in RULE_OF.items() if asked == rule)


@cache
def verdicts() -> str:
    """What pytest says of every careless adapter, asked about the rule it breaks."""
    asked = [test for adapter, rule in BROKEN.items() for test in node_ids(adapter, rule)]
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider", *asked]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
@pytest.mark.parametrize("adapter, rule", BROKEN.items())
def test_a_careless_adapter_is_found_out(adapter: str, rule: str) -> None:
    """Whoever breaks a rule fails a test of that rule."""
    found = [
        test for test in node_ids(adapter, rule) if f"FAILED {test}" in verdicts() or f"ERROR {test}" in verdicts()
    ]

    assert found, verdicts()


def test_every_rule_is_broken_by_somebody() -> None:
    """No rule is asked about without proof that the question can be answered wrongly."""
    assert set(BROKEN.values()) == set(ASKED)
