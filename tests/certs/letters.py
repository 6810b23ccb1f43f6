"""Letters that tests seal and open in the small federation of `tests.certs.world`."""

from certs.envelope import Opened, SealedEnvelope, open_body, seal_and_sign
from delegation.model import Header
from tests.certs.world import HOME, HOST, World, a_body, a_draft


def sealed(world: World, draft: Header | None = None, body: bytes | None = None, to: str = HOST) -> SealedEnvelope:
    header = draft or a_draft()
    keys = world.keys[HOME]
    return seal_and_sign(
        header,
        a_body(header.kind) if body is None else body,
        recipients=world.recipients(HOME, to),
        signing_key=keys.signing,
        certificate=keys.certificate,
    )


def opened(world: World, envelope: SealedEnvelope, unit: str = HOST, *, judged_by: Header | None = None) -> Opened:
    key_id = next(each.key_id for each in envelope.header.recipients if each.unit == unit)
    return open_body(
        envelope.header,
        envelope.sealed_body,
        unit=unit,
        private_key=world.keys[unit].sealing[key_id],
        judged_by=judged_by,
    )
