"""Pages of a provincial office. Who may look the node judges; what is shown holds no personal data."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from delegation.clock_specs import legal_source
from delegation.figures import Basis, Count, Span
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.guard import PageCaller
from gateway.bureau.province import bands, cartogram, figures
from gateway.bureau.province.around import around, beside_list, beside_thread
from gateway.bureau.province.asking import (
    Addresses,
    AskedFor,
    DayText,
    PlaceText,
    SortText,
    codes_of,
    day_read,
    sorting_of,
)
from gateway.bureau.province.matrix import MEASURES, matrix_of, told_of
from gateway.bureau.province.trend import trend_of
from gateway.bureau.province.words import (
    BASES,
    ISSUED_LATER,
    LATE_WITH,
    MATTERS,
    SHARE_LABELS,
    SORTS,
    basis_of,
    words_of,
)
from gateway.bureau.render import render
from gateway.page_tokens import PageTokens
from node.desk.labels import clock_label, state_label
from node.province.ports import Behind, Listed, Oversight

router = APIRouter()
PAGE: Final = 50
_TILES: Final = "^(" + "|".join(cartogram.MEASURES) + ")$"
_LATE: Final = words_of(Count.LATE)
_COLUMNS: Final = "^-?(" + "|".join(bands.COLUMNS) + ")$"
_MEASURES: Final = "^(" + "|".join(MEASURES) + ")$"
ThreadPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{8,64}$")]
After = Annotated[str, Query(max_length=512, pattern=r"^[A-Za-z0-9_=.~-]*$")]


def _oversight(request: Request) -> Oversight:
    found: Oversight = request.app.state.station.oversight
    return found


@router.get("/province", operation_id="pageProvince")
async def page_province(
    request: Request,
    caller: PageCaller,
    wanted: AskedFor,
    *,
    tile: Annotated[str, Query(pattern=_TILES)] = "late",
    side: cartogram.Side = cartogram.Side.HOST,
    sort: Annotated[str, Query(pattern=_COLUMNS)] = bands.USUAL,
) -> Response:
    """The figures of the morning."""
    view = await _oversight(request).overview(caller.actor, wanted)
    to = Addresses(wanted)
    chosen = {"tile": tile, "side": side.value, "sort": sort}
    tile_label, tile_of = cartogram.MEASURES[tile]
    return render(
        request,
        "province/overview.html",
        **await around(request, caller, wanted, "overview"),  # type: ignore[arg-type] # values of a page
        view=view,
        now=[figures.figure(view.tally, each, to) for each in figures.NOW],
        counted=[
            (basis.value, BASES[basis], [figures.figure(view.tally, each, to) for each in counts])
            for basis, counts in (
                (Basis.ISSUED, figures.OF_ISSUED),
                (Basis.RESULT, figures.OF_RESULTS),
                (Basis.ENDED, figures.OF_ENDED),
            )
        ],
        shares=[figures.share(view.tally, each, to) for each in SHARE_LABELS],
        steps=[figures.step(view.tally, each, to) for each in Span],
        paper=[figures.figure(view.paper, each, to, route="paper") for each in figures.ON_PAPER],
        trend=trend_of(view.weeks),
        matters=MATTERS,
        chosen=chosen,
        here=lambda **changed: to.to("", **{**chosen, **changed}),
        tiles=cartogram.cartogram_of(view, tile, side, to),
        tile=tile,
        tile_label=tile_label,
        tile_basis=BASES[basis_of(tile_of)],
        tile_counts=LATE_WITH if tile_of is Count.LATE else words_of(tile_of)[1],
        tile_measures=[(name, words[0]) for name, words in cartogram.MEASURES.items()],
        rows=bands.rows_of(view, to, sort),
        board=view.scoreboard,
        late_with_counts=LATE_WITH,
    )


@router.get("/province/flows", operation_id="pageProvinceFlows")
async def page_flows(
    request: Request,
    caller: PageCaller,
    wanted: AskedFor,
    measure: Annotated[str, Query(pattern=_MEASURES)] = "issued",
) -> Response:
    """Who delegates to whom, as a heat table."""
    view = await _oversight(request).flows(caller.actor, wanted)
    return render(
        request,
        "province/flows.html",
        **await around(request, caller, wanted, "flows"),  # type: ignore[arg-type] # values of a page
        view=view,
        measure=measure,
        matters=MATTERS,
        measures=[(name, words[0]) for name, words in MEASURES.items()],
        matrix=matrix_of(view.cells, measure, Addresses(wanted)),
        told=told_of(measure),
        bases=BASES,
        standing=Basis.STANDING,
    )


@router.get("/province/list", operation_id="pageProvinceList")
async def page_list(
    request: Request,
    caller: PageCaller,
    wanted: AskedFor,
    *,
    count: Count | None = None,
    span: Span | None = None,
    late_with: PlaceText = "",
    week: DayText = "",
    listed: Listed | None = None,
    sort: SortText = "",
    after: After = "",
) -> Response:
    """The delegations behind a figure, the most urgent first."""
    monday = day_read(week, wanted.period.first, field="week") if week else None
    behind = Behind(count=count, span=span, late_with=late_with, week=monday, listed=listed)
    sorting = sorting_of(sort)
    tokens: PageTokens = request.app.state.page_tokens
    of = f"province {caller.actor.unit} {wanted} {behind} {sorting}"
    found = await _oversight(request).lines(
        caller.actor, wanted, behind, sorting=sorting, page_token=tokens.open(after, of=of), limit=PAGE
    )
    to, codes, asked = Addresses(wanted), codes_of(behind), count or span or listed
    sealed = tokens.seal(found.next_token, of=of)
    return render(
        request,
        "province/list.html",
        **await around(request, caller, wanted, "list"),  # type: ignore[arg-type] # values of a page
        **beside_list(request, caller),  # type: ignore[arg-type] # as above
        view=found,
        behind=behind,
        codes=codes,
        label=words_of(asked)[0] if asked is not None else _LATE[0] if late_with else "",
        counts=words_of(asked)[1] if asked is not None else LATE_WITH if late_with else ISSUED_LATER,
        basis=BASES[basis_of(asked)] if asked is not None else BASES[Basis.STANDING] if late_with else "",
        count_choices=[(each.value, words_of(each)[0]) for each in Count],
        state_of=state_label,
        clock_of=clock_label,
        code_labels=CODE_LABELS,
        matters=MATTERS,
        sort=sort,
        sorts=SORTS,
        first=to.to("/list", **codes, sort=sort) if after else "",
        next_page=to.to("/list", **codes, sort=sort, after=sealed) if sealed else "",
    )


@router.get("/province/threads/{thread_id}", operation_id="pageProvinceThread")
async def page_thread(request: Request, caller: PageCaller, wanted: AskedFor, thread_id: ThreadPath) -> Response:
    """One delegation as headers and entries tell it, with the days that were due and where they come from."""
    view = await _oversight(request).timeline(caller.actor, thread_id)
    return render(
        request,
        "province/thread.html",
        **await around(request, caller, wanted, "thread"),  # type: ignore[arg-type] # values of a page
        **await beside_thread(request, caller, thread_id),  # type: ignore[arg-type] # as above
        view=view,
        line=view.line,
        state_of=state_label,
        clock_of=clock_label,
        source_of=legal_source,
        code_labels=CODE_LABELS,
    )
