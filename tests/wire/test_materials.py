"""Sealed materials over the wire: whole or not at all, resumed, and only for those who may."""

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from certs.chunks import ChunkSealer, SealedChunk, SealedMaterial, new_key
from certs.keys import certificate_digest
from delegation.model import MaterialRef
from registry.retention import sweep
from registry.server import Registry
from registry.settings import Quotas, Retention
from tests.builders import CHENGDU_RD, HANGZHOU_RD, a_uuid4
from tests.registry.federation import CHENGDU, DAY, DEYANG, HANGZHOU, Client, Federation, reason_of
from xieban.federation.v1 import exchange_pb2

_SIZE = 600 * 1024  # three chunks, the last one short


class Upload:
    """A sealed file of the home's."""

    def __init__(self, federation: Federation, *, size: int = _SIZE, number: int = 90) -> None:
        self.letter = federation.letter()
        self.thread_id = self.letter.header.thread_id
        material_id = a_uuid4(number)
        sealer = ChunkSealer(io.BytesIO(os.urandom(size)), key=new_key(), material_id=material_id)
        self.chunks: list[SealedChunk] = list(sealer)
        self.sealed: SealedMaterial = sealer.result
        self.ref = MaterialRef(material_id, self.sealed.root, self.sealed.sealed_size, len(self.chunks))

    def request(self, number: int, *, unit: str = HANGZHOU_RD, **changes: Any) -> exchange_pb2.UploadMaterialRequest:
        request = exchange_pb2.UploadMaterialRequest(
            unit=unit,
            thread_id=self.thread_id,
            chunk_number=max(number, 0),
            chunk=self.chunks[number].data if number >= 0 else b"",
            leaf_hashes=self.sealed.leaf_hashes if number <= 0 else (),
        )
        ref = replace(self.ref, **changes)
        request.material.material_id = ref.material_id
        request.material.root = ref.root
        request.material.sealed_size = ref.sealed_size
        request.material.chunk_count = ref.chunk_count
        return request

    async def whole(self, client: Client, **changes: Any) -> exchange_pb2.UploadMaterialResponse:
        answer = exchange_pb2.UploadMaterialResponse()
        for number in range(len(self.chunks)):
            answer = await client.exchange.UploadMaterial(self.request(number, **changes))
        return answer

    def download(self, unit: str, *, start: int = 0) -> exchange_pb2.DownloadMaterialRequest:
        return exchange_pb2.DownloadMaterialRequest(
            unit=unit, thread_id=self.thread_id, material_id=self.ref.material_id, from_chunk=start
        )


