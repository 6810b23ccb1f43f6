"""The page of an office's alerts: what stands first, with a way to what it is about, and who saw it."""

import re
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.alert_words import RULES
from gateway.auth import station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.province.around import around, tr_of
from gateway.bureau.province.asking import AskedFor
from gateway.bureau.province.pages import After
from gateway.bureau.render import BASE, render, see_other
from gateway.page_tokens import PageTokens
from node.desk.ports import Role
from node.province.alert_ports import AlertView
from node.province.alert_settings import Rule

router = APIRouter()
PAGE: Final = 50
_AT: Final = f"{BASE}/province/alerts"
_ID: Final = re.compile(r"[0-9a-f]{24}", re.ASCII)
_UNIT_SIGNS: Final = 11


def way_to(alert: AlertView) -> str:
    """The thread that it is about, or the list of the unit; empty where there is neither."""
    if alert.thread_id:
        return f"{BASE}/province/threads/{alert.thread_id}"
    if alert.rule is Rule.REFUSALS:
        return f"{BASE}/province/list?{urlencode({'count': 'refused', 'host': alert.unit})}"
    if alert.rule is Rule.OFFLINE:
        return f"{BASE}/province/list?{urlencode({'count': 'in_hand', 'host': alert.unit})}"
    return ""


def _address(rule: Rule | None, *, standing: bool, after: str = "") -> str:
    asked = {"rule": rule.value if rule is not None else "", "standing": "true" if standing else "", "after": after}
    kept = {name: value for name, value in asked.items() if value}
    return f"{_AT}?{urlencode(kept)}" if kept else _AT


@router.get("/province/alerts", operation_id="pageProvinceAlerts")
async def page_alerts(
    request: Request,
    caller: PageCaller,
    wanted: AskedFor,
    *,
    rule: Rule | None = None,
    standing: Annotated[bool, Query()] = False,
    after: After = "",
) -> Response:
    """What stands and what has ended."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"alerts {caller.actor.unit} {rule} {standing}"
    view = await station_of(request).alerts.alerts(
        caller.actor, rule=rule, standing=standing, page_token=tokens.open(after, of=of), limit=PAGE
    )
    tr, sealed = tr_of(request), tokens.seal(view.next_page_token, of=of)
    lines = [
        (each, RULES[each.rule][0], _said(tr(RULES[each.rule][1]), each), way_to(each), len(each.unit) == _UNIT_SIGNS)
        for each in view.items
    ]
    return render(
        request,
        "province/alerts.html",
        **await around(request, caller, wanted, "alerts"),  # type: ignore[arg-type] # values of a page
        view=view,
        lines=lines,
        rules=[(each.value, words[0]) for each, words in RULES.items()],
        by_rule=[(RULES[each][0], number, _address(each, standing=True)) for each, number in view.by_rule],
        rule=rule.value if rule is not None else "",
        standing=standing,
        not_judged=[RULES[each][0] for each in view.not_judged],
        may_see=caller.actor.has(Role.SUPERVISOR),
        unseen=[each.alert_id for each in view.items if not each.seen_at],
        first=_address(rule, standing=standing) if after else "",
        next_page=_address(rule, standing=standing, after=sealed) if sealed else "",
    )


def _said(words: str, alert: AlertView) -> str:
    return words.replace("{n}", str(alert.number)).replace("{m}", str(alert.before))


@router.post("/province/alerts/seen", operation_id="takeAlertsSeen")
async def take_alerts_seen(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Say of one, or of a page's, that they were seen. What is gone meanwhile is passed over."""
    for alert_id in form.get("alert", [])[:PAGE]:
        if _ID.fullmatch(alert_id):
            try:
                await station_of(request).alerts.see(caller.actor, alert_id)
            except Refusal as refusal:
                if refusal.reason is not Reason.NOT_FOUND:
                    raise
    rule = form.get("rule", [""])[0]
    chosen = Rule(rule) if rule in {each.value for each in Rule} else None
    return see_other(_address(chosen, standing=form.get("standing", [""])[0] == "true"))
