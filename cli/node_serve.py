"""One process of a bureau: the node and the HTTP face before it, one loop, one worker."""

import asyncio
import json
import signal

from certs.files import write_atomically
from cli.common import now, spare_collector
from delegation.codes import PRACTICE_FEDERATION
from gateway.app import create_app
from gateway.serve import serve as serve_gateway
from gateway.settings import GatewaySettings
from node.logs import configure
from node.service import Node
from node.settings import NodeSettings

PORTS_FILE = "ports.json"
UPLOADS = "uploads"  # files that come in parts, encrypted under keys in memory; nothing there has a name
_PUBLIC = 0o644


async def serve_node(settings: NodeSettings) -> None:
    """Serve until SIGTERM or SIGINT. The bound port goes into ports.json; a stop takes at most ten seconds."""
    configure(settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    face = GatewaySettings(
        host=settings.http_host,
        port=settings.http_port,
        tls_certificate=settings.http_certificate,
        tls_key=settings.http_key,
        bureau=settings.bureau,
        practice=settings.federation_id == PRACTICE_FEDERATION,
        spool_dir=settings.data_dir / UPLOADS,
    )

    def bound(port: int) -> None:
        text = json.dumps({"http": port}) + "\n"
        write_atomically(settings.data_dir / PORTS_FILE, text.encode(), mode=_PUBLIC)

    async with Node.running(settings, now) as node:
        spare_collector()
        app = create_app(
            node,
            face,
            clock=now,
            is_ready=lambda: node.readiness,
            metrics_beside=(node.metrics.registry,),
        )
        await serve_gateway(app, face, stop=stop, on_bound=bound)
