"""How dear is a question and its answer, from desk to desk, next to a bare echo on the same machine?

`python bench/roundtrip.py --inflight 1,16,64 --seconds 3` starts a registry and two nodes as processes of their own,
brings delegations into work, and lets questions with a sealed body of 4 KiB go out and their answers come back: signed,
verified, sealed, opened, and durable at all three, in rounds interleaved with a grpc.aio echo of 4 KiB over mutual TLS.
One JSON line for each number in flight, medians of the rounds; progress and the verdict on the standard error.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run it. 0 when the bounds hold at the largest number in flight (64 by default), else 1."""
    parser = argparse.ArgumentParser(description="Round trips of a question next to a bare echo.")
    parser.add_argument("--inflight", default="1,16,64", help="numbers of round trips at a time, with commas")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one round")
    parser.add_argument("--rounds", type=int, default=5, help="for each number in flight")
    parser.add_argument("--threads", type=int, default=0, help="delegations in work; 0: twice the largest in flight")
    parser.add_argument("--keep", type=Path, default=None, help="keep data and logs in this new folder")
    parser.add_argument("--profile", type=Path, default=None, help="write cProfile statistics of the nodes here")
    given = parser.parse_args(arguments)
    for path in (ROOT / "proto" / "gen", ROOT):
        if str(path) not in sys.path:
            sys.path.insert(0, str(path))
    from bench.roundtrip_driver import Plan, run

    inflight = tuple(int(each) for each in given.inflight.split(","))
    if not inflight or min(inflight) < 1 or max(inflight) > 1024 or given.seconds <= 0 or given.rounds < 1:
        parser.error("inflight is 1 to 1024, seconds and rounds are positive")
    return run(
        Plan(
            inflight=inflight,
            seconds=given.seconds,
            rounds=given.rounds,
            threads=given.threads or max(64, 2 * max(inflight)),
            keep=given.keep,
            profile=given.profile,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
