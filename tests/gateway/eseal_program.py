"""A small e-seal system: `python eseal_program.py KEY UNIT [ACCIDENT]`, a PDF on standard input, sealed on the output.

It signs as real ones do: an incremental update with a signature dictionary whose byte range covers the whole file but
the signature. KEY is a file with an EC private key (PEM). ACCIDENT is what goes wrong, for the tests.
"""

import re
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_ROOM = 200  # hexadecimal digits for the signature


def sealed(pdf: bytes, key: ec.EllipticCurvePrivateKey, unit: str) -> bytes:
    """The PDF and after it a signature over all of it."""
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    size = int(re.findall(rb"/Size\s+(\d+)", pdf)[-1])
    root = re.findall(rb"/Root\s+(\d+\s+\d+\s+R)", pdf)[-1]
    start = b"\n%d 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /Name (%s) /ByteRange [" % (size, unit.encode())
    ranges = b"0 %010d %010d %010d"
    middle = b"] /Contents <"
    hole = len(pdf) + len(start) + len(ranges % (0, 0, 0)) + len(middle) - 1
    after = hole + _ROOM + 2
    at = len(pdf) + 1
    rest = b" >>\nendobj\n"
    xref = after + len(rest)
    rest += b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, at, size + 1, root, before, xref,
    )  # fmt: skip
    head = pdf + start + ranges % (hole, after, len(rest)) + middle[:-1]
    assert len(head) == hole
    signature = key.sign(head + rest, ec.ECDSA(SHA256())).hex().encode()
    return head + b"<" + signature.ljust(_ROOM, b"0") + b">" + rest


def main() -> int:
    """Seal, or have the accident."""
    key_file, unit, *more = sys.argv[1:]
    accident = more[0] if more else ""
    if accident == "unread":
        return 0
    pdf = sys.stdin.buffer.read()
    if accident == "fails":
        print("no seal of this unit", file=sys.stderr)
        return 7
    if accident == "slow":
        time.sleep(60)
    key = load_pem_private_key(Path(key_file).read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    out = sealed(pdf, key, unit)
    out = {
        "changed": out.replace(b"/Type", b"/type", 1),
        "picture": pdf + b"\n%% a picture of a seal\nstartxref\n%d\n%%%%EOF\n" % (len(pdf) + 1),
        "nothing": pdf,
        "no-pdf": b"<html>sealed</html>",
        "elsewhere": out + b"more after the signature\nstartxref\n%d\n%%%%EOF\n" % len(out),
        "large": out + bytes(3 * 1024 * 1024),
    }.get(accident, out)
    sys.stdout.buffer.write(out)
    return 9 if accident == "after-all" else 0


if __name__ == "__main__":
    sys.exit(main())
