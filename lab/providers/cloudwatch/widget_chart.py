"""Draws a line chart as a PNG: axes with round numbers, lines, annotations, a legend.

Pillow is imported at the first picture. All is drawn twice as large and made smaller at the end,
which makes slanted lines smooth.
"""

import datetime as dt
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SCALE = 2
INK, PALE, GRID, PAPER = "#333333", "#687078", "#e5e8eb", "#ffffff"
TITLE, TEXT = 15, 11
STEPS = (1, 2, 2.5, 5, 10)
MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200)


class Line(NamedTuple):
    """One series; points are (seconds, value) in the order of time."""

    label: str
    colour: str
    points: list[tuple[int, float]]
    right: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn; ``widget`` holds title, size, yAxis, annotations and stacked."""

    widget: dict[str, Any]
    lines: list[Line]
    start: int
    end: int
    zone: dt.tzinfo

    def marks(self, kind: str) -> list[dict[str, Any]]:
        """The annotations that have a value and nothing that stands for a range."""
        found = (self.widget.get("annotations") or {}).get(kind) or []
        return [each for each in found if isinstance(each, dict) and "value" in each]


class Axis(NamedTuple):
    low: float
    high: float
    ticks: list[float]

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def draw(chart: Chart) -> bytes:
    """The picture, PNG."""
    from PIL import Image, ImageDraw

    width, height = chart.widget["width"], chart.widget["height"]
    image = Image.new("RGB", (width * SCALE, height * SCALE), PAPER)
    Drawing(chart, ImageDraw.Draw(image)).run()
    written = io.BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(written, "PNG", optimize=True)
    return written.getvalue()


def axis(values: Sequence[float], low: float | None, high: float | None) -> Axis:
    """Round numbers around the values; an end that is given stays."""
    least = min(values, default=0.0) if low is None else low
    most = max(values, default=1.0) if high is None else high
    if low is None and least > 0:
        least = 0.0
    if most <= least:
        most = least + (abs(least) or 1.0)
    rough = (most - least) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(each * unit for each in STEPS if each * unit >= rough * 0.999)
    bottom = math.floor(least / step + 1e-9) * step if low is None else least
    top = math.ceil(most / step - 1e-9) * step if high is None else most
    first = math.ceil(bottom / step - 1e-9)
    count = math.floor((top - bottom) / step + 1e-9) + 1
    return Axis(bottom, top, [(first + n) * step for n in range(count)])


def number(value: float) -> str:
    """A value as an axis shows it: 1.5K, 20M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


