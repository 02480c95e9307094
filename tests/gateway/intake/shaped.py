"""Whether an answer has the shape that OpenAPI promises: every key of it, and no other."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict


def fits(shape: Any, body: Any, path: str = "$") -> bool:
    """True, or an error that says where it does not."""
    kind = get_origin(shape)
    if is_typeddict(shape):
        assert isinstance(body, dict), f"{path}: {body!r} is no {shape}"
        assert set(body) >= shape.__required_keys__, f"{path} lacks {shape.__required_keys__ - set(body)}"
        hints = get_type_hints(shape)
        assert set(body) <= set(hints), f"{path} has {set(body) - set(hints)} too many"
        return all(fits(hints[key], value, f"{path}.{key}") for key, value in body.items())
    if kind is Literal:
        assert body in get_args(shape), f"{path}: {body!r} is none of {get_args(shape)}"
    elif kind is list:
        return all(fits(get_args(shape)[0], one, f"{path}[]") for one in body)
    elif kind in (Union, types.UnionType):
        assert any(_fits_quietly(one, body) for one in get_args(shape)), f"{path} fits none of {get_args(shape)}"
    else:
        assert type(body) is shape, f"{path}: {body!r} is no {shape}"
    return True


def _fits_quietly(shape: Any, body: Any) -> bool:
    try:
        return fits(shape, body)
    except AssertionError:
        return False
