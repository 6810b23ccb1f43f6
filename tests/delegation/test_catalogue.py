"""Every reason has one explanation: class, gRPC code, HTTP status, Chinese and English."""

import re

from delegation.catalogue import (
    CATALOGUE,
    GRPC_CODES,
    explain,
    grpc_code,
    http_status,
    reason_class,
    text_of,
)
from delegation.errors import Reason, ReasonClass


def test_the_catalogue_and_the_enum_have_the_same_reasons() -> None:
    assert set(CATALOGUE) == set(Reason)


def test_every_explanation_is_whole() -> None:
    for reason, found in CATALOGUE.items():
        assert found.grpc_code in GRPC_CODES - {"UNKNOWN", "CANCELLED"}, reason
        assert 400 <= found.http_status <= 599, reason
        assert re.search("[\u4e00-\u9fff]", found.text_zh), reason
        assert found.text_en.isascii(), reason


def test_texts_tell_reasons_apart() -> None:
    assert len({found.text_zh for found in CATALOGUE.values()}) == len(Reason)
    assert len({found.text_en for found in CATALOGUE.values()}) == len(Reason)


def test_not_found_not_allowed_stale_and_malformed_differ_everywhere() -> None:
    four = (Reason.NOT_FOUND, Reason.NOT_ALLOWED, Reason.STALE, Reason.MALFORMED)
    assert len({grpc_code(reason) for reason in four}) == 4
    assert {reason: http_status(reason) for reason in four} == {
        Reason.NOT_FOUND: 404, Reason.NOT_ALLOWED: 409, Reason.STALE: 409, Reason.MALFORMED: 400,
    }  # fmt: skip


def test_classes_are_those_of_the_protocol() -> None:
    final = {reason for reason in Reason if reason_class(reason) is ReasonClass.FINAL}
    assert final == {
        Reason.STALE, Reason.NOT_ALLOWED, Reason.GUARD_FAILED, Reason.WRONG_PLACE, Reason.UNIT_NOT_ACTIVE,
        Reason.SIGNER_NOT_VALID, Reason.RECIPIENT_KEY_NOT_VALID, Reason.SUITE_NOT_ALLOWED,
        Reason.PREDECESSOR_REFUSED, Reason.CLAIMED_TIME_REFUSED, Reason.NO_LONGER_VALID,
        Reason.DRAW_ROOT_WRONG,
    }  # fmt: skip
    assert reason_class(Reason.NOT_FOUND) is ReasonClass.TRY_AGAIN
    assert reason_class(Reason.ID_CONFLICT) is ReasonClass.UNTRUSTED
    assert explain(Reason.FOUR_EYES).reason_class is ReasonClass.LOCAL
    assert text_of(Reason.NOT_FOUND) == "未找到"
