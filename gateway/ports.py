"""What the gateway asks of the node that it stands before: use cases and accounts, nothing of its stores or keys."""

from typing import Protocol

from node.desk.paper_ports import PapersPort
from node.desk.people_ports import PeoplePort
from node.desk.ports import AccountsPort, DeskPort
from node.desk.taking_ports import TakingPort
from node.draws.service import DrawsPort
from node.pool.ports import PoolPort
from node.province.acts_ports import ProvincialActs
from node.province.alert_ports import OfficeAlerts
from node.province.ports import Oversight
from node.province.report_ports import ReportsPort


class Station(Protocol):
    """The part of a running node that faces need."""

    @property
    def desk(self) -> DeskPort:
        """Case work."""
        ...

    @property
    def people(self) -> PeoplePort:
        """Deputies, and who has what in hand."""
        ...

    @property
    def taking(self) -> TakingPort:
        """What a draft may take over of its case."""
        ...

    @property
    def papers(self) -> PapersPort:
        """Closed paper cases of earlier years, and papers with an e-seal."""
        ...

    @property
    def pool(self) -> PoolPort:
        """The expert pool of an appraisal unit."""
        ...

    @property
    def draws(self) -> DrawsPort:
        """The draws of experts, and what proves them."""
        ...

    @property
    def oversight(self) -> Oversight:
        """What a provincial office sees of its threads."""
        ...

    @property
    def acts(self) -> ProvincialActs:
        """What a provincial office does."""
        ...

    @property
    def alerts(self) -> OfficeAlerts:
        """What a provincial office is alerted of."""
        ...

    @property
    def reports(self) -> ReportsPort:
        """Reports of a provincial office."""
        ...

    @property
    def accounts(self) -> AccountsPort:
        """Accounts, sessions and keys."""
        ...
