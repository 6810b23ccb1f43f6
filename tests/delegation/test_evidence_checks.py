"""Kinds of evidence and their checks of form."""

from delegation.evidence_checks import (
    EVIDENCE_CHECKS,
    EVIDENCE_LABELS,
    CheckState,
    EvidenceKind,
    checklist,
    checks_for,
)
from delegation.patterns import is_check_code
from xieban.delegation.v1 import result_pb2


def test_every_kind_of_the_contract_has_a_label_and_checks_with_an_article() -> None:
    names = {name for name in list(result_pb2.EvidenceKind.keys()) if not name.endswith("UNSPECIFIED")}
    assert {kind.value for kind in EvidenceKind} == names
    assert set(EVIDENCE_CHECKS) == set(EVIDENCE_LABELS) == set(EvidenceKind)
    codes = [check.code for checks in EVIDENCE_CHECKS.values() for check in checks]
    assert len(codes) == len(set(codes))
    assert all(is_check_code(code) for code in codes)
    assert all("第" in check.article for checks in EVIDENCE_CHECKS.values() for check in checks)


def test_what_nobody_answered_is_open_and_an_explanation_closes_it() -> None:
    evidence = [{"evidence_id": "E1", "kind": "EVIDENCE_KIND_WITNESS"}]
    answers = [
        {"evidence_id": "E1", "code": "witness-person", "met": True},
        {"evidence_id": "E1", "code": "witness-signed", "met": False, "explanation": "证人不会写字，捺印"},
        {"evidence_id": "E2", "code": "witness-identity", "met": True},  # another piece
    ]
    (found,) = checklist(evidence, answers)
    assert [each.state for each in found.checks] == [CheckState.MET, CheckState.EXPLAINED, CheckState.OPEN]
    assert found.open == 1


def test_blanks_explain_nothing_and_only_true_is_met() -> None:
    evidence = [{"evidence_id": "E1", "kind": "EVIDENCE_KIND_OBJECT"}]
    for answer in ({"met": False, "explanation": "  "}, {"met": "yes"}, {"met": 1}, {}):
        (found,) = checklist(evidence, [{"evidence_id": "E1", "code": "object-original", **answer}])
        assert found.open == 1


def test_an_unknown_kind_is_open_and_not_empty() -> None:
    assert checks_for("EVIDENCE_KIND_RUMOUR") == ()
    (found,) = checklist([{"evidence_id": "E1", "kind": "EVIDENCE_KIND_RUMOUR"}], [])
    assert (found.kind, found.open) == (None, 1)
