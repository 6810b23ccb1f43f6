"""The unit's examinations by month: a table that a keyboard walks through, every appointment a link to its case."""

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.deadlines import day_of
from gateway.auth import station_of
from gateway.bureau.guard import PageCaller
from gateway.bureau.render import render
from node.draws.views import AppointmentLine

router = APIRouter()
_FIRST, _LAST = date(2000, 1, 1), date(2100, 12, 1)
WEEKDAYS: Final = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
FORMS: Final[Mapping[str, str]] = {
    "EXAMINATION_FORM_ON_SITE": "现场", "EXAMINATION_FORM_HOME_VISIT": "上门", "EXAMINATION_FORM_VIDEO": "远程",
}  # fmt: skip
STATES: Final[Mapping[str, str]] = {"stands": "已定", "moved": "已改期", "missed": "未到场", "held": "已鉴定"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An appointment in the calendar."""

    day: date
    time: str
    place: str
    form: str
    state: str
    delegation_id: str
    worker: str
    notified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A cell of the month's table."""

    day: date
    in_month: bool
    is_today: bool
    slots: tuple[Slot, ...]


def slots_of(lines: Sequence[AppointmentLine]) -> tuple[Slot, ...]:
    """Appointments as the calendar shows them, in the same order."""
    return tuple(
        Slot(
            day=line.appointment.day,
            time=line.appointment.at[11:16],
            place=line.appointment.place,
            form=FORMS.get(line.appointment.form, ""),
            state=line.appointment.state,
            delegation_id=line.delegation_id,
            worker=line.worker_name,
            notified=line.notified,
        )
        for line in lines
    )


def weeks_of(month: date, slots: tuple[Slot, ...], today: date) -> list[list[Day]]:
    """The month in weeks from Monday."""
    return [
        [
            Day(
                day=day,
                in_month=day.month == month.month,
                is_today=day == today,
                slots=tuple(slot for slot in slots if slot.day == day),
            )
            for day in week
        ]
        for week in Calendar().monthdatescalendar(month.year, month.month)
    ]


@router.get("/appointments", operation_id="pageAppointments")
async def page_appointments(
    request: Request,
    caller: PageCaller,
    month: Annotated[str, Query(pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$")] = "",
) -> Response:
    """One month; today's where none is named."""
    today = day_of(request.app.state.clock())
    asked = date(int(month[:4]), int(month[5:]), 1) if month and month >= "2000-01" else today.replace(day=1)
    first = min(max(asked, _FIRST), _LAST)
    slots = slots_of(await station_of(request).draws.appointments(caller.actor))
    weeks = weeks_of(first, slots, today)
    shown = {day.day for week in weeks for day in week}
    return render(
        request,
        "draws/appointments.html",
        active="appointments",
        month=first,
        before=(first - timedelta(days=1)).strftime("%Y-%m") if first > _FIRST else "",
        after=(first + timedelta(days=32)).strftime("%Y-%m") if first < _LAST else "",
        weekdays=WEEKDAYS,
        weeks=weeks,
        slots=[slot for slot in slots if slot.day in shown],
        later=[slot for slot in slots if slot.state == "stands" and slot.day not in shown and slot.day >= today],
        states=STATES,
    )
