"""The federation's health as gauges. The only label is a bureau's code, or the name of a suite of the contract."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from registry.health import FederationHealth, MemberHealth

_PREFIX = "xieban_registry_"


class MemberMetrics:
    """Set anew from each look; a bureau that left the roster is there no longer."""

    def __init__(self, collector: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(_PREFIX + name, text, labels, registry=collector)

        self._ready = gauge("ready", "1 when every part is ready")
        self._quiet = gauge("sweeps_quiet", "1 while sweeps wait after an absence of the registry")
        self._halted = gauge("sweeps_halted", "1 while sweeps wait since the clock jumped")
        self._version = gauge("roster_version", "Version of the roster in force")
        self._issued = gauge("roster_issued_timestamp_seconds", "When the roster's statement was issued")
        self._expires = gauge("roster_expires_timestamp_seconds", "When the roster's statement expires")
        self._members = gauge("members", "Bureaus of the roster")
        self._suites = gauge("suite_units", "Units with a key of the suite in force", "suite")
        self._connected = gauge("member_connected", "1 while a delivery stream is open", "bureau")
        self._seen = gauge("member_last_seen_timestamp_seconds", "Last call since the registry began", "bureau")
        self._waiting = gauge("member_waiting_envelopes", "Envelopes that nobody acknowledged", "bureau")
        self._oldest = gauge("member_oldest_waiting_seconds", "Age of the oldest of them", "bureau")
        self._parked = gauge("member_parked_envelopes", "Envelopes that the node parked", "bureau")
        self._channel = gauge("member_channel_certificate_expires_timestamp_seconds", "As it was last shown", "bureau")
        self._signing = gauge("member_signing_certificate_expires_timestamp_seconds", "The first unit's", "bureau")
        self._sealing = gauge("member_sealing_key_expires_timestamp_seconds", "The first unit's", "bureau")
        self._by_bureau = (
            self._connected,
            self._seen,
            self._waiting,
            self._oldest,
            self._parked,
            self._channel,
            self._signing,
            self._sealing,
        )

    def show(self, health: FederationHealth) -> None:
        """Take over a look."""
        self._ready.set(health.ready)
        self._quiet.set(health.quiet)
        self._halted.set(health.halted)
        self._version.set(health.roster_version)
        self._members.set(len(health.members))
        for gauge, at in ((self._issued, health.roster_issued), (self._expires, health.roster_expires)):
            gauge.set(0 if at is None else at.timestamp())
        self._suites.clear()
        for suite, units in health.suites.items():
            self._suites.labels(suite).set(units)
        for each in self._by_bureau:
            each.clear()
        for member in health.members:
            self._show(member, health.at)

    def _show(self, member: MemberHealth, at: datetime) -> None:
        bureau = member.bureau
        self._connected.labels(bureau).set(member.connected)
        self._waiting.labels(bureau).set(member.waiting)
        self._parked.labels(bureau).set(member.parked)
        oldest = member.oldest_waiting
        self._oldest.labels(bureau).set(0.0 if oldest is None else max(0.0, (at - oldest).total_seconds()))
        instants = (
            (self._seen, member.last_seen),
            (self._channel, member.channel_expires),
            (self._signing, member.signing_expires),
            (self._sealing, member.sealing_expires),
        )
        for gauge, instant in instants:
            if instant is not None:
                gauge.labels(bureau).set(instant.timestamp())
