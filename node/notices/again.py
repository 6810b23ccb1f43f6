"""A way out tries again by itself: after longer and longer waits, until a call is taken."""

from collections.abc import Awaitable, Callable
from typing import Final

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from node.notices.webhooks import NotTakenError

LONGEST_WAIT_SECONDS: Final = 300.0


async def until_taken(
    attempt: Callable[[], Awaitable[object]],
    failed: Callable[[str, int], None],
    *,
    longest_wait: float = LONGEST_WAIT_SECONDS,
) -> None:
    """Make an attempt again as long as it raises NotTakenError; `failed` is told the fault and how many there were."""

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        failed(error.fault if isinstance(error, NotTakenError) else "", state.attempt_number)

    wait = wait_random_exponential(multiplier=0.5, max=longest_wait)
    async for each in AsyncRetrying(wait=wait, retry=retry_if_exception_type(NotTakenError), before_sleep=tell):
        with each:
            await attempt()
