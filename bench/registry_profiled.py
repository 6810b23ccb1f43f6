"""`xieban registry serve` under cProfile, for finding hot spots: `python -m bench.registry_profiled DATA_DIR INTO`.

SIGUSR1 begins, SIGUSR2 ends and writes INTO-loop.prof, INTO-writer.prof and INTO-reader.prof (one of the two readers
when both are used). Its figures are not those of a registry that nobody looks into.
"""

import asyncio
import contextlib
import cProfile
import signal
import sys
import time
from pathlib import Path

from cli.common import spare_collector
from registry.server import Registry
from registry.settings import RegistrySettings


async def _main(folder: Path, into: str) -> None:
    registry = Registry(RegistrySettings.load(folder))
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    profiles = {name: cProfile.Profile(time.thread_time) for name in ("loop", "writer", "reader")}
    running: set[asyncio.Task[None]] = set()

    async def begin() -> None:
        await registry.database.write(profiles["writer"].enable)
        await registry.database.read(profiles["reader"].enable)
        profiles["loop"].enable()

    async def end() -> None:
        profiles["loop"].disable()
        await registry.database.write(profiles["writer"].disable)
        for name, profile in profiles.items():
            with contextlib.suppress(TypeError):  # nothing was seen
                profile.dump_stats(f"{into}-{name}.prof")

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: running.add(loop.create_task(begin())))
    loop.add_signal_handler(signal.SIGUSR2, lambda: running.add(loop.create_task(end())))
    spare_collector()
    try:
        await registry.start()
        await stop.wait()
    finally:
        await registry.stop()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))
