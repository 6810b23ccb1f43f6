"""Careless callers: words of a case in every field, header and path where they do not belong, and what is answered."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import grpc
import httpx
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from certs.keys import load_p256
from certs.tls import channel_credentials, enrolment_channel_credentials
from cli.local_federation import HANGZHOU, LocalFederation
from delegation.digits import UnitType
from node.settings import NodeSettings
from registry.settings import RegistrySettings
from registry.setup import Keys
from xieban.delegation.v1 import header_pb2
from xieban.federation.v1 import enrolment_pb2, exchange_pb2, log_pb2, monitor_pb2, roster_pb2

_PATIENCE: Final = 5.0
_SERVICES: Final = (exchange_pb2, log_pb2, monitor_pb2, roster_pb2)
_DEEPEST: Final = 4


class Answers:
    """Everything that was said back, errors with their metadata."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.server_errors: list[str] = []
        self.broken = 0

    def data(self) -> bytes:
        """To be searched."""
        return "\n".join(self.texts).encode("utf-8", "surrogateescape")

    async def call(self, call: Any, *, streaming: bool) -> None:
        """One call of gRPC."""
        try:
            self.texts.append(str(await (call.read() if streaming else call)))
        except grpc.aio.AioRpcError as error:
            said = [*(error.trailing_metadata() or ()), *(error.initial_metadata() or ())]
            self.texts.append(f"{error.code()} {error.details()} {said}")
            if error.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
                self.server_errors.append(f"{error.code()}")
        if streaming:
            call.cancel()

    async def ask(self, http: httpx.AsyncClient, method: str, path: str, **extra: Any) -> None:
        """One request of HTTP. A refusal that comes before its body was sent may end the connection instead."""
        try:
            self.http(await http.request(method, path, **extra))
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            self.broken += 1

    def http(self, answer: httpx.Response) -> None:
        """One answer of HTTP; a good one may repeat what was given."""
        if answer.is_error:
            self.texts.append(f"{answer.status_code} {answer.headers} {answer.text}")
        if answer.is_server_error:
            self.server_errors.append(f"{answer.request.method} {answer.status_code}")


def _spoilt(message: Message, value: str, *, depth: int = 0) -> Iterator[Message]:
    """The message with the value in one text or bytes field after another, nested ones too."""
    for field in message.DESCRIPTOR.fields:
        copy: Any = type(message)()
        copy.CopyFrom(message)
        if field.type == FieldDescriptor.TYPE_MESSAGE and depth < _DEEPEST:
            inner = GetMessageClass(cast("Descriptor", field.message_type))()
            current = getattr(message, field.name)
            if not field.is_repeated:
                inner.CopyFrom(current)
            elif current:
                inner.CopyFrom(current[0])
            for each in _spoilt(inner, value, depth=depth + 1):
                copy = type(message)()
                copy.CopyFrom(message)
                if field.is_repeated:
                    del getattr(copy, field.name)[:]
                    getattr(copy, field.name).append(each)
                else:
                    getattr(copy, field.name).CopyFrom(each)
                yield copy
        elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            given: str | bytes = value if field.type == FieldDescriptor.TYPE_STRING else value.encode()
            if field.is_repeated:
                getattr(copy, field.name).append(given)
            else:
                setattr(copy, field.name, given)
            yield copy


async def ask_registry(federation: LocalFederation, words: Sequence[str], letter: header_pb2.Envelope) -> Answers:
    """Every field of every request of the exchange, and every field of a header, with each word; by gRPC and HTTP."""
    found = Answers()
    settings = RegistrySettings.load(federation.registry_dir)
    keys = NodeSettings.load(federation.node_dir(HANGZHOU.code)).keys_dir
    authorities = Keys(settings).channel_authorities
    credentials = channel_credentials(
        load_p256(keys / "channel.pem"), (keys / "channel.der").read_bytes(), channel_authorities=authorities
    )
    context = header_pb2.Context.FromString(header_pb2.Header.FromString(letter.header).context)
    async with grpc.aio.secure_channel(settings.exchange_address, credentials) as channel:
        for word in words:
            metadata = _metadata(word)
            for spoilt in _spoilt(context, word):
                request = exchange_pb2.SubmitEnvelopesRequest()
                request.sent_at.FromDatetime(datetime.now(UTC))
                outer = header_pb2.Header.FromString(letter.header)
                outer.context = spoilt.SerializeToString()
                request.envelopes.add(
                    header=outer.SerializeToString(), sealed_body=letter.sealed_body, signatures=letter.signatures
                )
                submit = channel.unary_unary(
                    "/xieban.federation.v1.ExchangeService/SubmitEnvelopes",
                    request_serializer=exchange_pb2.SubmitEnvelopesRequest.SerializeToString,
                    response_deserializer=exchange_pb2.SubmitEnvelopesResponse.FromString,
                )
                await found.call(submit(request, metadata=metadata, timeout=_PATIENCE), streaming=False)
            for module in _SERVICES:
                for path, method in _methods(module):
                    await _each_field(found, channel, path, method, word)
            stray: Any = channel.unary_unary(f"/xieban.federation.v1.ExchangeService/{_ascii(word)}")
            await found.call(stray(word.encode(), metadata=metadata, timeout=_PATIENCE), streaming=False)
    async with grpc.aio.secure_channel(
        settings.enrolment_address, enrolment_channel_credentials(authorities)
    ) as channel:
        for word in words:
            for path, method in _methods(enrolment_pb2):
                await _each_field(found, channel, path, method, word)
    async with httpx.AsyncClient(base_url=f"http://{settings.metrics_address}", trust_env=False) as http:
        for word in words:
            for method_name in ("GET", "POST", _ascii(word)[:16].upper()):
                said = {b"X-Name": word.encode()}
                answer = await http.request(method_name, f"/{word}", params={word: word}, headers=said)
                found.http(answer)
    return found


