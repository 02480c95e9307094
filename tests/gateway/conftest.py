"""What tests of several parts of the gateway ask for."""

from pathlib import Path

import pytest

from gateway.validation import Schemas
from gateway.validation.installing import install
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def official_schemas(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    """The project's own packages, with XBau and XWasser as they were published."""
    store = tmp_path_factory.mktemp("official")
    folders = ("xoev-common", "xbau-kernmodul-1.2.2", "xbau-2.5", "xwasser-1.0.0")
    install(store, [shared_data / "xoev" / name for name in folders])
    return Schemas.load(ROOT / "xsd", store)
