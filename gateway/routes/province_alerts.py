"""A provincial office's alerts: listed, and said to be seen. Webhooks and mail are set at the node."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.answers import answer
from gateway.auth import CurrentActor, CurrentStation
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import PageSize, PageToken
from gateway.schemas.province_alerts import AlertOut, AlertPageOut
from node.province.alert_settings import Rule

router = APIRouter(tags=["province"])
AlertId = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$", description="Id of an alert.")]


@router.get("/province/alerts", operation_id="listProvinceAlerts", response_model=AlertPageOut)
async def list_alerts(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    *,
    rule: Annotated[Rule | None, Query(description="Of this rule alone.")] = None,
    standing: Annotated[bool, Query(description="Without those that have ended.")] = False,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """What stands first, the latest of each first."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"alerts {actor.unit} {rule} {standing}"
    page = await station.alerts.alerts(
        actor, rule=rule, standing=standing, page_token=tokens.open(page_token, of=of), limit=page_size
    )
    found = {**asdict(page), "by_rule": dict(page.by_rule)}
    return answer(AlertPageOut, {**found, "next_page_token": tokens.seal(page.next_page_token, of=of)})


@router.post("/province/alerts/{alert_id}/seen", operation_id="seeProvinceAlert", response_model=AlertOut)
async def see_alert(alert_id: AlertId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Say that the office has seen it; who was first stays, and a repeat changes nothing."""
    return answer(AlertOut, await station.alerts.see(actor, alert_id))
