"""What the registry says of the members of a province, read from its answer."""

from collections.abc import Awaitable
from datetime import UTC
from typing import Final, Protocol

from delegation.errors import Reason, Refusal
from node.province.alert_rules import Attendance, Member
from xieban.federation.v1 import monitor_pb2 as pb

_MOST: Final = 4_096
_BUREAU_DIGITS: Final = 6


class Source(Protocol):
    """What is asked of the link to the registry."""

    def members(self) -> Awaitable[pb.ListMembersResponse]:
        """ListMembers, once."""
        ...


async def attendance(source: Source) -> Attendance:
    """Who was heard when. Refusal as the link's, or MALFORMED."""
    answer = await source.members()
    try:
        members = tuple(
            Member(
                each.bureau,
                each.connected,
                each.heard_at.ToDatetime(tzinfo=UTC) if each.HasField("heard_at") else None,
            )
            for each in answer.members[:_MOST]
        )
        since, at = answer.listening_since.ToDatetime(tzinfo=UTC), answer.at.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refusal(Reason.MALFORMED, field="members") from None
    if not (answer.HasField("listening_since") and answer.HasField("at")) or len(answer.members) > _MOST:
        raise Refusal(Reason.MALFORMED, field="members")
    if any(
        not (each.bureau.isascii() and each.bureau.isdigit() and len(each.bureau) == _BUREAU_DIGITS) for each in members
    ):
        raise Refusal(Reason.MALFORMED, field="members")
    return Attendance(members, since, at)