class Drawing:
    """One chart on one image; places are in pixels of the larger picture."""

    def __init__(self, chart: Chart, canvas: "ImageDraw") -> None:
        from PIL import ImageFont

        self.chart = chart
        self.canvas = canvas
        self.small = ImageFont.load_default(TEXT * SCALE)
        self.large = ImageFont.load_default(TITLE * SCALE)
        self.lines = list(_stacked(chart.lines)) if chart.widget.get("stacked") else chart.lines
        self.axes = {
            right: self._axis(right)
            for right in (False, True)
            if not right or any(line.right for line in chart.lines)
        }
        rows = self._legend_rows()
        self.left = SCALE * 14 + self._widest(False)
        self.right = SCALE * chart.widget["width"] - SCALE * 14
        if True in self.axes:
            self.right -= self._widest(True)
        self.top = SCALE * (38 if chart.widget.get("title") else 16)
        self.bottom = SCALE * (chart.widget["height"] - 30 - 16 * len(rows))
        self.rows = rows

    def run(self) -> None:
        self._title()
        self._values()
        self._times()
        for line in self.lines:
            self._line(line)
        self._annotations()
        self._legend()

    def _axis(self, right: bool) -> Axis:
        options = (self.chart.widget.get("yAxis") or {}).get("right" if right else "left") or {}
        values = [value for line in self.lines if line.right == right for _, value in line.points]
        values += [
            float(mark["value"])
            for mark in self.chart.marks("horizontal")
            if (mark.get("yAxis") == "right") == right
        ]
        return axis(values, options.get("min"), options.get("max"))

    def _widest(self, right: bool) -> int:
        labels = [number(tick) for tick in self.axes[right].ticks]
        return int(max((self.small.getlength(label) for label in labels), default=0))

    def x(self, at: float) -> float:
        share = (at - self.chart.start) / (self.chart.end - self.chart.start)
        return self.left + share * (self.right - self.left)

    def y(self, value: float, right: bool = False) -> float:
        share = min(max(self.axes[right].share(value), 0.0), 1.0)
        return self.bottom - share * (self.bottom - self.top)

    def _title(self) -> None:
        if title := self.chart.widget.get("title"):
            place = (SCALE * 10, SCALE * 9)
            self.canvas.text(place, str(title), INK, self.large)

    def _values(self) -> None:
        for right, scale in self.axes.items():
            for tick in scale.ticks:
                y = self.y(tick, right)
                if not right:
                    self.canvas.line((self.left, y, self.right, y), GRID, SCALE)
                x = self.right + SCALE * 5 if right else self.left - SCALE * 5
                anchor = "lm" if right else "rm"
                self.canvas.text((x, y), number(tick), PALE, self.small, anchor=anchor)

    def _times(self) -> None:
        length = (self.chart.end - self.chart.start) / 60
        wanted = max((self.right - self.left) / (SCALE * 75), 1)
        step = 60 * next((each for each in MINUTES if length / each <= wanted), MINUTES[-1])
        shape = "%H:%M" if step < 86_400 else "%m/%d"
        for at in range(-(-self.chart.start // step) * step, self.chart.end + 1, step):
            x = self.x(at)
            self.canvas.line((x, self.bottom, x, self.bottom + SCALE * 4), PALE, SCALE)
            text = dt.datetime.fromtimestamp(at, self.chart.zone).strftime(shape)
            self.canvas.text((x, self.bottom + SCALE * 7), text, PALE, self.small, anchor="mt")
        self.canvas.line((self.left, self.bottom, self.right, self.bottom), PALE, SCALE)

    def _line(self, line: Line) -> None:
        places = [(self.x(at), self.y(value, line.right)) for at, value in line.points]
        if len(places) == 1:
            (x, y), size = places[0], SCALE * 2.5
            self.canvas.ellipse((x - size, y - size, x + size, y + size), line.colour)
        elif places:
            self.canvas.line(places, line.colour, SCALE * 2, joint="curve")

    def _annotations(self) -> None:
        for mark in self.chart.marks("horizontal"):
            right = mark.get("yAxis") == "right" and True in self.axes
            y = self.y(float(mark["value"]), right)
            place = (self.right - SCALE * 3, y - SCALE * 3)
            self._mark((self.left, y, self.right, y), mark, place, "rb")
        for mark in self.chart.marks("vertical"):
            moment = dt.datetime.fromisoformat(str(mark["value"]))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            x = self.x(moment.timestamp())
            if self.left <= x <= self.right:
                place = (x + SCALE * 3, self.top)
                self._mark((x, self.top, x, self.bottom), mark, place, "lt")

    def _mark(
        self,
        places: tuple[float, float, float, float],
        mark: dict[str, Any],
        text: tuple[float, float],
        anchor: str,
    ) -> None:
        colour = mark.get("color") or "#d13212"
        x1, y1, x2, y2 = places
        dashes = int(max(x2 - x1, y2 - y1) // (SCALE * 6))
        for n in range(0, dashes, 2):
            a, b = n / dashes, (n + 1) / dashes
            dash = (x1 + a * (x2 - x1), y1 + a * (y2 - y1), x1 + b * (x2 - x1), y1 + b * (y2 - y1))
            self.canvas.line(dash, colour, SCALE * 2)
        self.canvas.text(text, str(mark.get("label") or ""), colour, self.small, anchor=anchor)

    def _legend_rows(self) -> list[list[Line]]:
        rows: list[list[Line]] = []
        room = 0.0
        for line in self.chart.lines:
            wide = self.small.getlength(line.label) + SCALE * 28
            if not rows or wide > room:
                rows.append([])
                room = SCALE * (self.chart.widget["width"] - 20)
            rows[-1].append(line)
            room -= wide
        return rows

    def _legend(self) -> None:
        y = self.bottom + SCALE * 30
        for row in self.rows:
            x: float = SCALE * 14
            for line in row:
                self.canvas.rectangle((x, y - SCALE * 5, x + SCALE * 9, y + SCALE * 4), line.colour)
                x += SCALE * 14
                self.canvas.text((x, y), line.label, INK, self.small, anchor="lm")
                x += self.small.getlength(line.label) + SCALE * 14
            y += SCALE * 16


def _stacked(lines: list[Line]) -> Iterator[Line]:
    """Each line on top of those before it; where a line has no value it adds nothing."""
    sums: dict[tuple[bool, int], float] = {}
    for line in lines:
        points = []
        for at, value in line.points:
            sums[line.right, at] = sums.get((line.right, at), 0.0) + value
            points.append((at, sums[line.right, at]))
        yield line._replace(points=points)
