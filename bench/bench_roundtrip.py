"""The round trip measurement as one of `make bench`: shorter rounds, the same medians and bounds."""

import sys

from bench.roundtrip import main

if __name__ == "__main__":
    sys.exit(main(["--inflight", "1,16,64", "--seconds", "2"]))
