"""An appraisal as a node shows it: one draw held, an appointment fixed, an objection that waits."""

from dataclasses import replace
from datetime import date, timedelta

from node.draws.views import AppointmentView, AppraisalView, DrawStepView, RecusalView, SeatView, StratumView
from tests.gateway.fake_accounts import HOME, NOW, OTHER

DAY = date(2026, 9, 15)
_STEPS = (
    ("SPECIALTY_DETERMINED", OTHER, "11"), ("DRAW_COMMITTED", HOME, "22"), ("DRAW_COMMITTED", OTHER, "33"),
    ("DRAW_REVEALED", HOME, "44"), ("DRAW_REVEALED", OTHER, "55"), ("PANEL_DRAWN", OTHER, "66"),
)  # fmt: skip


def a_seat(number: int, *, status: str, named: bool = True) -> SeatView:
    """A place that the lot fell on."""
    return SeatView(
        stratum=0, position=number, order=number, drawn_as="reserve" if status == "reserve" else "seat",
        status=status, expert_id=f"CD-{number:04}" if named else "", name=f"专家{number}" if named else "",
        title="主任医师" if named else "", employer=f"示例医院{number}" if named else "",
        specialty="M201" if named else "", specialty_label="骨科" if named else "",
    )  # fmt: skip


def an_appraisal(**changes: object) -> AppraisalView:
    """The view, with these fields otherwise."""
    usual = AppraisalView(
        mode="ONSITE_ASSIST", kind="FIRST", drawing_unit=OTHER, draw=1, draw_over=True,
        strata=(StratumView("M201", "骨科", 3, 2, 17),), pool_version=2, eligible_root=bytes.fromhex("ab" * 32),
        plan_reason="伤在腰椎", ineligible=(("I03", 4),), log_size=9, log_root=bytes(32), checkpoint="",
        steps=tuple(
            DrawStepView(1, kind, kind, unit, "", NOW + timedelta(minutes=at), at + 4, bytes.fromhex(two * 32), (),
                         "")
            for at, (kind, unit, two) in enumerate(_STEPS)
        ),
        panel=(*(a_seat(n, status="sits") for n in (1, 2, 3)), a_seat(4, status="reserve")),
        void_draws=(), defaults=(),
        recusals=(
            RecusalView(envelope_id="e", raised_by="OBJECTION_BY_WORKER", expert_id="CD-0001", name="专家1",
                        reason="曾为主治医师", raised_at=NOW, upheld=None, answer="", answered_at=None),
        ),
        replacements_due=0,
        appointments=(
            AppointmentView(day=DAY, at="2026-09-15T09:30", place="示例路1号", form="EXAMINATION_FORM_ON_SITE",
                            bring="病历", contact_phone="028-1", reason="", state="stands", sequence=10),
        ),
        appointed_on=DAY, notices=(), absences=0, missed_on=None, examined_on=None, tests_until=None, opinion=None,
        opinion_figures=(0, 0, 0, 0), rejudged=0, extended=False, proposed=0, admitted=0, concluded_on=None,
        served_on=None, reappraisal_on=None, reappraised=False,
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type] # the names are checked by the dataclass
