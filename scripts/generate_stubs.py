"""Generate proto/gen/xieban from proto/xieban.

    python scripts/generate_stubs.py [ROOT]

Writes `x_pb2.py` and `x_pb2.pyi` for every proto file, `x_pb2_grpc.py` and `x_pb2_grpc.pyi` only for files that declare
a service, and the package files around them. All of proto/gen/xieban is replaced, so that no stub outlives its file.
The same sources and tool versions give the same bytes. ROOT is the folder that holds `proto`, by default this project.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_SERVICE = re.compile(r"^\s*service\s+\w+", re.MULTILINE)
_PACKAGE_DOC = '"""Generated from proto/xieban by `make proto`. Not edited by hand."""\n'


def _well_known_protos() -> Path:
    spec = importlib.util.find_spec("grpc_tools")
    if spec is None or spec.origin is None:
        raise SystemExit("grpc_tools is not installed: make setup")
    return Path(spec.origin).parent / "_proto"


def _run_protoc(sources: Path, files: list[Path], options: list[str]) -> None:
    # protoc finds the plugin protoc-gen-mypy beside this interpreter.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{sources}", f"-I{_well_known_protos()}", *options]
    names = [file.relative_to(sources).as_posix() for file in files]
    done = subprocess.run(
        [*command, *names], env={**os.environ, "PATH": path}, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr or f"protoc ended with {done.returncode}")


def generate(root: Path) -> int:
    """Replace `root/proto/gen/xieban` and return the number of proto files.

    Nothing is replaced when protoc refuses a file: it raises SystemExit with protoc's message.
    """
    sources = root / "proto"
    target = sources / "gen" / "xieban"
    files = sorted((sources / "xieban").rglob("*.proto"))
    if not files:
        raise SystemExit("there is no file proto/xieban/**/*.proto")
    services = [file for file in files if _SERVICE.search(file.read_text(encoding="utf-8"))]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".generating-") as folder:
        out = Path(folder)
        _run_protoc(sources, files, [f"--python_out={out}", f"--mypy_out=quiet:{out}"])
        if services:
            _run_protoc(sources, services, [f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}"])
        package = out / "xieban"
        for directory in [package, *(path for path in package.rglob("*") if path.is_dir())]:
            (directory / "__init__.py").write_text(_PACKAGE_DOC, encoding="utf-8")
        (package / "py.typed").touch()
        shutil.rmtree(target, ignore_errors=True)
        package.rename(target)
    return len(files)


if __name__ == "__main__":
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    print(f"proto/gen/xieban: stubs of {generate(home)} proto files")
