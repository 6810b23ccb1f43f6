"""Signing and sealing for real in the simulator: every unit gets keys, every reader verifies and opens."""

from dataclasses import replace
from pathlib import Path

from certs.authority import ChannelAuthority, SealAuthority
from certs.envelope import open_body, seal_and_sign, verify_sealed, verify_signatures
from certs.keys import new_csr, new_ed25519, new_p256, new_x25519
from certs.trust import Trust, verify_roster
from delegation.codec_header import parse_header
from delegation.codec_roster_write import roster_bytes
from delegation.codes import Kind
from delegation.facts import BodyFacts
from delegation.model import Header
from delegation.payloads import sealing_key_id
from delegation.roster_view import RosterView, Unit
from tests.builders import NOW, a_roster, regions
from tests.certs.world import DAY, UnitKeys, a_body, sealing_record


class RealSealer:
    """A `Sealer` with keys. `roster` is the one whose units have them, verified as a node verifies it."""

    def __init__(self, folder: Path, roster: RosterView | None = None) -> None:
        view = roster or a_roster()
        self._authority = SealAuthority.create(folder / "seal", view.federation_id, NOW - 400 * DAY)
        channel = ChannelAuthority.create(folder / "channel", view.federation_id, NOW - 400 * DAY)
        self._keys: dict[str, UnitKeys] = {}
        units = {code: self._with_keys(unit) if unit.is_member else unit for code, unit in view.units.items()}
        registry = replace(
            view.registry,
            log_public_key=new_ed25519().public_key().public_bytes_raw(),
            channel_authorities=(channel.certificate,),
        )
        signed = self._authority.sign_roster(roster_bytes(replace(view, units=units, registry=registry)), NOW)
        self.trust: Trust = verify_roster(signed, seal_authority=self._authority.certificate, regions=regions(), at=NOW)
        self.opened = 0

    @property
    def roster(self) -> RosterView:
        """The roster as everyone believes it."""
        return self.trust.view

    def __call__(self, draft: Header, body: BodyFacts) -> Header:
        """Seal and sign; then verify as the registry does and open as each recipient does. Gives the parsed header."""
        keys = self._keys[draft.sender_unit]
        plain = a_body(Kind(body.kind), draft.thread_id)
        recipients = [self._keys[each.unit].seal_to for each in draft.recipients]
        sealed = seal_and_sign(
            draft, plain, recipients=recipients, signing_key=keys.signing, certificate=keys.certificate
        )
        header = parse_header(sealed.header_bytes)
        verify_signatures(sealed.header_bytes, sealed.signatures, header, self.trust, at=draft.claimed_at)
        verify_sealed(header, sealed.sealed_body)
        for recipient in header.recipients:
            private = self._keys[recipient.unit].sealing[recipient.key_id]
            opened = open_body(header, sealed.sealed_body, unit=recipient.unit, private_key=private)
            assert opened.body == plain
            self.opened += 1
        return header

    def _with_keys(self, unit: Unit) -> Unit:
        signing, sealing = new_p256(), new_x25519()
        certificate = self._authority.issue_unit(new_csr(signing), unit.code, NOW - 30 * DAY)
        keys = self._keys[unit.code] = UnitKeys(unit.code, signing, certificate)
        keys.newest = sealing_key_id(sealing.public_key().public_bytes_raw())
        keys.sealing[keys.newest] = sealing
        return replace(
            unit,
            signing_certificates=(certificate,),
            sealing_keys=(sealing_record(keys, sealing, NOW - 20 * DAY),),
        )
