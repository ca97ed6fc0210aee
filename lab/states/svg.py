"""The graph as SVG: readable in light and dark, with words for those who do not see it."""

from html import escape

from lab.states.graph import Graph
from lab.states.layout import Box, Page, Route, arrange
from lab.states.progress import Progress

MARGIN = 20.0
CORNER = 20.0
LABEL_LETTERS = 34

STYLE = """
svg { font: 13px system-ui, sans-serif; color-scheme: light dark; }
.page { fill: light-dark(#ffffff, #16191d); }
.state rect { fill: light-dark(#f4f5f7, #23272e); stroke: light-dark(#8a93a0, #6b7683); }
.state text { fill: light-dark(#1c2126, #e8eaed); text-anchor: middle; }
.state .type { font-size: 10px; fill: light-dark(#5c6670, #9aa4af); }
.done rect { fill: light-dark(#d9f2e0, #1d4a2d); stroke: light-dark(#2c8a4b, #58c47e); }
.running rect { fill: light-dark(#dbe8ff, #1d3560); stroke: light-dark(#2f6bd6, #79a7ff); }
.failed rect { fill: light-dark(#fbdcdc, #5a2020); stroke: light-dark(#c93636, #ff8a8a); }
.caught rect { fill: light-dark(#fdeccb, #574013); stroke: light-dark(#b97b10, #f0bb57); }
.way { fill: none; stroke: light-dark(#6f7985, #8a94a0); stroke-width: 1.4; }
.way.catch { stroke-dasharray: 5 4; }
.label { font-size: 11px; fill: light-dark(#4a535d, #b3bcc6); text-anchor: middle;
  paint-order: stroke; stroke: light-dark(#ffffff, #16191d); stroke-width: 4px; }
.arrow { fill: light-dark(#6f7985, #8a94a0); }
"""

ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
    ' orient="auto-start-reverse"><path class="arrow" d="M0 0 L8 4 L0 8 z"/></marker>'
)


def draw(graph: Graph, title: str, progress: Progress | None = None) -> str:
    """The picture of a graph; with ``progress`` each state has the colour of its mark."""
    page = arrange(graph)
    width, height = page.width + 2 * MARGIN, page.height + 2 * MARGIN
    described = ", ".join(_said(name, progress) for name in graph.states)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
            f' width="{width:.0f}" height="{height:.0f}" role="img"'
            ' aria-labelledby="title description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(described)}</desc>',
            f"<style>{STYLE}</style><defs>{ARROW}</defs>",
            '<rect class="page" width="100%" height="100%"/>',
            _page(page, MARGIN, MARGIN, progress),
            "</svg>\n",
        ]
    )


def _said(name: str, progress: Progress | None) -> str:
    return name if progress is None else f"{name}: {progress.of(name).mark}"


def _page(page: Page, x: float, y: float, progress: Progress | None) -> str:
    parts = [f'<g transform="translate({x:.1f} {y:.1f})">']
    parts += [_way(route) for route in page.routes]
    parts += [_state(box, progress) for box in page.boxes.values()]
    parts += [_label(route) for route in page.routes if route.edge.kind != "next"]
    return "\n".join([*parts, "</g>"])


def _state(box: Box, progress: Progress | None) -> str:
    mark = "" if progress is None else f" {progress.of(box.state.name).mark}"
    middle = box.width / 2
    baseline = 19.0
    parts = [
        f'<g class="state{mark}" transform="translate({box.x:.1f} {box.y:.1f})">',
        f'<rect width="{box.width:.1f}" height="{box.height:.1f}" rx="7"/>',
        f'<text x="{middle:.1f}" y="{baseline:.1f}">{escape(box.state.name)}</text>',
        f'<text class="type" x="{middle:.1f}" y="{baseline + 14:.1f}">'
        f"{escape(box.state.type)}</text>",
    ]
    parts += [_page(page, page.x, page.y, progress) for page in box.inside]
    return "".join([*parts, "</g>"])


def _way(route: Route) -> str:
    kind = " catch" if route.edge.kind == "catch" else ""
    return f'<path class="way{kind}" marker-end="url(#arrow)" d="{_path(route)}"/>'


def _path(route: Route) -> str:
    (x, y), *rest = route.points
    path = f"M{x:.1f} {y:.1f}"
    if route.is_back:
        (beside, _), (to_x, to_y) = rest
        path += f" C{beside:.1f} {y:.1f} {beside:.1f} {y:.1f} {beside:.1f} {y - CORNER:.1f}"
        path += f" L{beside:.1f} {to_y + CORNER:.1f}"
        return path + f" C{beside:.1f} {to_y:.1f} {beside:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    for to_x, to_y in rest:
        half = (to_y - y) / 2
        path += f" C{x:.1f} {y + half:.1f} {to_x:.1f} {to_y - half:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return path


def _label(route: Route) -> str:
    text = {"default": "default", "catch": route.edge.label}.get(route.edge.kind, route.edge.label)
    if len(text) > LABEL_LETTERS:
        text = text[: LABEL_LETTERS - 1] + "…"
    (x, y), (to_x, to_y) = route.points[0], route.points[1]
    if route.is_back:
        x, y = to_x, to_y
    else:
        # Half of the way, where transitions from one state have parted.
        x, y = (x + to_x) / 2, (y + to_y) / 2 + 4
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
