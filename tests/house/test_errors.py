"""The tree of errors is drawn once, and true."""

import re

from gateway import errors
from gateway.errors import GatewayError

BRANCH = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+)(\s{2,}.*)?$")


def test_the_drawing_shows_every_error_under_its_parent() -> None:
    """The docstring of gateway/errors.py and the classes below it are the same tree, in the same order."""
    assert _drawn(errors.__doc__ or "") == _defined(GatewayError, depth=0)


def test_every_error_speaks_both_languages() -> None:
    """An error has a stable code, and a title in German and English."""
    classes = [getattr(errors, name) for _, name in _defined(GatewayError, depth=0)]

    assert all(error.code and error.title.de and error.title.en for error in classes)


def _drawn(picture: str) -> list[tuple[int, str]]:
    """Depth and name of each line that is a branch; four columns are one level."""
    lines = picture.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip() == GatewayError.__name__)
    margin = len(lines[start]) - len(lines[start].lstrip())
    tree = []
    for line in lines[start:]:
        if not (branch := BRANCH.match(line)):
            break
        tree.append(((len(branch["indent"]) - margin) // 4, branch["name"]))
    return tree


def _defined(error: type[GatewayError], *, depth: int) -> list[tuple[int, str]]:
    children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
    return [(depth, error.__name__), *(line for child in children for line in _defined(child, depth=depth + 1))]
