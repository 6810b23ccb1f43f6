"""Writes docs/kinds.md, the tables of kinds as they are. Run: python -m scripts.make_kinds_doc [--check]."""

import sys
from pathlib import Path

from delegation.clock_specs import CLOCKS
from delegation.codes import Kind
from delegation.table import ClockEffect, Row, State, Table
from delegation.tables import TABLES

TARGET = Path(__file__).resolve().parents[1] / "docs" / "kinds.md"

_HEAD = """# The tables of kinds

Written by `python -m scripts.make_kinds_doc` from `delegation/`; a test keeps both equal.
See [protocol.md](protocol.md), clause 5.

Approval: 2 = handler and approver, then the seal; 1 = one clerk, unit key; 0 = the node by itself. Guards H are
judged by home, host and registry, B by the sender's node before sealing and the recipient's after opening, L by the
sender's node alone. `stale after` lists the kinds of others that a row does not commute with; a neutral row commutes
with all. A row with `(after …)` is legal only once that clock has run out.
"""

_COLUMNS = (
    *("row", "中文", "kind", "mover", "from", "to", "turn", "to whom", "appr.", "reasons"),
    *("H", "B", "L", "clocks", "stale after"),
)


def kinds_doc() -> str:
    """The whole document."""
    parts = [_HEAD, *(_table(table) for table in TABLES), _clocks()]
    return "\n".join(parts)


def _table(table: Table) -> str:
    lines = [f"\n## {table.name}\n"]
    lines.append(f"Common guards. H: {_names(table.common_header_guards)}. B: {_names(table.common_body_guards)}. ")
    lines.append(f"L: {_names(table.common_local_guards)}.\n")
    lines.append("| " + " | ".join(_COLUMNS) + " |")
    lines.append("|---" * len(_COLUMNS) + "|")
    lines += [_row(row) for row in table.rows]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> str:
    silence = f" (after {row.silence})" if row.silence else ""
    cells = [
        f"`{row.name}`{silence}",
        row.label,
        row.kind.name if row.kind is not None else "local",
        " ".join(row.movers),
        _states(row.sources),
        row.target.value if row.target is not None else "=",
        row.turn.value,
        row.audience.value,
        str(row.approval),
        " ".join(row.reasons) + (" (required)" if row.reasons_required else ""),
        _names(row.header_guards),
        _names(row.body_guards),
        _names(row.local_guards),
        ", ".join(_effect(effect) for effect in row.clocks),
        "neutral" if row.neutral else _kinds(row.stale_after),
    ]
    return "| " + " | ".join(cell or "–" for cell in cells) + " |"


def _names(names: tuple[str, ...]) -> str:
    return " ".join(f"`{name}`" for name in names) or "–"


def _states(states: frozenset[State]) -> str:
    return " ".join(state.value for state in State if state in states)


def _kinds(kinds: frozenset[Kind]) -> str:
    return " ".join(kind.name for kind in sorted(kinds))


def _effect(effect: ClockEffect) -> str:
    return f"{effect.op.value} {effect.clock}".strip()


def _clocks() -> str:
    lines = [
        "\n## Clocks\n",
        "| clock | 中文 | awaits | capped | stops in a pause | source |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{spec.name}` | {spec.label} | {spec.awaits.value} | {'yes' if spec.capped else '–'} "
        f"| {'yes' if spec.pausable else '–'} | {spec.source} |"
        for spec in CLOCKS.values()
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the document, or with --check say whether it is as it should be."""
    text = kinds_doc()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
