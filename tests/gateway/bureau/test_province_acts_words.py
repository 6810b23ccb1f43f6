"""Words of a province's acts: why something was not done, and what a form may ask."""

import re

from gateway.bureau.province import acts_forms
from gateway.bureau.province.acts_words import ACTS, why
from gateway.bureau.texts import english, translator
from gateway.language import Language
from tests.builders import DEYANG_RD
from tests.gateway.bureau.office_work import EVERYTHING
from tests.gateway.fake_acts import OTHER_OFFICE


def test_each_refusal_is_told_in_both_languages() -> None:
    told = translator(Language.ENGLISH)
    for reason, details in (
        ("NOT_ALLOWED", {"why": "other_province", "office": OTHER_OFFICE}),
        ("NOT_ALLOWED", {"why": "own_province"}),
        ("NOT_ALLOWED", {"state": "completed"}),
        ("QUOTA_EXCEEDED", {"why": "once_a_day"}),
        ("NOT_FOUND", {}),
        ("UNAVAILABLE", {}),
        ("FOUR_EYES", {}),
        ("ROLE_MISSING", {}),
        ("STALE", {"since": "3", "kind": "WITHDRAWN", "state": "withdrawn"}),
        ("STALE", {"state": "awaiting_designation", "unit": DEYANG_RD}),
        ("BODY_GUARD_FAILED", {"rule": "step_too_long", "most": "5", "article": "appraisal-rules-9"}),
        ("GUARD_FAILED", {"guard": "host_overdue"}),
    ):
        in_chinese, in_english = why(reason, details, str), why(reason, details, told)
        assert re.search("[\u4e00-\u9fff]", in_chinese), reason
        assert not re.search("[\u4e00-\u9fff{}]", in_chinese.replace(in_chinese, in_english)), (reason, in_english)


def test_no_form_asks_more_than_it_may() -> None:
    for act in ACTS:
        spec = acts_forms.act_spec(act, EVERYTHING, str)
        assert all(field.longest <= acts_forms.MOST_TEXT for field in spec.fields)
        assert {field.label for field in spec.fields if field.label} <= set(english()), act