async def _each_field(found: Answers, channel: grpc.aio.Channel, path: str, method: Any, word: str) -> None:
    request = GetMessageClass(method.input_type)()
    if "sent_at" in request.DESCRIPTOR.fields_by_name:
        request.sent_at.FromDatetime(datetime.now(UTC))  # type: ignore[attr-defined]  # it has one
    kind = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = kind(
        path,
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    for spoilt in _spoilt(request, word):
        await found.call(
            call(spoilt, metadata=_metadata(word), timeout=_PATIENCE), streaming=bool(method.server_streaming)
        )


def _methods(module: Any) -> Iterator[tuple[str, Any]]:
    for service in module.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            yield f"/{service.full_name}/{method.name}", method


def _metadata(word: str) -> tuple[tuple[str, str | bytes], ...]:
    return (("x-name", _ascii(word)), ("x-name-bin", word.encode()), ("user-agent", _ascii(word)))


def _ascii(word: str) -> str:
    return word if word.isascii() else word.encode().hex()


async def ask_node(federation: LocalFederation, words: Sequence[str], number: str) -> Answers:
    """Wrong requests to a bureau's own face, signed in and not."""
    found = Answers()
    base = f"{federation.http_urls[HANGZHOU.code]}"
    unit = HANGZHOU.unit(UnitType.RECOGNITION)
    staff = "hz-jb-01"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=30) as http:
        signed_in = {"staff_id": staff, "password": federation.passwords[staff], "unit": unit}
        session = (await http.post("/api/v1/session", json=signed_in)).json()
        own = {"Authorization": f"Bearer {session['token']}"}
        for word in words:
            for headers in ({}, own):
                for method, path, extra in _wrong(word, number):
                    given = {**headers, "X-Name": word.encode(), **extra.pop("headers", {})}
                    await found.ask(http, method, f"/api/v1{path}", headers=given, **extra)
            found.http(await http.request("GET", f"/{word}", params={word: word}))
            login = {"staff_id": word, "password": word, "unit": word}
            found.http(await http.post("/api/v1/session", json=login))
            found.http(await http.post("/api/v1/session", json={**signed_in, "password": word + "."}))
    return found


def _wrong(word: str, number: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    letter = {"worker": {"name": {word: word}, "id_number": [word]}, word: word}
    yield "GET", f"/delegations/{word}", {}
    yield "GET", f"/delegations/{word}/thread", {}
    yield "GET", "/delegations", {"params": {"state": word, "page_token": word, word: word, "page_size": word}}
    yield "GET", f"/materials/{word}/content", {"headers": {"Range": word.encode()}}
    yield "GET", f"/moves/{word}", {}
    yield "POST", "/drafts", {"json": {word: word}}
    yield "POST", "/drafts", {"json": {"matter": word, "legal_basis": word, "letter": letter}}
    yield "POST", "/drafts", {"json": {"letter": letter}}
    yield "POST", "/drafts", {"content": f'{{"letter": "{word}"'.encode()}
    yield "POST", "/drafts", {"content": f"name={word}".encode(), "headers": {"Content-Type": word.encode()}}
    yield "PATCH", f"/drafts/{word}", {"json": {word: word}, "headers": {"If-Match": word.encode()}}
    yield "POST", "/delegations/search", {"json": {"id_number": word + "0", word: word}}
    yield "POST", "/delegations/search", {"json": {"name": {word: word}}}
    yield "POST", f"/delegations/{number}/moves/{word}", {"json": {word: word}, "headers": {"If-Match": word.encode()}}
    yield "POST", f"/delegations/{number}/moves/question", {"json": {"body": {"question": {word: word}}}}
    yield "POST", f"/delegations/{number}/moves/question", {"json": json.loads(json.dumps({"body": {word: word}}))}
    facts = ("facts", (None, json.dumps({word: word}).encode(), "application/json"))
    file = ("file", (f"{word}.exe", word.encode(), "application/octet-stream"))
    yield "POST", f"/delegations/{number}/materials", {"files": [facts, file]}
    yield (
        "POST",
        f"/delegations/{number}/materials",
        {"content": word.encode(), "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    )
    yield "POST", "/staff", {"json": {"staff_id": word, "name": word, "password": word, word: word}}
    yield "GET", "/competent-units", {"params": {"place": word, "matter": word, "on": word}}
    yield "TRACE", f"/delegations/{word}", {}
