"""Counts of requests. Labels are operation ids, methods of HTTP and classes of status: few, and never personal."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
NO_OPERATION: Final = "none"


class Metrics:
    """The gateway's own registry of metrics; others (the node's) are shown with it."""

    def __init__(self, others: Sequence[CollectorRegistry] = ()) -> None:
        self._registry = CollectorRegistry()
        self._others = tuple(others)
        self.requests = Counter(
            "xieban_gateway_requests", "Requests answered", ("operation", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "xieban_gateway_request_seconds",
            "Time to an answer",
            ("operation",),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self.running = Gauge("xieban_gateway_requests_running", "Requests being answered", registry=self._registry)
        self.streams = Gauge("xieban_gateway_change_streams", "Open streams of changes", registry=self._registry)
        self.failures = Counter("xieban_gateway_failures", "Errors that nobody foresaw", registry=self._registry)

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count one answer; 499 is a caller who left."""
        self.requests.labels(operation or NO_OPERATION, f"{status // 100}xx" if status != 499 else "499").inc()
        self.seconds.labels(operation or NO_OPERATION).observe(seconds)

    def text(self) -> bytes:
        """Every metric in the Prometheus text format."""
        return b"".join(generate_latest(registry) for registry in (self._registry, *self._others))
