"""Requests drawn from an OpenAPI document: what it asks for, or nearly."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from hypothesis import strategies as st

from gateway.conditions import etag

Json = dict[str, Any]  # a JSON document, walked by its keys
ANY_TEXT = st.text(max_size=30)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


class Document(dict[str, Any]):
    """A document whose repr is short: a failing test prints it."""

    def __repr__(self) -> str:
        return "<document>"


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method, operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def values(schema: Json, schemas: Json, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a schema describes, most of the time."""
    if "$ref" in schema:
        return values(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of([values(option, schemas, depth) for option in schema["anyOf"]])
    kind = schema.get("type")
    if kind == "object":
        return an_object(schema, schemas, depth)
    if kind == "array":
        if depth > 4:
            return st.just([])
        return st.lists(values(schema["items"], schemas, depth + 1), max_size=2)
    if kind == "string":
        return a_text(schema)
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), schema.get("maximum", 2**31))
    if kind == "boolean":
        return st.booleans()
    return st.none() if kind == "null" else ANY_JSON


def an_object(schema: Json, schemas: Json, depth: int) -> st.SearchStrategy[Any]:
    """Required fields, and some of the others."""
    properties, required = schema.get("properties", {}), set(schema.get("required", ()))
    if depth > 4:
        properties = {name: properties[name] for name in required}
    drawn = {name: values(inner, schemas, depth + 1) for name, inner in properties.items()}
    optional = {name: inner for name, inner in drawn.items() if name not in required}
    return st.fixed_dictionaries({name: drawn[name] for name in required}, optional=optional)


def a_text(schema: Json) -> st.SearchStrategy[str]:
    """A text of the pattern, a day, or any text of the length."""
    if "pattern" in schema:
        return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
    if schema.get("format") == "date":
        return st.dates(date(2000, 1, 1), date(2100, 12, 31)).map(str)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
    return st.text(PRINTABLE, min_size=least, max_size=max(least, min(most, 40)))


def mostly(good: st.SearchStrategy[Any], wild: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Good three times in four."""
    return st.one_of(good, good, good, wild)


@st.composite
def requests(
    draw: st.DrawFn, document: Document, places: Mapping[str, Sequence[str]]
) -> tuple[Document, httpx.Request]:
    """A request to one of the operations, with what the document asks for, or nearly."""
    schemas = document["components"]["schemas"]
    ending = [item for item in operations(document) if "changes" not in item[0]]
    path, method, operation = draw(st.sampled_from(ending))
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        name, schema = parameter["name"], parameter.get("schema", {})
        if parameter["in"] == "path":
            known = st.sampled_from(places[name]) if places.get(name) else values(schema, schemas)
            path = path.replace(f"{{{name}}}", quote(str(draw(mostly(known, ANY_TEXT.filter(bool)))), safe=""))
        elif parameter["in"] == "query" and (parameter.get("required") or draw(st.booleans())):
            query[name] = str(draw(mostly(values(schema, schemas), ANY_TEXT)))
        elif parameter["in"] == "header" and draw(mostly(st.just(True), st.just(False))):
            tags = mostly(st.integers(1, 6).map(etag), st.sampled_from(["*", "bytes=0-3", "bytes=9-", "nonsense", ""]))
            headers[name] = draw(tags)
    if draw(mostly(st.just(False), st.just(True))) and draw(st.booleans()):
        query[draw(ANY_TEXT)] = "x"
    content: bytes | None = None
    bodies = operation.get("requestBody", {}).get("content", {})
    if "application/json" in bodies:
        good = values(bodies["application/json"]["schema"], schemas)
        content = json.dumps(draw(mostly(good, ANY_JSON))).encode()
        if draw(mostly(st.just(False), st.just(True))):
            content = draw(st.binary(max_size=40))
        headers["content-type"] = draw(mostly(st.just("application/json"), st.sampled_from(["text/plain", "x", ""])))
    elif bodies:
        facts = json.dumps(draw(mostly(values({"$ref": "#/FileFactsForm"}, schemas), ANY_JSON)))
        request = httpx.Request(
            "POST", "http://desk.test", data={"facts": facts}, files={"file": ("a.pdf", draw(st.binary(max_size=99)))}
        )
        content = request.read()
        if draw(mostly(st.just(False), st.just(True))):
            content = content[: draw(st.integers(0, len(content)))]
        headers["content-type"] = request.headers["content-type"]
    address = f"http://desk.test{path}" + (f"?{urlencode(query)}" if query else "")
    return Document(operation), httpx.Request(method, address, headers=headers, content=content)


def documented(answer: httpx.Response, operation: Json) -> bool:
    """Whether the operation's document names the status; 404 and 405 of an address are the server's own."""
    if str(answer.status_code) in operation["responses"]:
        return True
    return answer.json()["reason"] in {"ADDRESS_UNKNOWN", "METHOD_NOT_ALLOWED"}
