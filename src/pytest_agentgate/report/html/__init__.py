"""A run as one HTML page that needs nothing else: no server, no network, no other file.

What comes from the tests is data: JSON in a block that no browser runs, compressed where it is large, out of which the
page's script makes text nodes and nothing else. A Content-Security-Policy allows this one script and this one style by
their hashes, no request to anywhere, and no string to become HTML (https://www.w3.org/TR/CSP3/,
https://www.w3.org/TR/trusted-types/). Where scripts do not run, a list of the causes is shown.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files

from pytest_agentgate.model import RunReport, RunSummary
from pytest_agentgate.model.judgement import GateState
from pytest_agentgate.report.html.compact import packed, script_json
from pytest_agentgate.report.html.content import content, state_of
from pytest_agentgate.report.lacking import lacks
from pytest_agentgate.report.phrases import extent, headline, ordered, tally
from pytest_agentgate.report.printable import fit, printable

SCRIPTS = (
    "words", "dom", "data", "search", "overview", "causes", "gates", "results", "charts", "measured", "page",
)  # fmt: skip
"""The files of the page's script in the order in which they are joined; each uses what those before it declare."""

# Found now: what that imports could be a module of the project once its tests run.
_PAGE = files(__name__).joinpath("page")
_PACKED_FROM = 200_000  # characters of JSON; what is less can be read in the file as it is
_CAUSES = 40  # listed where scripts do not run
_NEEDED = "This page needs Chrome 123, Firefox 120, Safari 17.5, or later."  # for light-dark() in its style
_REFUSED = f".catch((error) => document.body.prepend(`{_NEEDED} ${{error}}`))"
_TITLE = 200  # columns of a cause's title there
_ICONS = {
    GateState.PASSED: "2f8f5b",
    GateState.WARNED: "b7791f",
    GateState.FAILED: "c8372d",
    GateState.INVALID: "c8372d",
}
_OTHER_ICON = "7a808a"


def render(report: RunReport) -> str:
    """The page, as text that ends with a line break; equal reports give equal pages."""
    return "".join(_parts(report))


def _parts(report: RunReport) -> Iterator[str]:
    summary = report.summary
    style, script = _asset("style.css"), _script()
    title = escape(fit(printable(f"{headline(summary)} - {summary.run.id}".rstrip(" -")), _TITLE))
    colour = _ICONS.get(state_of(summary), _OTHER_ICON)
    yield "<!DOCTYPE html>\n"
    yield '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{title}</title>\n"
    yield '<link rel="icon" href="data:image/svg+xml,'
    yield "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    yield f"%3Ccircle cx='8' cy='8' r='6' fill='%23{colour}'/%3E%3C/svg%3E\">\n"
    yield f"<style>{style}</style>\n</head>\n<body>\n"
    yield from _without_scripts(summary)
    data = script_json(content(report))
    if len(data) < _PACKED_FROM:
        yield f'<script type="application/json" id="data">{data}</script>\n'
    else:
        yield f'<script type="application/zlib" id="data">{packed(data)}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _policy(style: str, script: str) -> str:
    """A policy that allows these two texts and an icon that is part of the page."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _script() -> str:
    made = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(async () => {{\n{made}}})(){_REFUSED};\n'


def _asset(name: str) -> str:
    text = _PAGE.joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")  # as browsers read it, and as it is hashed


def _without_scripts(summary: RunSummary) -> Iterator[str]:
    causes = ordered(summary.causes)
    yield f"<noscript>\n<h1>{escape(printable(headline(summary)))}</h1>\n<p>{escape(tally(summary.run.counts))}</p>\n"
    yield "<p>Scripts do not run here: this is the list of causes alone.</p>\n<ol>\n"
    for cause in causes[:_CAUSES]:
        title = escape(fit(printable(cause.title), _TITLE))
        yield f"<li>{cause.kind}: <bdi>{title}</bdi><br>{extent(cause)}; {cause.status}<br>"
        said = [printable(cause.next_action), lacks(cause)]
        yield f"{'<br>'.join(escape(one) for one in said if one)}</li>\n"
    yield "</ol>\n"
    if len(causes) > _CAUSES:
        yield f"<p>And {len(causes) - _CAUSES:,} more.</p>\n"
    yield "</noscript>\n"
