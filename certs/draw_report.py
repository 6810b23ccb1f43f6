"""What checking a draw's file came to: a line a check, in Chinese and English (protocol 13.8)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from delegation.draw import DrawError, Picks
from delegation.errors import Refusal
from delegation.merkle import MerkleError


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"  # the file does not hold what it needs, by choice or because another check failed


# In the order in which they are made. The first text says what holds when the check does.
TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "log": ("日志检查点由注册中心密钥签名，且日志只增不改", "the log's checkpoints are signed and the log only grew"),
    "signatures": ("每份文书由其单位证书签名，证书由印章机构签发", "each envelope is signed by its unit's certificate"),
    "entries": ("登记条目逐条相接，无遗漏、无插入", "the thread's entries follow one another, none is missing"),
    "inclusion": ("每条登记均在日志中", "each entry is in the log"),
    "sides": ("委托方、受托方与抽取单位确定", "home, host and the unit that draws are known"),
    "repeats": ("此前每次抽取均有登记在案的终止原因", "each earlier draw ended for a reason on record"),
    "list_first": ("专家名单的根在双方承诺之前已固定，且仅一份", "one list of experts was fixed before any commitment"),
    "commitments": ("双方各承诺一次，均在任何一方揭示之前", "each side committed once, before any secret was shown"),
    "secrets": ("揭示的秘密与承诺一致", "the secrets are those committed to"),
    "draw_checkpoint": (
        "所用日志根覆盖双方承诺，且早于任何揭示",
        "the log root covers both commitments and is older than any secret that was shown",
    ),
    "picks": ("按公开算法重新计算，抽取结果一致", "the picks follow from the seed when computed again"),
    "replacements": ("更换均由该科别下一顺位候补接替", "each seat that fell free went to the next reserve in order"),
    "pool": ("专家库版本在确定科别之前已承诺", "the pool's version was committed to before the list was made"),
    "experts": ("抽中者与候补均在固定名单的抽中位置", "everybody drawn stands at the drawn places of the fixed list"),
    "experts_in_pool": ("抽中者与候补均在已承诺的专家库，科别与聘期相符", "all of them stand in the committed pool"),
    "seal_authority": ("印章机构证书与已知者一致", "the seal authority is the one known"),
    "log_key": ("日志公钥与已知者一致", "the log's key is the one known"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class DrawCheck:
    """One check. `detail` says what is wrong or why it was not made: closed words and figures, never personal data."""

    name: str
    status: Status
    detail: str = ""

    @property
    def text_zh(self) -> str:
        """What holds when the check does, in Chinese."""
        return TEXTS[self.name][0]

    @property
    def text_en(self) -> str:
        """The same in English."""
        return TEXTS[self.name][1]


@dataclass(frozen=True, slots=True)
class Default:
    """A side whose secret its province showed, or nobody (`void`): the draw was then repeated."""

    draw: int
    unit: str
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawReport:
    """The outcome. Figures are empty where they could not be had."""

    checks: tuple[DrawCheck, ...]
    thread_id: str = ""
    entries: int = 0  # of the thread; what came after the last of them the file cannot tell
    until: datetime | None = None  # when the registry took the last
    leg: int = 0
    draw: int = 0
    home_unit: str = ""
    host_unit: str = ""
    drawing_unit: str = ""
    seed: str = ""
    log_size: int = 0
    log_root: str = ""
    eligible_root: str = ""
    picks: tuple[Picks, ...] = ()
    panel: tuple[tuple[int, int], ...] = ()  # who sits after replacements: stratum and position
    defaults: tuple[Default, ...] = ()
    seal_authorities: tuple[str, ...] = ()  # SHA-256, to be compared with what one knows
    log_key: str = ""

    @property
    def failed(self) -> tuple[DrawCheck, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.status is Status.FAILED)

    @property
    def ok(self) -> bool:
        """Whether nothing failed and the arithmetic was checked. What was not checked is told apart (13.9)."""
        return not self.failed and any(check.name == "picks" and check.status is Status.OK for check in self.checks)


class Wrong(Exception):  # noqa: N818 - what a check finds; caught where checks are booked
    """Something does not hold."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Skip(Exception):  # noqa: N818 - as Wrong
    """A check cannot be made."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def expect(holds: bool, detail: str) -> None:
    """Raise Wrong unless it holds."""
    if not holds:
        raise Wrong(detail)


@contextmanager
def located(place: str) -> Iterator[None]:
    """What is found wrong in the block is found at `place`, which the detail names behind it."""
    try:
        yield
    except Wrong as wrong:
        raise Wrong(f"{wrong.detail}, {place}") from wrong
    except Refusal as refusal:
        raise Wrong(f"{_said(refusal)}, {place}") from refusal
    except MerkleError as error:
        raise Wrong(f"proof, {place}") from error


def _said(refusal: Refusal) -> str:
    detail = refusal.details.get("field") or refusal.details.get("why") or refusal.details.get("code") or ""
    return f"{refusal.reason.value} {detail}".strip()


@dataclass(slots=True)
class Book:
    """Checks as they are made."""

    checks: list[DrawCheck] = field(default_factory=list)

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Book a check by how its block ends."""
        try:
            yield
        except Wrong as wrong:
            self._put(name, Status.FAILED, wrong.detail)
        except Skip as skip:
            self._put(name, Status.NOT_CHECKED, skip.detail)
        except Refusal as refusal:
            self._put(name, Status.FAILED, _said(refusal))
        except MerkleError:
            self._put(name, Status.FAILED, "proof")
        except DrawError as error:
            self._put(name, Status.FAILED, error.code.value)
        else:
            self._put(name, Status.OK)

    def needs(self, *names: str) -> None:
        """Raise Skip unless these checks came out well."""
        for check in self.checks:
            if check.name in names and check.status is not Status.OK:
                raise Skip(f"needs {check.name}")

    def _put(self, name: str, status: Status, detail: str = "") -> None:
        self.checks.append(DrawCheck(name, status, detail))
