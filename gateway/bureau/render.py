"""Pages from templates: autoescaped, an undefined name is an error, one environment a language.

Every page gets `page` (who looks, in which language, how the node is) beside its own values. The answer carries the
policy that lets a browser run our own files and nothing else.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from gateway.auth import Caller
from gateway.bureau import filters
from gateway.bureau.context import PageContext
from gateway.bureau.forms.filled import named
from gateway.bureau.intake.places import places
from gateway.bureau.navigation import navigation
from gateway.bureau.texts import COOKIE, gettext_functions, translator
from gateway.language import Language, language_of

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
BASE: Final = "/desk"
# Scripts, styles and pictures are our own files; previews and redacted regions come as blobs made on the page.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; media-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


@cache
def asset(name: str) -> str:
    """The address of a static file, with its digest, so that a browser may keep it for ever.

    Raises:
        FileNotFoundError: no such file: htmx was not brought (hatch_build.py), or the name is wrong.
    """
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{BASE}/static/{digest}/{name}"


@cache
def environment(language: Language) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        auto_reload=False,
    )
    gettext, ngettext = gettext_functions(language)
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined] # of the extension
    translate = translator(language)
    made.globals.update(asset=asset, base=BASE, navigation=navigation(translate), labels_of=named)
    filters.install(made, translate)
    return made


def language_for(request: Request) -> Language:
    """The language that the person chose, else the browser's."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in {each.value for each in Language}:
        return Language(chosen)
    return language_of(request.headers.get("accept-language", ""))


@cache
def region_named(code: str) -> str:
    """The region of a bureau's code; empty for a code that names none."""
    table = places().table
    return table.full_name(code) if code in table else ""


def is_fragment(request: Request) -> bool:
    """htmx asks for a part of a page (not for a page that it boosts)."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def render(
    request: Request,
    template: str,
    *,
    active: str = "",
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> Response:
    """The page of a template."""
    language = language_for(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    context = PageContext(
        caller=caller,
        language=language,
        path=request.url.path,
        active=active,
        practice=bool(getattr(request.app.state, "practice", False)),
        where=region_named(request.app.state.settings.bureau),
        csrf=caller.session.csrf if caller is not None and caller.session is not None else "",
    )
    text = environment(language).get_template(template).render(page=context, **values)
    return Response(
        text,
        status_code=status,
        media_type="text/html",
        headers={
            "Content-Security-Policy": POLICY,
            "Content-Language": "zh-CN" if language is Language.CHINESE else "en",
            "Referrer-Policy": "same-origin",  # with none at all a browser says of its own forms: Origin: null
            "Vary": "Cookie, Accept-Language, HX-Request",
            **(headers or {}),
        },
    )


def see_other(address: str) -> Response:
    """Go there with GET: after a form was taken, so that the back button and a reload send nothing twice."""
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": address})
