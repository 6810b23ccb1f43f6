"""What a provincial office does, over the interface: many at once tell of each, one that needs two persons is prepared.

What is prepared is answered with 201, its place and its version; another person approves it, by a session and never by
a key: four eyes are eyes.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from delegation.codes import AppraisalMode, Matter
from delegation.roster_records import AgreedTime
from gateway.answers import answer, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.incoming import JsonBody
from gateway.routes.parameters import DelegationId
from gateway.schemas.province_acts import (
    ActOutcomes,
    Agreements,
    Announcement,
    Approvals,
    CoordinationRequest,
    Designation,
    OfficeActOut,
    OfficeUnitsOut,
    OfficeWorkOut,
    PossibleOut,
    ProvincialAgreement,
    Reminders,
    SpokenWord,
    Supervision,
)
from node.province.acts_ports import Done, Terms

router = APIRouter(tags=["province"])
SpokenForm = Annotated[SpokenWord, Depends(JsonBody(SpokenWord))]


def _prepared(done: Done) -> Response:
    """What waits for an approver."""
    location = f"/api/v1/moves/{done.move_id}"
    return versioned(OfficeActOut, done, done.version, status=HTTPStatus.CREATED, location=location)


@router.post("/province/reminders", operation_id="remindDelegations", response_model=ActOutcomes)
async def remind(
    station: CurrentStation, actor: CurrentActor, form: Annotated[Reminders, Depends(JsonBody(Reminders))]
) -> Response:
    """催办: signed and queued at once, one by one; each says what became of it, and one that is refused stops none."""
    done = await station.acts.remind(actor, form.delegation_ids, form.text, unit=form.unit or "")
    return answer(ActOutcomes, {"items": done})


@router.post(
    "/province/supervisions",
    operation_id="prepareSupervision",
    response_model=OfficeActOut,
    status_code=HTTPStatus.CREATED,
)
async def supervise(
    station: CurrentStation, actor: CurrentActor, form: Annotated[Supervision, Depends(JsonBody(Supervision))]
) -> Response:
    """督办. Another province's unit is refused (NOT_ALLOWED, `why` other_province) with the `office` to ask instead."""
    done = await station.acts.supervise(
        actor, form.delegation_id, unit=form.unit, working_days=form.working_days, text=form.text
    )
    return _prepared(done)


@router.post(
    "/province/designations",
    operation_id="prepareDesignation",
    response_model=OfficeActOut,
    status_code=HTTPStatus.CREATED,
)
async def designate(
    station: CurrentStation, actor: CurrentActor, form: Annotated[Designation, Depends(JsonBody(Designation))]
) -> Response:
    """指定管辖. A thread that has moved on is refused: STALE with `since`, `kind`, `state`, `sequence`, `unit`."""
    done = await station.acts.designate(actor, form.delegation_id, unit=form.unit, seen=form.seen, text=form.text)
    return _prepared(done)


@router.post(
    "/province/opinions", operation_id="prepareOpinion", response_model=OfficeActOut, status_code=HTTPStatus.CREATED
)
async def give_opinion(station: CurrentStation, actor: CurrentActor, form: SpokenForm) -> Response:
    """The office's opinion on a dispute."""
    return _prepared(await station.acts.give_opinion(actor, form.delegation_id, text=form.text))


@router.post(
    "/province/coordination-requests",
    operation_id="prepareCoordinationRequest",
    response_model=OfficeActOut,
    status_code=HTTPStatus.CREATED,
)
async def coordinate(
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[CoordinationRequest, Depends(JsonBody(CoordinationRequest))],
) -> Response:
    """请求协调, in a thread of its own, which the answer names; `unit` is the office that is asked."""
    return _prepared(await station.acts.coordinate(actor, form.delegation_id, unit=form.unit, text=form.text))


