"""`xieban doctor`: what is wrong with a node, why, and what to do."""

from cli.common import AsJson, DataDir, now
from cli.output import Exit, fail, show, table, tells_refusals
from gateway.doctor import examine_gateway
from node.doctor import examine
from node.settings import NodeSettings


@tells_refusals
def doctor(data_dir: DataDir, as_json: AsJson = False) -> None:
    """Look at clock, certificates, disk, database, connection, roster, mail, the e-seal program: cause and cure."""
    findings = (*examine(NodeSettings.load(data_dir), now()), *examine_gateway())
    if as_json:
        show(
            [
                {
                    "name": each.name,
                    "status": each.status.value,
                    "cause": each.cause,
                    "cure": each.cure,
                    "cause_zh": each.cause_zh,
                    "cure_zh": each.cure_zh,
                }
                for each in findings
            ]
        )
    else:
        table(
            "doctor",
            ["check", "status", "cause", "cure"],
            [(each.name, each.status.value, each.cause, each.cure) for each in findings],
        )
    failed = sum(each.status.value == "failed" for each in findings)
    if failed:
        fail(f"{failed} things need a hand", Exit.NOT_AS_IT_SHOULD_BE)
