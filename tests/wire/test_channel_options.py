"""gRPC silently ignores an option that it does not know: every name that we set has to be one of its own."""

import mmap
from pathlib import Path

import grpc
import pytest

from node import link
from registry import server


def _names(source: str) -> set[str]:
    return {part.split('"')[0] for part in Path(source).read_text(encoding="utf-8").split('("') if "grpc." in part[:5]}


@pytest.mark.parametrize("module", [link.__file__, server.__file__])
def test_every_option_is_known_to_the_library(module: str) -> None:
    names = _names(module)
    assert len(names) > 3
    [library] = Path(str(grpc.__file__)).parent.glob("_cython/cygrpc*.so")
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert [name for name in sorted(names) if content.find(name.encode() + b"\0") < 0] == []
