"""A node's database as its settings name it, brought to this version."""

from certs.rest import MasterKey
from node.keyring import MASTER_FILE
from node.settings import NodeSettings
from node.store_sql import SqlStore, make_engine


def open_store(settings: NodeSettings) -> SqlStore:
    """The store. The master key is read where an older schema has to be encrypted, and not before.

    Raises:
        Refusal: SCHEMA_TOO_NEW, STORAGE_UNAVAILABLE.
        KeyFileError: an older schema, and no master key that can be read; nothing was touched.
    """
    return SqlStore(make_engine(settings.database), master=lambda: MasterKey.load(settings.keys_dir / MASTER_FILE))
