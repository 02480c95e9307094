"""OpenAPI says everything a vendor's developer has to know of the pickup door."""

from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

from gateway.pickup import shapes
from tests.gateway.pickup.post_office import PostOffice

pytestmark = pytest.mark.anyio

SITE = "/v1/sites/{site}"
LETTER = f"{SITE}/letters/{{letter}}"
ALWAYS = {400, 401, 404, 500, 503}
OPERATIONS = {
    "listLetters": ("get", f"{SITE}/letters", {200, *ALWAYS}),
    "leaseLetter": ("post", f"{LETTER}/lease", {200, *ALWAYS, 408, 409, 413, 429}),
    "renewLease": ("post", f"{LETTER}/lease/renew", {200, *ALWAYS, 408, 409, 413}),
    "getLetterDocument": ("get", f"{LETTER}/document", {200, 206, *ALWAYS, 409, 416}),
    "getLetterAttachment": ("get", f"{LETTER}/attachments/{{attachment}}", {200, 206, *ALWAYS, 409, 416}),
    "reportOutcome": ("post", f"{LETTER}/outcome", {200, *ALWAYS, 408, 409, 413}),
    "bringReply": ("post", f"{LETTER}/replies", {202, *ALWAYS, 408, 413, 415, 429}),
    "bringStrayReply": ("post", f"{SITE}/replies", {202, *ALWAYS, 408, 413, 415, 429}),
    "listDestinations": ("get", f"{SITE}/destinations", {200, *ALWAYS}),
    "sendHeartbeat": ("post", f"{SITE}/heartbeat", {204, *ALWAYS, 408, 413}),
}


async def described(office: PostOffice) -> Any:
    return (await office.http.get("/openapi.json")).json()


async def test_every_call_is_described(office: PostOffice) -> None:
    """The calls there are, their statuses, a tag of their own that is explained, and the site's token."""
    told = await described(office)
    found = {
        call["operationId"]: (method, path, {int(status) for status in call["responses"]})
        for path, calls in told["paths"].items()
        for method, call in calls.items()
        if "Standorte" in call.get("tags", ())
    }

    assert found == OPERATIONS
    assert next(tag for tag in told["tags"] if tag["name"] == "Standorte")["description"]
    for method, path, _ in OPERATIONS.values():
        call = told["paths"][path][method]
        assert call["security"] == [{"site": []}]
        assert call["summary"]
        assert call["description"]
    assert told["components"]["securitySchemes"]["site"]["scheme"] == "bearer"


async def test_every_path_parameter_is_described(office: PostOffice) -> None:
    """Each has an explanation and an example."""
    told = await described(office)

    for method, path, _ in OPERATIONS.values():
        named = {one["name"]: one for one in told["paths"][path][method]["parameters"] if one["in"] == "path"}
        assert {f"{{{name}}}" for name in named} == {part for part in path.split("/") if part.startswith("{")}
        assert all(one["description"] and one["example"] for one in named.values())


async def test_examples_have_their_shapes(office: PostOffice) -> None:
    """Each example of a body or answer is one that the door would take or give."""
    told = await described(office)
    kinds = {shape.__name__: shape for shape in (*shapes.TOLD, *shapes.SENT)}
    seen = 0

    for method, path, _ in OPERATIONS.values():
        call = told["paths"][path][method]
        contents = [call["requestBody"]["content"]] if "requestBody" in call else []
        contents += [call["responses"][status].get("content", {}) for status in call["responses"] if status < "300"]
        for content in contents:
            if "application/json" in content:
                said = content["application/json"]
                name = said["schema"].get("$ref", "/Delivered").rsplit("/", 1)[1]
                TypeAdapter(kinds[name]).validate_python(said["example"])
                seen += 1

    assert seen == 11


async def test_every_refusal_is_a_problem_with_an_example(office: PostOffice) -> None:
    """What could be answered is shown as it would be."""
    told = await described(office)

    for method, path, statuses in OPERATIONS.values():
        for status in statuses - {200, 202, 204, 206, 500}:
            content = told["paths"][path][method]["responses"][str(status)]["content"]["application/problem+json"]
            assert content["example"]["status"] == status


async def test_every_reference_leads_somewhere(office: PostOffice) -> None:
    """No schema is missing, and the fields are explained."""
    told = await described(office)
    schemas = told["components"]["schemas"]

    assert set(_references(told)) == {f"#/components/schemas/{name}" for name in schemas}
    for shape in shapes.SENT:
        assert set(schemas[shape.__name__]["properties"]) == set(get_type_hints(shape))
        assert schemas[shape.__name__]["additionalProperties"] is False
    assert "Schlüssel" in schemas["Lease"]["properties"]["key"]["description"]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
