"""What the registry deletes, and when (promise 3): sealed bodies and materials; headers, digests and entries stay."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from registry.database import Database
from registry.materials import Materials
from registry.settings import Retention

_SLICE: Final = 200


async def sweep(database: Database, materials: Materials, retention: Retention, *, at: datetime) -> tuple[int, int]:
    """Delete what may go now; gives how many bodies and materials. Each slice is a transaction of its own."""
    store = database.store
    applied, undelivered = timedelta(days=retention.applied_days), timedelta(days=retention.undelivered_days)
    bodies = gone = 0
    while True:
        leaves = await database.read(
            lambda: store.stale_bodies(applied_before=at - applied, undelivered_before=at - undelivered, limit=_SLICE)
        )
        if leaves:
            await database.write(partial(store.delete_bodies, leaves))
        bodies += len(leaves)
        if len(leaves) < _SLICE:
            break
    while True:
        names = await database.read(
            lambda: store.stale_materials(
                held_before=at - applied,
                undelivered_before=at - undelivered,
                orphans_before=at - timedelta(days=retention.orphan_days),
                limit=_SLICE,
            )
        )
        for name in names:
            await materials.delete(*name)
        gone += len(names)
        if len(names) < _SLICE:
            return bodies, gone
