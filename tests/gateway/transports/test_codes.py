"""Every code that a transport says is explained where operators look it up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')
NO_CODES = {
    "application/x-www-form-urlencoded",
    "form-data",
    "content-type",
    "retry-after",
    "content-encoding",
    "utf-8",
}


@pytest.mark.parametrize(
    "file", ["certificates.py", "https/answers.py", "https/client.py", "https/failures.py", "https/tokens.py"]
)
def test_every_code_is_explained(file: str) -> None:
    """`docs/transports.md` has each code between backticks."""
    told = (ROOT / "docs/transports.md").read_text("utf-8")
    codes = set(CODE.findall((ROOT / "gateway/transports" / file).read_text("utf-8"))) - NO_CODES

    assert codes
    assert sorted(code for code in codes if f"`{code}`" not in told) == []
