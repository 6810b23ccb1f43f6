"""Letting a bureau in: a one-time token and two certificate requests for a channel and a node certificate."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from certs.authority import ChannelAuthority
from certs.tokens import secret_hash
from delegation.errors import Reason, Refusal
from delegation.payloads import length_prefixed
from registry.database import Database
from registry.logs import Log
from registry.settings import RegistrySettings
from xieban.federation.v1 import enrolment_pb2 as pb

_MOST_TOKEN = 128
_MOST_REQUEST = 4096


class Enrolment:
    """Takes tokens."""

    def __init__(
        self,
        database: Database,
        settings: RegistrySettings,
        *,
        authority: ChannelAuthority,
        seal_authority: bytes,
        clock: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._database = database
        self._settings = settings
        self._authority = authority
        self._seal_authority = seal_authority
        self._clock = clock
        self._log = log

    async def enrol(self, token: str, *, channel_request: bytes, node_request: bytes) -> pb.EnrolResponse:
        """The bureau's certificates. The same token with the same requests gets the same answer while it is valid.

        Raises Refusal: TOKEN_NOT_VALID, TOO_LARGE, and as `certs.requests` for weak keys and malformed requests.
        """
        if len(token) > _MOST_TOKEN:
            raise Refusal(Reason.TOKEN_NOT_VALID)
        if max(len(channel_request), len(node_request)) > _MOST_REQUEST:
            raise Refusal(Reason.TOO_LARGE, field="request")
        store, at, token_hash = self._database.store, self._clock(), secret_hash(token)
        used_for = hashlib.sha256(length_prefixed(channel_request, node_request)).digest()
        row = await self._database.read(lambda: store.token(token_hash))
        if row is None or at >= row.expires_at or row.used_for not in (b"", used_for):
            raise Refusal(Reason.TOKEN_NOT_VALID)
        if row.used_for:
            return pb.EnrolResponse.FromString(row.answer)
        answer = pb.EnrolResponse(
            channel_certificate=self._authority.issue_channel(channel_request, row.bureau, at),
            node_certificate=self._authority.issue_node(node_request, row.bureau, at),
            channel_authorities=[self._authority.certificate],
            seal_authority=self._seal_authority,
            federation_id=self._settings.federation_id,
            bureau=row.bureau,
            trust_domain=self._settings.trust_domain,
        )
        packed = answer.SerializeToString(deterministic=True)
        if not await self._database.write(lambda: store.use_token(token_hash, used_for=used_for, answer=packed)):
            raise Refusal(Reason.TOKEN_NOT_VALID)
        self._log.info("bureau_enrolled", bureau=row.bureau)
        return answer
