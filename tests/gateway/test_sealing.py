"""E-seals by a program: a real small one that signs; what comes back otherwise is refused by its reason."""

import os
import re
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.doctor import check_seal, examine_gateway
from gateway.sealing import TEXTS, ProgramSeal, SealError, SealFault, check_sealed, seal_of
from gateway.settings import GatewaySettings
from node.doctor import Status

PROGRAM = Path(__file__).with_name("eseal_program.py")
UNIT = "330100RD01T"
# the smallest file with what an update refers to
PDF = (
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
    b"trailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n45\n%%EOF\n"
)


@pytest.fixture
def key(tmp_path: Path) -> ec.EllipticCurvePrivateKey:
    made = ec.generate_private_key(ec.SECP256R1())
    text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "seal.pem").write_bytes(text)
    return made


def a_command(tmp_path: Path, *more: str) -> tuple[str, ...]:
    """The program as the settings name it."""
    return (sys.executable, str(PROGRAM), str(tmp_path / "seal.pem"), "{unit}", *more)


def verify(sealed: bytes, public: ec.EllipticCurvePublicKey) -> None:
    """The signature of a sealed PDF holds."""
    first, length, second, rest = map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", sealed)[-1])
    held = bytes.fromhex(sealed[length + 1 : second - 1].decode())
    signature = held[: 2 + held[1]]  # DER says how long it is; the rest fills the room
    public.verify(signature, sealed[first:length] + sealed[second : second + rest], ec.ECDSA(SHA256()))


async def test_the_sealed_paper_is_the_same_paper_and_a_signature(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey
) -> None:
    sealed = await ProgramSeal(a_command(tmp_path)).seal(PDF, unit=UNIT)
    assert sealed.startswith(PDF)
    assert f"/Name ({UNIT})".encode() in sealed[len(PDF) :]
    verify(sealed, key.public_key())
    again = await ProgramSeal(a_command(tmp_path)).seal(sealed, unit=UNIT)  # a second seal covers the first
    check_sealed(sealed, again)


@pytest.mark.parametrize(
    ("accident", "fault"),
    [
        ("fails", SealFault.REFUSED),
        ("after-all", SealFault.REFUSED),
        ("unread", SealFault.NO_PDF),
        ("no-pdf", SealFault.NO_PDF),
        ("changed", SealFault.OTHER_PAPER),
        ("nothing", SealFault.NO_SIGNATURE),
        ("picture", SealFault.NO_SIGNATURE),
        ("elsewhere", SealFault.NO_SIGNATURE),
        ("large", SealFault.TOO_LARGE),
        ("slow", SealFault.TOO_SLOW),
    ],
)
async def test_what_comes_back_otherwise_is_refused(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey, accident: str, fault: SealFault
) -> None:
    seconds = 2.0 if accident == "slow" else 30.0
    system = ProgramSeal(a_command(tmp_path, accident), seconds=seconds, most_bytes=2 * 1024 * 1024)
    with pytest.raises(SealError) as refused:
        await system.seal(PDF, unit=UNIT)
    assert refused.value.fault is fault
    assert refused.value.text


async def test_a_large_paper_and_a_program_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(SealError) as large:
        await ProgramSeal(a_command(tmp_path), most_bytes=10).seal(PDF, unit=UNIT)
    assert large.value.fault is SealFault.TOO_LARGE
    with pytest.raises(SealError) as away:
        await ProgramSeal(("/nowhere/seal",)).seal(PDF, unit=UNIT)
    assert away.value.fault is SealFault.CANNOT_START
    assert set(TEXTS) == set(SealFault)


async def test_a_program_that_reads_nothing_of_a_large_paper_ends(tmp_path: Path) -> None:
    with pytest.raises(SealError) as refused:
        await ProgramSeal(a_command(tmp_path, "unread")).seal(PDF + bytes(4 * 1024 * 1024), unit=UNIT)
    assert refused.value.fault is SealFault.NO_PDF


async def test_what_a_slow_program_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    with pytest.raises(SealError):
        await ProgramSeal((sys.executable, "-c", code), seconds=2.0).seal(PDF, unit=UNIT)
    state = Path(f"/proc/{mark.read_text()}/stat")
    end = time.monotonic() + 5
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < end:
        time.sleep(0.05)
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


async def test_the_program_is_told_nothing_by_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIEBAN_NODE_SECRET", "of ours")
    code = f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(sorted(os.environ)))"
    with pytest.raises(SealError):
        await ProgramSeal((sys.executable, "-c", code)).seal(PDF, unit=UNIT)
    assert set((tmp_path / "seen").read_text().split()) <= {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE"}


def test_no_secret_stands_in_arguments_and_practice_sets_no_seal() -> None:
    for argument in ("--pin=1234", "--password", "PASSWORD:x", "-pin", "--api-token=abc"):
        with pytest.raises(ValueError, match="secret belongs into a file"):
            GatewaySettings(seal_command=("seal", argument))
    usual = GatewaySettings(seal_command=("seal", "--config", "/etc/seal/token.conf", "--unit={unit}"))
    assert seal_of(usual) is not None
    assert seal_of(usual.model_copy(update={"practice": True})) is None
    assert seal_of(GatewaySettings()) is None


def test_the_doctor_looks_at_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chmod(tmp_path, 0o755)  # noqa: S103 - a folder as /usr/bin has it
    program = tmp_path / "seal"
    settings = GatewaySettings(seal_command=(str(program),))
    assert check_seal(settings).status is Status.FAILED
    program.write_text("#!/bin/sh\n")
    program.chmod(0o644)
    assert check_seal(settings).status is Status.FAILED
    program.chmod(0o755)
    assert check_seal(settings).status is Status.OK
    program.chmod(0o757)
    assert "changed by other users" in check_seal(settings).cause
    assert examine_gateway() == ()
    monkeypatch.setenv("XIEBAN_GATEWAY_SEAL_COMMAND", f'["{tmp_path}/none"]')
    (finding,) = examine_gateway()
    assert (finding.name, finding.status) == ("e-seal program", Status.FAILED)
    assert all((finding.cause, finding.cure, finding.cause_zh, finding.cure_zh))
    monkeypatch.setenv("XIEBAN_GATEWAY_SEAL_COMMAND", '["seal", "--pin=1"]')
    (refused,) = examine_gateway()
    assert (refused.name, "--pin" in refused.cause) == ("gateway settings", False)
