"""Figures for a monitoring system: counts and ages, never a case."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from delegation.errors import Refusal
from node.link import Link
from node.state import State
from node.writer import Writer


class Metrics(Collector):
    """Collects at the moment it is asked. `text` is what /metrics gives."""

    def __init__(self, state: State, writer: Writer[State], link: Link) -> None:
        self._state = state
        self._writer = writer
        self._link = link
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> list[GaugeMetricFamily]:
        """See Collector."""
        figures = {
            "xieban_node_outbox_queued": ("envelopes that wait for an answer", len(self._state.outbox.queued)),
            "xieban_node_acknowledgements_waiting": ("acknowledgements not answered", len(self._state.acks.waiting)),
            "xieban_node_threads_waiting": ("threads with a gap", len(self._state.waits.threads)),
            "xieban_node_commits": ("transactions written", self._writer.commits),
            "xieban_node_use_cases": ("use cases run", self._writer.use_cases),
            "xieban_node_connected": ("the registry answers", int(self._link.connected)),
            "xieban_node_roster_version": ("roster in force", self._roster_version()),
        }
        found = []
        for name, (words, value) in figures.items():
            family = GaugeMetricFamily(name, words)
            family.add_metric([], float(value))
            found.append(family)
        return found

    def _roster_version(self) -> int:
        try:
            return self._state.rosters.current.view.version
        except Refusal:
            return 0

    def text(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)