async def refused(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return reason_of(caught.value)


async def read_all(client: Client, request: exchange_pb2.DownloadMaterialRequest) -> list[Any]:
    return [message async for message in client.exchange.DownloadMaterial(request)]


def with_manifest(federation: Federation, upload: Upload) -> Any:
    header = upload.letter.header
    return federation.letter(
        thread_id=header.thread_id, envelope_id=header.envelope_id, manifest=(upload.ref,), case_id=header.case_id
    )


async def test_a_material_travels_whole_to_its_recipient_alone(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU, DEYANG) as (_registry, home, host, other):
        upload = Upload(federation)
        letter = with_manifest(federation, upload)
        (early,) = await home.submit(letter)
        assert early.reason == "MATERIAL_MISSING"
        for number in range(3):
            answer = await home.exchange.UploadMaterial(upload.request(number))
            assert (answer.held_chunks, answer.complete) == (number + 1, number == 2)
        assert await refused(read_all(host, upload.download(CHENGDU_RD))) == "NOT_FOUND", "nothing lists it yet"
        await home.accepted(letter)
        messages = await read_all(host, upload.download(CHENGDU_RD))
        assert [message.chunk for message in messages] == [chunk.data for chunk in upload.chunks]
        assert tuple(messages[0].leaf_hashes) == upload.sealed.leaf_hashes
        assert not messages[1].leaf_hashes
        rest = await read_all(host, upload.download(CHENGDU_RD, start=2))
        assert [(message.chunk_number, message.chunk) for message in rest] == [(2, upload.chunks[2].data)]
        own = await read_all(home, upload.download(HANGZHOU_RD))
        assert len(own) == 3
        deyang = "510600RD"
        unit = next(code for code in federation.view.units if code.startswith(deyang))
        assert await refused(read_all(other, upload.download(unit))) == "NOT_FOUND"
        assert await refused(read_all(other, upload.download(CHENGDU_RD))) == "NOT_YOUR_UNIT"


async def test_an_upload_resumes_where_it_stopped_also_after_a_restart(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (_registry, home):
        upload = Upload(federation)
        nothing = await home.exchange.UploadMaterial(upload.request(-1))
        assert (nothing.held_chunks, nothing.complete) == (0, False)
        await home.exchange.UploadMaterial(upload.request(0))
        again = await home.exchange.UploadMaterial(upload.request(0))
        assert again.held_chunks == 1
        assert await refused(home.exchange.UploadMaterial(upload.request(2))) == "MALFORMED"
    torn = next(path for path in federation.settings.materials_dir.rglob("*") if path.is_file())
    with torn.open("ab") as file:  # half a chunk that was never acknowledged
        file.write(upload.chunks[1].data[:1000])
    async with federation.exchange(HANGZHOU) as (_registry, home):
        held = await home.exchange.UploadMaterial(upload.request(-1))
        assert (held.held_chunks, held.complete) == (1, False)
        await home.exchange.UploadMaterial(upload.request(1))
        done = await home.exchange.UploadMaterial(upload.request(2))
        assert done.complete
        await home.accepted(with_manifest(federation, upload))
        messages = await read_all(home, upload.download(HANGZHOU_RD))
        assert [message.chunk for message in messages] == [chunk.data for chunk in upload.chunks]


async def test_what_is_not_of_the_root_is_refused(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, DEYANG) as (_registry, home, other):
        upload = Upload(federation)
        request = upload.request(0)
        request.leaf_hashes[1] = bytes(32)
        assert await refused(home.exchange.UploadMaterial(request)) == "DIGEST_MISMATCH"
        await home.exchange.UploadMaterial(upload.request(0))
        request = upload.request(1)
        request.chunk = request.chunk[:-1] + bytes([request.chunk[-1] ^ 1])
        assert await refused(home.exchange.UploadMaterial(request)) == "DIGEST_MISMATCH"
        request.chunk = upload.chunks[1].data[:-1]
        assert await refused(home.exchange.UploadMaterial(request)) == "DIGEST_MISMATCH"
        for changes in ({"root": bytes(32)}, {"sealed_size": 5}, {"chunk_count": 2}):
            assert await refused(home.exchange.UploadMaterial(upload.request(1, **changes))) == "DIGEST_MISMATCH"
        assert (await home.exchange.UploadMaterial(upload.request(1))).held_chunks == 2
        assert await refused(other.exchange.UploadMaterial(upload.request(0))) == "NOT_YOUR_UNIT"
        request = upload.request(0)
        request.thread_id = "../../etc"
        assert await refused(home.exchange.UploadMaterial(request)) == "NOT_FOUND"


async def test_the_same_id_of_another_bureau_is_another_material(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, DEYANG) as (_registry, home, other):
        upload = Upload(federation)
        squatter = Upload(federation)
        squatter.thread_id = upload.thread_id
        unit = next(code for code in federation.view.units if code.startswith("510600RD"))
        assert squatter.ref.material_id == upload.ref.material_id
        assert (await squatter.whole(other, unit=unit)).complete
        assert (await upload.whole(home)).complete
        await home.accepted(with_manifest(federation, upload))
        messages = await read_all(home, upload.download(HANGZHOU_RD))
        assert [message.chunk for message in messages] == [chunk.data for chunk in upload.chunks]


async def test_uploads_are_bounded(tmp_path: Path) -> None:
    quotas = Quotas(upload_bytes_a_day=700 * 1024, material_bytes=650 * 1024)
    federation = Federation(tmp_path, quotas=quotas)
    async with federation.exchange(HANGZHOU) as (_registry, home):
        assert await refused(Upload(federation, size=660 * 1024).whole(home)) == "TOO_LARGE"
        assert (await Upload(federation).whole(home)).complete
        assert await refused(Upload(federation, number=91).whole(home)) == "QUOTA_EXCEEDED"
        federation.clock.advance(2 * DAY)
        assert (await Upload(federation, number=92).whole(home)).complete


async def test_a_full_disk_is_a_typed_refusal(tmp_path: Path) -> None:
    federation = Federation(tmp_path, min_free_bytes=2**60)
    async with federation.exchange(HANGZHOU) as (registry, home):
        upload = Upload(federation)
        assert await refused(home.exchange.UploadMaterial(upload.request(0))) == "STORAGE_UNAVAILABLE"
        registry.settings.min_free_bytes = 0
        assert (await home.exchange.UploadMaterial(upload.request(0))).held_chunks == 1


async def test_a_download_ends_when_the_certificate_is_revoked(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        upload = Upload(federation, size=5 * 1024 * 1024)
        await upload.whole(home)
        await home.accepted(with_manifest(federation, upload))
        stream = host.exchange.DownloadMaterial(upload.download(CHENGDU_RD))
        await stream.read()
        federation.revoke(certificate_digest(host.keys.channel_certificate))
        federation.publish(registry.database.store)
        await registry.duties.look_for_roster()
        assert await refused(read_all(host, upload.download(CHENGDU_RD))) == "CERTIFICATE_REVOKED"


async def gone(registry: Registry, federation: Federation) -> tuple[int, int]:
    return await sweep(registry.database, registry.materials, Retention(), at=federation.clock.at)


async def test_orphans_go_after_seven_days_and_their_files_with_them(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, home):
        orphan, listed = Upload(federation), Upload(federation, number=91)
        await orphan.whole(home)
        await listed.whole(home)
        await home.accepted(with_manifest(federation, listed))
        federation.clock.advance(7 * DAY)
        assert await gone(registry, federation) == (0, 0)
        federation.clock.advance(DAY)
        assert await gone(registry, federation) == (0, 1)
        files = [path for path in federation.settings.materials_dir.rglob("*") if path.is_file()]
        assert len(files) == 1
        held = await home.exchange.UploadMaterial(orphan.request(-1))
        assert held.held_chunks == 0, "it may come again"


async def test_bodies_and_materials_go_after_the_last_word_and_headers_stay(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        upload = Upload(federation)
        await upload.whole(home)
        letter = with_manifest(federation, upload)
        await home.accepted(letter)
        (delivery,) = await host.deliveries(1)
        applied = host.acknowledgement(delivery)
        await host.acknowledge(applied)
        federation.clock.advance(89 * DAY)
        assert await gone(registry, federation) == (0, 0)
        federation.clock.advance(2 * DAY)
        assert await gone(registry, federation) == (1, 0), "the host never said that it holds the material"
        store = registry.database.store
        (item,) = store.mailbox(CHENGDU_RD, 0, 10)
        assert (item.header, item.sealed_body) == (letter.header_bytes, b"")
        federation.clock.advance(100 * DAY)
        assert await gone(registry, federation) == (0, 1)
