"""The yardstick of the round trip: a bare grpc.aio unary echo over mutual TLS between two processes.

`python -m bench.echo server FOLDER` and `python -m bench.echo client FOLDER`, with certificates made by `make_keys`.
"""

import asyncio
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import grpc

from bench.processes import Json, answer_stream, serve
from certs.authority import ChannelAuthority
from certs.keys import load_p256, new_csr, new_p256, save_private
from certs.tls import channel_credentials, exchange_server_credentials

_METHOD: Final = "/bench.Echo/Echo"
_DOMAIN: Final = "bench.xieban.internal"


def make_keys(folder: Path, at: datetime) -> None:
    """An authority, a server's and a client's key and certificate."""
    folder.mkdir(parents=True)
    authority = ChannelAuthority.create(folder / "authority", _DOMAIN, at)
    (folder / "authority.der").write_bytes(authority.certificate)
    for name in ("server", "client"):
        key = new_p256()
        save_private(folder / f"{name}.pem", key)
        csr = new_csr(key)
        certificate = (
            authority.issue_registry_server(csr, host_names=("localhost", "127.0.0.1"), at=at)
            if name == "server"
            else authority.issue_channel(csr, "330100", at)
        )
        (folder / f"{name}.der").write_bytes(certificate)


async def _echo(request: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> bytes:
    del context
    return request


async def _server(folder: Path) -> None:
    server = grpc.aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
    credentials = exchange_server_credentials(
        load_p256(folder / "server.pem"),
        (folder / "server.der").read_bytes(),
        channel_authorities=[(folder / "authority.der").read_bytes()],
    )
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()

    async def tell(command: Json) -> Mapping[str, object]:
        del command
        return {"port": port}

    try:
        await serve({"port": tell}, answer_stream())
    finally:
        await server.stop(None)


async def _client(folder: Path) -> None:
    credentials = channel_credentials(
        load_p256(folder / "client.pem"),
        (folder / "client.der").read_bytes(),
        channel_authorities=[(folder / "authority.der").read_bytes()],
    )
    channels: list[grpc.aio.Channel] = []

    async def open_channel(command: Json) -> Mapping[str, object]:
        channels.append(grpc.aio.secure_channel(f"127.0.0.1:{command['port']}", credentials))
        async with asyncio.timeout(10):
            await channels[0].channel_ready()
        return {}

    async def measure(command: Json) -> Mapping[str, object]:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channels[0].unary_unary(_METHOD)
        payload = bytes(int(str(command["size"])))
        began = perf_counter()
        end = began + float(str(command["seconds"]))
        done = 0

        async def keep_calling() -> None:
            nonlocal done
            while perf_counter() < end:
                if await call(payload) != payload:
                    raise RuntimeError("the echo is not what was sent")
                done += 1

        await asyncio.gather(*(keep_calling() for _ in range(int(str(command["inflight"])))))
        return {"done": done, "seconds": perf_counter() - began}

    try:
        await serve({"open": open_channel, "measure": measure}, answer_stream())
    finally:
        for channel in channels:
            await channel.close()


if __name__ == "__main__":
    asyncio.run({"server": _server, "client": _client}[sys.argv[1]](Path(sys.argv[2])))
