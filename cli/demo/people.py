"""Who takes part in the demonstration, by bureau and unit. Everybody is made up."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from cli.demo.desk import Desk
from cli.demo.story import Staff
from cli.local_federation import CHENGDU, HANGZHOU, SICHUAN, BureauPlan, LocalFederation
from cli.simulate.handover import give_way
from cli.simulate.plan import Plan
from delegation.digits import UnitType


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account."""

    bureau: BureauPlan
    unit_type: UnitType
    staff_id: str
    name: str
    role: str

    @property
    def unit(self) -> str:
        """Code of the unit that they work for."""
        return self.bureau.unit(self.unit_type)


ACCOUNTS: Final = (
    Account(HANGZHOU, UnitType.RECOGNITION, "hz-jb-01", "何经办", "clerk"),
    Account(HANGZHOU, UnitType.RECOGNITION, "hz-sp-01", "施审批", "approver"),
    Account(HANGZHOU, UnitType.APPRAISAL, "hz-ld-01", "苏鉴定", "clerk"),
    Account(HANGZHOU, UnitType.APPRAISAL, "hz-ld-02", "顾审批", "approver"),
    Account(CHENGDU, UnitType.RECOGNITION, "cd-jb-01", "蒋经办", "clerk"),
    Account(CHENGDU, UnitType.RECOGNITION, "cd-sh-01", "邓审核", "approver"),
    Account(CHENGDU, UnitType.RECOGNITION, "cd-dc-01", "程以宁", "investigator"),
    Account(CHENGDU, UnitType.APPRAISAL, "cd-ld-01", "文鉴定", "clerk"),
    Account(CHENGDU, UnitType.APPRAISAL, "cd-ld-02", "唐审批", "approver"),
    Account(SICHUAN, UnitType.PROVINCIAL, "sc-jg-01", "川监管", "supervisor"),
    Account(SICHUAN, UnitType.PROVINCIAL, "sc-sp-01", "川审批", "approver"),
)
# handler and approver of the home, then of the host
INVESTIGATION: Final = ("hz-jb-01", "hz-sp-01", "cd-jb-01", "cd-sh-01")
APPRAISAL: Final = ("hz-ld-01", "hz-ld-02", "cd-ld-01", "cd-ld-02")


def prepare(federation: LocalFederation, year: Plan | None = None) -> None:
    """Start the federation with everybody's account in it; after a simulated year, when one was played there."""
    if year is None:
        federation.make_registry()
    federation.start_registry()
    requests = [request for bureau in federation.bureaus for request in federation.enrol(bureau)]
    if year is None:
        federation.publish_roster(requests)
    else:
        federation.publish_roster(requests, revised=partial(give_way, plan=year))
    for each in ACCOUNTS:
        federation.add_account(each.bureau, each.unit, staff_id=each.staff_id, name=each.name, role=each.role)
    federation.start_nodes()


def desk_of(federation: LocalFederation, staff_id: str) -> Desk:
    """A person, signed in."""
    (account,) = (each for each in ACCOUNTS if each.staff_id == staff_id)
    return Desk(
        federation.http_urls[account.bureau.code],
        staff_id=staff_id,
        password=federation.passwords[staff_id],
        unit=account.unit,
    )


@contextmanager
def staff_of(federation: LocalFederation, staff_ids: Sequence[str]) -> Iterator[Staff]:
    """The four who play a case, signed in."""
    with ExitStack() as stack:
        desks = []
        for staff_id in staff_ids:
            desks.append(desk_of(federation, staff_id))
            stack.callback(desks[-1].close)
        yield Staff(*desks)
