"""An Antrag is turned down in the words of its standard, mended by them, and taken."""

import re
import uuid
from pathlib import Path

import httpx2
import pytest

from gateway.errors import BadSettings
from gateway.portal import new_client
from gateway.settings import built_in, read
from gateway.validation import Schemas, Valid
from gateway.wiring import serving
from gateway.xml import parse
from tests.conftest import ROOT
from tests.gateway.cli.calling import open_the_doors

EXAMPLES = ROOT / "xsd/ag-bau/1.0/examples"
WRONG = (EXAMPLES / "invalid/gebaeudeklasse-zu-gross.xml").read_bytes()


async def test_a_rejection_says_what_to_mend(tmp_path: Path) -> None:
    """The Rückweisung is valid by our own package, comes from the operator, and names element, line and rule."""
    settings = built_in(data=tmp_path, port=0, answers_as="Antragsgateway Beispiel", answers_kennung="bab:090000000042")
    open_the_doors(tmp_path)
    async with serving(settings) as running:
        client, token = new_client("bauportal")
        await running.journal.add_client(client)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml", "Accept": "application/xml"}
        async with httpx2.AsyncClient(base_url=running.address, headers=headers, trust_env=False, timeout=60) as portal:
            refused = await portal.post("/v1/submissions", content=WRONG)

            message = parse(refused.content)
            reason = message.leaves("rueckweisung/rueckweisungsgrund")
            line = WRONG.splitlines()[int(reason["zeile"]) - 1]
            assert b"gebaeudeklasse" in line
            mended = WRONG.replace(line, re.sub(rb">\d+<", b">3<", line))
            mended = re.sub(rb"(?<=nachrichtenUUID>)[^<]+", str(uuid.uuid4()).encode(), mended, count=1)
            checked = await portal.post("/v1/validations", content=mended)

    assert refused.status_code == 422
    assert isinstance(Schemas.load(ROOT / "xsd").judge(refused.content), Valid)
    assert reason["pfad"].endswith("/bau:vorhaben/bau:gebaeudeklasse")
    assert reason["regel"] == "cvc-maxInclusive-valid"
    head = message.leaves("nachrichtenkopf.g2g")
    assert (head["autor/kennung"], head["autor/name"]) == ("bab:090000000042", "Antragsgateway Beispiel")
    assert (head["leser/name"], message.attribute("test")) == ("bauportal", "sandbox")
    assert checked.json()["valid"] is True


@pytest.mark.parametrize("kennung", ["bab", "BAB:1", "bab:x", "bab:1 "])
def test_a_kennung_has_its_form(monkeypatch: pytest.MonkeyPatch, kennung: str) -> None:
    """What could not stand in a message head is refused at the start."""
    monkeypatch.delenv("GATEWAY_ANSWERS_KENNUNG", raising=False)

    with pytest.raises(BadSettings, match="answers_kennung"):
        read(answers_kennung=kennung)
