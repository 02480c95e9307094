"""Whoever runs the gateway finds every setting explained."""

from gateway.settings import Settings
from tests.house.tree import files_of, text_of


def test_every_setting_says_what_it_is() -> None:
    """Each field carries the sentence that help texts and pages show."""
    silent = [name for name, field in Settings.model_fields.items() if not field.description]

    assert not silent


def test_every_setting_is_on_a_page() -> None:
    """Each environment variable is named in the README or below docs/."""
    pages = "\n".join(text_of(page) or "" for page in files_of(".md") if page.parts[0] in {"README.md", "docs"})
    prefix = Settings.model_config.get("env_prefix", "")
    missing = [name for name in Settings.model_fields if f"{prefix}{name}".upper() not in pages]

    assert not missing
