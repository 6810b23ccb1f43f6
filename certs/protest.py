"""Which ground a recipient protests on, by what stopped the opening (protocol 5.5)."""

from types import MappingProxyType
from typing import Final

from delegation.errors import Reason, Refusal
from xieban.delegation.v1 import declared_pb2

_GROUNDS: Final = MappingProxyType(
    {
        Reason.CANNOT_OPEN: declared_pb2.PROTEST_GROUND_DOES_NOT_OPEN,
        Reason.COMMITMENT_MISMATCH: declared_pb2.PROTEST_GROUND_COMMITMENT,
        Reason.BODY_CONTRADICTS_HEADER: declared_pb2.PROTEST_GROUND_CONTRADICTS_HEADER,
        Reason.BODY_GUARD_FAILED: declared_pb2.PROTEST_GROUND_BODY_GUARD,
        Reason.MATERIAL_HELD_ALREADY: declared_pb2.PROTEST_GROUND_BODY_GUARD,
        Reason.MATERIAL_DAMAGED: declared_pb2.PROTEST_GROUND_MATERIAL,
        Reason.MATERIAL_MISSING: declared_pb2.PROTEST_GROUND_MATERIAL,
    }
)


def protest_ground(refusal: Refusal | Reason) -> int | None:
    """The number for `ProtestDeclared.ground`; None when it is no ground of a protest.

    CANNOT_OPEN is one only once the sender's key id is one that the unit still holds: a lost or purged key asks for a
    reseal instead, which the caller decides. DIGEST_MISMATCH is none: the registry or the wire damaged the body.
    """
    ground = _GROUNDS.get(refusal.reason if isinstance(refusal, Refusal) else refusal)
    return None if ground is None else int(ground)
