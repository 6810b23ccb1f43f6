"""Stubs follow the proto files, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.generate_stubs import generate

MESSAGE = (
    'syntax = "proto3";\npackage xieban.probe.v1;\n// service in a comment only.\nmessage Ask { string text = 1; }\n'
)
SERVICE = """syntax = "proto3";
package xieban.probe.v1;
import "xieban/probe/v1/ask.proto";
import "google/protobuf/timestamp.proto";
message Told { google.protobuf.Timestamp at = 1; }
service ProbeService { rpc Probe(Ask) returns (Told); }
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    folder = tmp_path / "proto" / "xieban" / "probe" / "v1"
    folder.mkdir(parents=True)
    (folder / "ask.proto").write_text(MESSAGE, encoding="utf-8")
    (folder / "probe.proto").write_text(SERVICE, encoding="utf-8")
    return folder


def stubs(root: Path) -> dict[str, bytes]:
    folder = root / "proto" / "gen"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_files_with_a_service_get_grpc_stubs(contract: Path, tmp_path: Path) -> None:
    assert generate(tmp_path) == 2
    assert set(stubs(tmp_path)) == {
        "xieban/__init__.py",
        "xieban/py.typed",
        "xieban/probe/__init__.py",
        "xieban/probe/v1/__init__.py",
        "xieban/probe/v1/ask_pb2.py",
        "xieban/probe/v1/ask_pb2.pyi",
        "xieban/probe/v1/probe_pb2.py",
        "xieban/probe/v1/probe_pb2.pyi",
        "xieban/probe/v1/probe_pb2_grpc.py",
        "xieban/probe/v1/probe_pb2_grpc.pyi",
    }


def test_stubs_import_by_their_package(contract: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    program = "from xieban.probe.v1 import ask_pb2, probe_pb2_grpc; print(ask_pb2.Ask(text='x').text)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "proto" / "gen", check=True, capture_output=True, text=True
    )
    assert ran.stdout == "x\n"


def test_the_same_contract_gives_the_same_bytes_and_no_stub_outlives_its_file(contract: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    first = stubs(tmp_path)
    generate(tmp_path)
    assert stubs(tmp_path) == first
    (contract / "probe.proto").unlink()
    generate(tmp_path)
    assert {name for name in first if name not in stubs(tmp_path)} == {name for name in first if "/probe_pb2" in name}


def test_a_broken_contract_leaves_the_old_stubs(contract: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    first = stubs(tmp_path)
    (contract / "ask.proto").write_text(MESSAGE + "message {", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"ask\.proto"):
        generate(tmp_path)
    assert stubs(tmp_path) == first
