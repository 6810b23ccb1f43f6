"""What is asked of a delegation as a whole."""

from gateway.schemas.base import Form, ThreadId


class Purge(Form):
    """Deleting content for ever is said twice: in the address and here."""

    delegation_id: ThreadId
    """The same number as in the address."""
