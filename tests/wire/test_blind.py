"""The registry is blind: what is personal never reaches its store, logs, metrics or error texts (promise 3)."""

import base64
from pathlib import Path

import grpc
import pytest

from delegation.codec_header import context_bytes, header_bytes
from tests.builders import CHENGDU_RD
from tests.registry.federation import CHENGDU, HANGZHOU, Federation, submit_request
from tests.wire.test_neighbours import get
from xieban.federation.v1 import exchange_pb2, monitor_pb2

_NAME = "欧阳测试"
_NUMBER = "110101199003078515"


def forms() -> list[bytes]:
    raws = [_NAME.encode(), _NUMBER.encode()]
    return [form for raw in raws for form in (raw, base64.b64encode(raw), raw.hex().encode())] + [_NUMBER[-8:].encode()]


def traces(folder: Path) -> list[Path]:
    """Files in which a canary is found; keys are no place for one either."""
    return [path for path in folder.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms())]


async def test_nothing_personal_is_kept_or_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    federation = Federation(tmp_path, log_level="debug")
    told: list[str] = []
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        letter = federation.letter()
        sealed = federation.seal_header(letter.header, text=f"{_NAME} {_NUMBER}")
        assert any(form in sealed.content for form in forms()), "a positive control: the sender has it"
        await home.accepted(sealed)
        await host.deliveries(1)
        # a careless sender puts it into header strings and reasons, signed or not
        for field in ("case_id", "sender_unit", "thread_id", "counterpart_unit", "envelope_id", "agreement_id"):
            for canary in (_NAME, _NUMBER):
                context = context_bytes(letter.header).replace(
                    str(getattr(letter.header, field) or letter.header.case_id).encode(), canary.encode(), 1
                )
                request = submit_request([letter], federation.clock.at)
                request.envelopes[0].header = header_bytes(context, bytes(32), 9)
                response = await home.exchange.SubmitEnvelopes(request)
                assert response.results[0].reason
                told.append(str(response))
        for call in (
            home.exchange.ReadThread(exchange_pb2.ReadThreadRequest(thread_id=_NAME)),
            home.exchange.DownloadMaterial(
                exchange_pb2.DownloadMaterialRequest(unit=_NAME, thread_id=_NUMBER, material_id=_NUMBER)
            ).read(),
            home.receive(**{_NUMBER: 0}).read(),
            home.exchange.UploadMaterial(exchange_pb2.UploadMaterialRequest(unit=CHENGDU_RD, thread_id=_NAME)),
            home.monitor.GetThread(monitor_pb2.GetThreadRequest(thread_id=_NUMBER)),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            told.append(f"{caught.value} {caught.value.trailing_metadata()}")
        told.append((await get(registry, "/metrics"))[1].decode())
        assert traces(federation.settings.data_dir) == []
    assert traces(federation.settings.data_dir) == []
    output = capfd.readouterr()
    everything = "\n".join([*told, output.out, output.err]).encode()
    assert "call_refused" in output.err, "the log was on"
    assert [form for form in forms() if form in everything] == []
