"""Every code that a transport says is explained where operators look it up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')
NO_CODES = {"form-data", "forbidden-xml", "retry-after", "posix-rename"} | {
    f"content-{word}" for word in ("type", "encoding", "id", "transfer-encoding")
}


@pytest.mark.parametrize(
    "file",
    [
        *(
            "certificates.py",
            "https/answers.py",
            "https/client.py",
            "https/failures.py",
            "https/parts.py",
            "https/tokens.py",
        ),
        *("xta/answers.py", "xta/client.py", "xta/faults.py", "xta/ids.py", "xta/mailbox.py", "xta/package.py"),
        *("xta/sending.py", "sftp.py"),
    ],
)
def test_every_code_is_explained(file: str) -> None:
    """`docs/transports.md` has each code between backticks."""
    told = (ROOT / "docs/transports.md").read_text("utf-8")
    codes = set(CODE.findall((ROOT / "gateway/transports" / file).read_text("utf-8"))) - NO_CODES

    assert codes
    assert sorted(code for code in codes if f"`{code}`" not in told) == []
