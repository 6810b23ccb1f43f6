"""Quiet hours, pure: when nothing is told but what is urgent."""

from datetime import datetime

from delegation.deadlines import SHANGHAI
from delegation.workdays import RegionalCalendar
from node.province.alert_settings import QuietHours


def is_quiet(at: datetime, hours: QuietHours, calendar: RegionalCalendar) -> bool:
    """Whether `at` lies in them: between the two times of day in Asia/Shanghai, or on a day without work there."""
    if not hours.enabled:
        return False
    local = at.astimezone(SHANGHAI)
    if hours.rest_days and not calendar.is_workday(local.date()):
        return True
    now = local.time()
    if hours.begins < hours.ends:
        return hours.begins <= now < hours.ends
    return now >= hours.begins or now < hours.ends
