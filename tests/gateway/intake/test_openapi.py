"""OpenAPI says everything a portal developer has to know, and nothing that is not so."""

from typing import Any

import httpx2
import pytest

from gateway.errors import GatewayError
from gateway.intake.refusals import STATUS
from gateway.notice import Topic
from gateway.receipt import shapes
from gateway.validation import Valid
from gateway.webhooks.signing import signed
from tests.gateway.intake.house import SCHEMAS, House, open_house
from tests.gateway.intake.shaped import fits

OPERATIONS = {
    "submit": ("post", "/v1/submissions", {202, 400, 401, 403, 408, 409, 413, 415, 422, 429, 500, 503}),
    "validate": ("post", "/v1/validations", {200, 400, 401, 408, 413, 415, 429, 500, 503}),
    "getSubmission": ("get", "/v1/submissions/{submission}", {200, 304, 400, 401, 404, 500, 503}),
    "getSubmissionEvents": ("get", "/v1/submissions/{submission}/events", {200, 304, 400, 401, 404, 500, 503}),
    "getSubmissionReceipt": ("get", "/v1/submissions/{submission}/receipt", {200, 400, 401, 404, 406, 500, 503}),
    "getSubmissionReplies": ("get", "/v1/submissions/{submission}/replies", {200, 304, 400, 401, 404, 500, 503}),
    "getReplyDocument": (
        "get",
        "/v1/submissions/{submission}/replies/{reply}/document",
        {200, 400, 401, 404, 500, 503},
    ),
    "getReplyAttachment": (
        "get",
        "/v1/submissions/{submission}/replies/{reply}/attachments/{attachment}",
        {200, 400, 401, 404, 500, 503},
    ),
    "findRoute": ("get", "/v1/routes", {200, 400, 401, 500, 503}),
    "listServices": ("get", "/v1/services", {200, 400, 401, 500, 503}),
    "listConnections": ("get", "/v1/connections", {200, 304, 400, 401, 500, 503}),
    "listSchemas": ("get", "/v1/schemas", {200, 400, 401, 500, 503}),
    "isAlive": ("get", "/livez", {200}),
    "isReady": ("get", "/readyz", {200, 503}),
    "getMetrics": ("get", "/metrics", {200}),
}


BYTES = {"getReplyDocument", "getReplyAttachment"}
"""Calls that hand out what others wrote, as it is."""


@pytest.fixture(scope="module")
def described(house: House) -> Any:
    with house.client(None) as anybody:
        return anybody.get("/openapi.json").json()


def operation(described: Any, name: str) -> Any:
    method, path, _ = OPERATIONS[name]
    return described["paths"][path][method]


def test_every_call_is_described(described: Any) -> None:
    """The calls there are, under the names that generated clients keep, and no other."""
    found = {
        call["operationId"]: (method, path, {int(status) for status in call["responses"]})
        for path, calls in described["paths"].items()
        for method, call in calls.items()
    }

    assert found == OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_has_a_summary_and_a_tag(described: Any, name: str) -> None:
    """A summary, a tag that is explained, and a description of every answer."""
    call = operation(described, name)
    tags = {tag["name"] for tag in described["tags"]}

    assert call["summary"]
    assert set(call["tags"]) <= tags
    assert all(answer["description"] for answer in call["responses"].values())


@pytest.mark.parametrize("name", [name for name, (_, path, _) in OPERATIONS.items() if path.startswith("/v1")])
def test_every_refusal_is_a_problem(described: Any, name: str) -> None:
    """Each error answer refers to the one schema of problems, and shows one that could be real."""
    for status, answer in operation(described, name)["responses"].items():
        if int(status) < 400:
            continue
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        if int(status) != 500:
            assert content["example"]["status"] == int(status)
            assert content["example"]["type"].endswith(content["example"]["code"])


@pytest.mark.parametrize("name", [name for name, (_, path, _) in OPERATIONS.items() if path.startswith("/v1")])
def test_every_call_needs_a_token(described: Any, name: str) -> None:
    """The calls of /v1 name the security scheme, which is explained."""
    assert operation(described, name)["security"] == [{"token": []}]
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_reference_leads_somewhere(described: Any) -> None:
    """No reference to a schema is dangling, and every schema is referred to."""
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}

    assert set(references(described)) == known


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []


def test_examples_in_xml(described: Any) -> None:
    """Each package's example of a body is a document that this gateway finds valid."""
    content = operation(described, "submit")["requestBody"]["content"]
    examples = content["application/xml"]["examples"]

    assert len(examples) == len(SCHEMAS.packages)
    for example in examples.values():
        assert isinstance(SCHEMAS.judge(example["value"].encode()), Valid)
    assert "document" in content["multipart/form-data"]["schema"]["required"]


def test_examples_in_json(described: Any) -> None:
    """Each good answer of /v1 in JSON shows an example with every key that it always has."""
    for name, (_, path, statuses) in OPERATIONS.items():
        if not path.startswith("/v1"):
            continue
        content = operation(described, name)["responses"][str(min(statuses))]["content"]
        if "application/json" not in content:
            assert name in BYTES
            continue
        answer = content["application/json"]
        schema = described["components"]["schemas"][answer["schema"]["$ref"].rsplit("/", 1)[1]]
        assert set(schema["required"]) <= set(answer["example"]) <= set(schema["properties"])


def test_what_portals_are_told_is_described(described: Any) -> None:
    """The webhook section has the message with every type there is, an example of its shape, and the three headers."""
    told = described["webhooks"]["submission"]["post"]
    content = told["requestBody"]["content"]["application/json"]
    schema = described["components"]["schemas"]["WebhookMessage"]

    assert content["schema"] == {"$ref": "#/components/schemas/WebhookMessage"}
    assert fits(shapes.WebhookMessage, content["example"])
    assert set(schema["properties"]["type"]["enum"]) == set(Topic)
    assert {one["name"] for one in told["parameters"]} == set(signed("msg_1", 1, b"", [b"x"]))
    assert set(told["responses"]) == {"2XX", "410", "default"}


def test_fields_are_explained_in_german(described: Any) -> None:
    """What the shapes say of their fields reaches the reader."""
    problem = described["components"]["schemas"]["Problem"]

    assert problem["description"].startswith("Warum eine Anfrage")
    assert "Trace-ID" in problem["properties"]["instance"]["description"]


def test_every_status_that_an_error_has_is_described(described: Any) -> None:
    """No error has a status of which OpenAPI says nothing, but for methods that do not exist; ranges are for sites."""
    everywhere = {int(status) for name in OPERATIONS for status in operation(described, name)["responses"]}

    assert set(STATUS.values()) - everywhere == {405, 416}
    assert set(STATUS) >= {GatewayError}


def test_nothing_is_loaded_from_elsewhere(portal: httpx2.Client, described: Any) -> None:
    """No page of this house loads anything from another, and FastAPI's own pages are not there."""
    page = portal.get("/")

    assert "Sandbox" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert portal.get("/docs").status_code == 404
    assert portal.get("/redoc").status_code == 404


def test_production_is_no_sandbox(tmp_path: Any, log: Any) -> None:
    """In production no page and no description speaks of a sandbox."""
    with open_house(tmp_path, kind="production") as house, house.client() as portal:
        assert "Sandbox" not in portal.get("/").text
        assert "Sandbox:" not in portal.get("/openapi.json").json()["info"]["description"]
        assert "sandbox" not in portal.get("/v1/nichts").json()
