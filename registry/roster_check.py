"""Whether a roster may come into force: asked when it is loaded, and again when the running registry takes it up."""

from certs.trust import Trust
from delegation.errors import Reason, Refusal
from delegation.roster_rules import validate_roster


def check_roster(trust: Trust) -> None:
    """Refuse a verified roster that contradicts itself or the law, or has a unit key that nothing vouches for.

    The seal authority asks the same before it signs (protocol 9.3, 9.8); the registry does not lean on that.

    Raises:
        Refusal: INVALID_INPUT (field roster, problem) as `validate_roster`; KEY_CHANGED_UNSIGNED (field roster, unit).
            `delegation.roster_advice` says what to change.
    """
    validate_roster(trust.view)
    for unit in sorted(trust.unvouched):
        raise Refusal(Reason.KEY_CHANGED_UNSIGNED, field="roster", unit=unit)
