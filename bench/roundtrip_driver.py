"""Sets the round trip up and runs its rounds between rounds of the echo; says what came out (bench/roundtrip.py)."""

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final, cast

import psutil

from bench import echo
from bench.processes import ROOT, Child, Json, cpu_seconds
from cli.demo.story import load_case
from cli.local_federation import CHENGDU, HANGZHOU, LocalFederation
from delegation.deadlines import day_of
from delegation.digits import UnitType

SIZE: Final = 4096
JUDGED_AT: Final = 64
MOST_CPU: Final = 8.0  # times the echo's
LEAST_RATE: Final = 0.10  # of the echo's
# An hour's work of one thread in seconds: what keeps one bureau from taking all is set out of the way.
_QUOTAS: Final = {
    "NEUTRAL_A_DAY": "1000000000",
    "CALLS_A_SECOND": "1000000",
    "ENVELOPES_WAITING": "8192",
    "MAILBOX": "1000000000",
}
# A sealed body has the key sealed to two recipients, a salt and tags beside the padded text (protocol 4.2).
_TEXT: Final = "请就下列事项核实并答复：" + "0123456789" * 377


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure."""

    inflight: tuple[int, ...]
    seconds: float
    rounds: int
    threads: int
    keep: Path | None = None
    profile: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of round trips (or, without a hub, of echoes)."""

    done: int
    rate: float
    cpu_ms: float
    hub_cpu_ms: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class EchoPair:
    """Server and client of the echo."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        echo.make_keys(folder, datetime.now(UTC) - timedelta(minutes=1))
        self._pair = [Child("bench.echo", name, str(folder), log=folder / f"{name}.log") for name in _ECHO]
        for each in self._pair:
            stack.callback(each.stop)
        server, self._client = self._pair
        self._client.ask("open", port=server.ask("port")["port"])

    def measure(self, *, inflight: int, seconds: float) -> Round:
        """Echo for some seconds."""
        before = sum(each.cpu_seconds for each in self._pair)
        found = self._client.ask("measure", inflight=inflight, seconds=seconds, size=SIZE, patience=seconds + 30)
        cpu = sum(each.cpu_seconds for each in self._pair) - before
        done = cast("int", found["done"])
        return Round(done=done, rate=done / cast("float", found["seconds"]), cpu_ms=cpu / done * 1000)


_ECHO: Final = ("server", "client")


class Federation:
    """Registry and two nodes with delegations in work."""

    def __init__(self, folder: Path, stack: ExitStack, *, threads: int) -> None:
        for name, value in _QUOTAS.items():
            os.environ[f"XIEBAN_REGISTRY_QUOTAS__{name}"] = value
        paths = (str(ROOT), str(ROOT / "proto" / "gen"), os.environ.get("PYTHONPATH", ""))
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        local = stack.enter_context(LocalFederation(folder, (HANGZHOU, CHENGDU), tell=_tell))
        local.make_registry()
        local.start_registry()
        local.publish_roster([request for bureau in local.bureaus for request in local.enrol(bureau)])
        process = local.services["registry"].process
        assert process is not None
        self._hub = psutil.Process(process.pid)
        self.home, self.host = (
            Child("bench.roundtrip_node", str(local.node_dir(bureau.code)), log=folder / f"node-{bureau.code}.log")
            for bureau in local.bureaus
        )
        stack.callback(self.home.stop)
        stack.callback(self.host.stop)
        for each in (self.home, self.host):
            each.send("ready")
        for each in (self.home, self.host):
            each.answer()
        self._threads = self._open(threads)

    def _open(self, count: int) -> list[str]:
        """Letters issued, signed for, accepted and assigned."""
        _tell(f"issuing {count} delegations")
        today = day_of(datetime.now(UTC))
        case = load_case(ROOT / "examples" / "hangzhou-chengdu.json", today=today)
        threads = cast("list[str]", self.home.ask("issue", count=count, business=_letter(case))["threads"])
        _tell("the host signs, accepts and assigns")
        self.host.ask("take", threads=threads, moves=_moves(case), patience=120)
        for each in (self.home, self.host):
            each.ask("until", threads=threads, state="in_progress", patience=120)
        self.host.ask("answering", text=_TEXT)
        return threads

    def measure(self, *, inflight: int, seconds: float) -> Round:
        """Ask and answer for some seconds; what follows (acknowledgements, evidence) is waited for and counted."""
        nodes = (self.home, self.host)
        hub = cpu_seconds(self._hub)
        before = sum(each.cpu_seconds for each in nodes)
        asked = {"inflight": inflight, "seconds": seconds, "threads": self._threads, "text": _TEXT}
        found = self.home.ask("measure", patience=seconds + 60, **asked)
        for each in nodes:
            each.ask("settle")
        hub = cpu_seconds(self._hub) - hub
        cpu = sum(each.cpu_seconds for each in nodes) - before + hub
        took = sorted(cast("list[float]", found["took"]))
        done = len(took)
        return Round(
            done=done,
            rate=done / cast("float", found["seconds"]),
            cpu_ms=cpu / done * 1000,
            hub_cpu_ms=hub / done * 1000,
            p50_ms=took[done // 2] * 1000,
            p99_ms=took[min(done - 1, done * 99 // 100)] * 1000,
        )


def _letter(case: Json) -> Json:
    """The sample case's letter as a draft's business."""
    business = dict(cast("Json", case["delegation"]))
    clock = {"accepted_on": business.pop("accepted_on"), "procedure": business.pop("procedure")}
    return {**business, "clock": clock, "letter": case["letter"]}


def _moves(case: Json) -> list[tuple[str, Json]]:
    """What the host does before it may be asked."""
    host = cast("Json", case["host"])
    unit = CHENGDU.unit(UnitType.RECOGNITION)
    people = [
        {**each, "unit": unit, "staff_id": f"dc-{n:02d}", "recusal_declared": True}
        for n, each in enumerate(cast("list[Json]", host["investigators"]), start=1)
    ]
    return [
        ("SIGNED_FOR", {}),
        ("ACCEPTED", {"body": {"acceptance": host["acceptance"]}}),
        ("ASSIGNED", {"body": {"assignment": {"investigators": people}}}),
    ]


def run(plan: Plan) -> int:
    """Measure and print. 0 when the bounds hold where they are judged, or when nothing is judged."""
    code = 0
    with ExitStack() as stack:
        folder = plan.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xieban-bench-")))
        folder.mkdir(parents=True, exist_ok=plan.keep is None)
        yardstick = EchoPair(folder / "echo", stack)
        federation = Federation(folder / "federation", stack, threads=plan.threads)
        echo_seconds = max(0.5, plan.seconds / 2)
        _tell("warming up")
        federation.measure(inflight=max(plan.inflight), seconds=1.0)
        for inflight in plan.inflight:
            yardstick.measure(inflight=inflight, seconds=0.5)
            echoes, rounds = list[Round](), list[Round]()
            for number in range(plan.rounds):
                echoes.append(yardstick.measure(inflight=inflight, seconds=echo_seconds))
                rounds.append(federation.measure(inflight=inflight, seconds=plan.seconds))
                _tell(
                    f"in flight {inflight}, round {number + 1}: {rounds[-1].rate:.0f}/s at {rounds[-1].cpu_ms:.2f} ms;"
                    f" echo {echoes[-1].rate:.0f}/s at {echoes[-1].cpu_ms:.3f} ms"
                )
            line = _line(inflight, rounds, echoes)
            print(json.dumps(line), flush=True)
            if inflight == JUDGED_AT:
                code = _judge(line)
        if plan.profile is not None:
            _profile(plan, federation)
    return code


def _line(inflight: int, rounds: list[Round], echoes: list[Round]) -> dict[str, object]:
    return {
        "peer": "xieban",
        "inflight": inflight,
        "rt_per_s": round(median(each.rate for each in rounds), 1),
        "p50_ms": round(median(each.p50_ms for each in rounds), 2),
        "p99_ms": round(median(each.p99_ms for each in rounds), 2),
        "cpu_ms": round(median(each.cpu_ms for each in rounds), 3),
        "hub_cpu_ms": round(median(each.hub_cpu_ms for each in rounds), 3),
        "echo_rps": round(median(each.rate for each in echoes), 1),
        "echo_cpu_ms": round(median(each.cpu_ms for each in echoes), 4),
    }


def _judge(line: dict[str, object]) -> int:
    cpu = cast("float", line["cpu_ms"]) / cast("float", line["echo_cpu_ms"])
    rate = cast("float", line["rt_per_s"]) / cast("float", line["echo_rps"])
    good = cpu <= MOST_CPU and rate >= LEAST_RATE
    _tell(
        f"verdict at {JUDGED_AT} in flight: cpu {cpu:.2f} times the echo (at most {MOST_CPU:g}), "
        f"rate {rate:.3f} of the echo (at least {LEAST_RATE:g}): {'good' if good else 'NOT good'}"
    )
    return 0 if good else 1


def _profile(plan: Plan, federation: Federation) -> None:
    """Once more under cProfile; its figures are for finding hot spots alone."""
    assert plan.profile is not None
    plan.profile.mkdir(parents=True, exist_ok=True)
    for each in (federation.home, federation.host):
        each.ask("profile")
    found = federation.measure(inflight=max(plan.inflight), seconds=plan.seconds)
    for name, each in (("home", federation.home), ("host", federation.host)):
        each.ask("profile", path=str(plan.profile / name))
    _tell(f"profiles of {found.done} round trips in {plan.profile}")