@router.post(
    "/province/coordination-answers",
    operation_id="prepareCoordinationAnswer",
    response_model=OfficeActOut,
    status_code=HTTPStatus.CREATED,
)
async def answer_coordination(station: CurrentStation, actor: CurrentActor, form: SpokenForm) -> Response:
    """Answer another office's request, in its thread."""
    return _prepared(await station.acts.answer_coordination(actor, form.delegation_id, text=form.text))


@router.post("/province/announcements", operation_id="prepareAnnouncements", response_model=ActOutcomes)
async def announce(
    station: CurrentStation, actor: CurrentActor, form: Annotated[Announcement, Depends(JsonBody(Announcement))]
) -> Response:
    """通知下发: an envelope a unit, each prepared for approval or refused by itself."""
    return answer(ActOutcomes, {"items": await station.acts.announce(actor, form.units, form.text)})


@router.post(
    "/province/agreements", operation_id="proposeAgreement", response_model=OfficeActOut, status_code=HTTPStatus.CREATED
)
async def propose_agreement(
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[ProvincialAgreement, Depends(JsonBody(ProvincialAgreement))],
) -> Response:
    """提议协议. Terms against the law are refused with the `article`, the field and what it leaves."""
    terms = Terms(
        matters=tuple(Matter[each] for each in form.matters),
        modes=tuple(AppraisalMode[each] for each in form.modes),
        times=tuple(AgreedTime(each.clock, each.working_days, each.green_working_days) for each in form.times),
        valid_from=form.valid_from,
        valid_to=form.valid_to,
    )
    return _prepared(await station.acts.propose_agreement(actor, form.office, terms))


@router.post(
    "/province/agreements/{delegation_id}/countersignature",
    operation_id="prepareCountersignature",
    response_model=OfficeActOut,
    status_code=HTTPStatus.CREATED,
)
async def countersign(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Countersign what was proposed, in the very terms."""
    return _prepared(await station.acts.countersign(actor, delegation_id))


@router.post(
    "/province/agreements/{delegation_id}/end",
    operation_id="prepareAgreementEnd",
    response_model=OfficeActOut,
    status_code=HTTPStatus.CREATED,
)
async def end_agreement(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """End an agreement, or decline a proposed one."""
    return _prepared(await station.acts.end_agreement(actor, delegation_id))


@router.post("/province/approvals", operation_id="approveOfficeActs", response_model=ActOutcomes)
async def approve(
    station: CurrentStation, actor: CurrentActor, form: Annotated[Approvals, Depends(JsonBody(Approvals))]
) -> Response:
    """Approve and seal acts that somebody else prepared, each at the version that was seen.

    Each says what became of it: EDITED_MEANWHILE, FOUR_EYES, STALE for a designation on a thread that moved on.
    """
    done = await station.acts.approve(actor, [(each.move_id, each.version) for each in form.moves])
    return answer(ActOutcomes, {"items": done})


@router.get("/province/waiting", operation_id="listProvinceWaiting", response_model=OfficeWorkOut)
async def list_waiting(station: CurrentStation, actor: CurrentActor) -> Response:
    """What waits for the office, and the answers to its supervisions."""
    return answer(OfficeWorkOut, await station.acts.waiting(actor))


@router.get("/province/delegations/{delegation_id}/acts", operation_id="listPossibleActs", response_model=PossibleOut)
async def list_acts(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """What the office may do in one delegation now, and the number that a designation says it has seen."""
    return answer(PossibleOut, await station.acts.possible(actor, delegation_id))


@router.get("/province/units", operation_id="listProvinceUnits", response_model=OfficeUnitsOut)
async def list_units(station: CurrentStation, actor: CurrentActor) -> Response:
    """Whom the office may announce to, and with which offices it may agree."""
    return answer(OfficeUnitsOut, await station.acts.units(actor))


@router.get("/province/agreements", operation_id="listAgreements", response_model=Agreements)
async def list_agreements(station: CurrentStation, actor: CurrentActor) -> Response:
    """Agreements and proposals of the office; the thread's other acts are those of any thread."""
    return answer(Agreements, {"items": await station.acts.agreements(actor)})
