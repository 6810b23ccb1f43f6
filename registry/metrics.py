"""Figures for operators: counts and times, never who or what."""

import time
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One registry's figures, in a collector of their own."""

    def __init__(self) -> None:
        self._collector = CollectorRegistry()
        self._calls = Counter(
            "xieban_registry_calls", "Calls by method and outcome", ["method", "outcome"], registry=self._collector
        )
        self._seconds = Histogram(
            "xieban_registry_call_seconds",
            "Time of unary calls",
            ["method"],
            buckets=_SECONDS,
            registry=self._collector,
        )
        self._envelopes = Counter(
            "xieban_registry_envelopes", "Envelopes by answer", ["answer"], registry=self._collector
        )
        self._batch_seconds = Histogram(
            "xieban_registry_batch_seconds", "Time of the writer's batches", buckets=_SECONDS, registry=self._collector
        )
        self._batch_jobs = Histogram(
            "xieban_registry_batch_jobs",
            "Jobs of the writer's batches",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
            registry=self._collector,
        )
        self._log_size = Gauge("xieban_registry_log_size", "Leaves of the log", registry=self._collector)
        self._streams = Gauge("xieban_registry_streams", "Open delivery streams", registry=self._collector)
        # Closed lists of methods, outcomes and reasons: looking labels up each time costs more than counting.
        self._call = cache(self._calls.labels)
        self._time = cache(self._seconds.labels)
        self._envelope = cache(self._envelopes.labels)
        self._alarms = Counter("xieban_registry_alarms", "Alarms by name", ["alarm"], registry=self._collector)

    def now(self) -> float:
        """Seconds of a clock that only measures."""
        return time.perf_counter()

    def call(self, method: str, outcome: str, seconds: float | None) -> None:
        """A call ended. `outcome` is OK or the name of a reason."""
        self._call(method, outcome).inc()
        if seconds is not None:
            self._time(method).observe(seconds)

    def envelope(self, answer: str, count: int = 1) -> None:
        """Envelopes were answered: accepted, refused, repeated, or the name of a reason."""
        self._envelope(answer).inc(count)

    def batch(self, jobs: int, size: int, seconds: float) -> None:
        """A batch was committed."""
        self._batch_jobs.observe(jobs)
        self._batch_seconds.observe(seconds)
        if size:
            self._log_size.set(size)

    def stream(self, change: int) -> None:
        """A delivery stream opened or ended."""
        self._streams.inc(change)

    def alarm(self, name: str) -> None:
        """An alarm."""
        self._alarms.labels(name).inc()

    @property
    def collector(self) -> CollectorRegistry:
        """For what is figured out elsewhere."""
        return self._collector

    def text(self) -> bytes:
        """Everything, in the Prometheus text form."""
        return generate_latest(self._collector)
