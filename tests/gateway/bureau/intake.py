"""A filled-in form, and what tests of the room share."""

from dataclasses import replace

import httpx

from node.desk.views import UnitView
from tests.gateway.bureau.pages import form_to
from tests.gateway.fake_accounts import OTHER
from tests.gateway.fake_views import a_unit

ID_NUMBER = "11010519491231002X"  # of nobody: the standard's example
AT = "/desk/intake"
FILLED = {
    "task_place.code": "510104",
    "letter.worker.name": "王小明",
    "letter.worker.id_number": ID_NUMBER,
    "letter.employer.name": "某某科技有限公司",
    "letter.insurance.mode": "INSURANCE_MODE_EMPLOYER",
    "letter.insurance.insured_in": "330100",
    "letter.applicant.role": "APPLICANT_ROLE_EMPLOYER",
    "letter.accident.happened_at": "2026-07-20T09:40",
    "letter.accident.place_text": "锦江区某路",
    "letter.applicant.applied_on": "2026-07-25",
    "clock.accepted_on": "2026-07-30",
    "letter.acceptance_number": "示例受〔2026〕17号",
    "letter.claimed_grounds": "14-5",
    "letter.case_summary": "出差途中受伤",
    "letter.items.0.text": "事发时间与地点",
    "letter.recusal_declared": "1",
}
Sent = dict[str, list[str]]


def chengdu(**changes: object) -> UnitView:
    """The host."""
    values = {"code": OTHER, "name": "成都市人社局", "bureau": "510100", "region": "510100", "ours": False}
    return replace(a_unit(), **{**values, **changes})  # type: ignore[arg-type] # the names are the view's


def filled(page: httpx.Response, address: str = "/new", **changes: str) -> Sent:
    """The form of a page with everything filled in, and changes (``__`` for a dot)."""
    values = form_to(page, address)
    for path, value in {**FILLED, **{name.replace("__", "."): value for name, value in changes.items()}}.items():
        values[path] = [value]
    return values


async def a_draft_of(client: httpx.AsyncClient, **changes: str) -> str:
    """Fill in a form and save it; gives the draft's address."""
    page = await client.get(f"{AT}/new")
    saved = await client.post(f"{AT}/new", data=filled(page, **changes))
    assert saved.status_code == 303, saved.text
    return saved.headers["location"].partition("?")[0]
