"""The report as a PDF of A4 pages, with its fonts in it.

The fonts are Bitstream Vera, which come with ReportLab and know the letters of western Europe: an
accent that they lack is left out, and a letter of another script is a question mark. The page of
HTML has them all.
"""

import io
import unicodedata
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from lab import i18n
from lab.course.document import Document, Sheet

PLAIN, BOLD = "Vera", "VeraBd"
MARGIN = 18 * mm
FIRST_COLUMN = 0.4  # of the width; the others share the rest
LINES = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ]
)


def render(document: Document) -> bytes:
    _fonts()
    out = io.BytesIO()
    pages = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=_known(document.title),
        lang=i18n.language(),
        invariant=True,
        initialFontName=PLAIN,
    )
    story: list[Any] = [
        _paragraph(document.title, size=16, bold=True),
        _paragraph(document.grade, size=13, bold=True),
        *(_paragraph(note) for note in document.notes),
    ]
    for sheet in document.sheets:
        table = _table(sheet, pages.width)
        story += [Spacer(0, 4 * mm), KeepTogether([_paragraph(sheet.title, bold=True), table])]
    story += [Spacer(0, 4 * mm), _paragraph(document.made)]
    pages.build(story, onFirstPage=_number, onLaterPages=_number)
    return out.getvalue()


def _table(sheet: Sheet, width: float) -> Table:
    """Its head is repeated on each page."""
    others = width * (1 - FIRST_COLUMN) / (len(sheet.columns) - 1)
    rows = [[_cell(name, place, bold=True) for place, name in enumerate(sheet.columns)]]
    rows += [[_cell(cell, place) for place, cell in enumerate(row)] for row in sheet.rows]
    widths = [width * FIRST_COLUMN, *[others] * (len(sheet.columns) - 1)]
    return Table(rows, widths, style=LINES, repeatRows=1, hAlign="LEFT")


def _cell(text: str, place: int, *, bold: bool = False) -> Paragraph:
    return _paragraph(text, size=8, bold=bold, right=place > 0)


def _paragraph(text: str, *, size: int = 9, bold: bool = False, right: bool = False) -> Paragraph:
    font = BOLD if bold else PLAIN
    style = ParagraphStyle(
        "", fontName=font, fontSize=size, leading=size * 1.35, alignment=2 if right else 0
    )
    return Paragraph(escape(_known(text)), style)


def _number(canvas: Any, pages: Any) -> None:
    canvas.setFont(PLAIN, 8)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(pages.page))


@cache
def _fonts() -> frozenset[int]:
    """Register the fonts; the characters that both know."""
    known = []
    for name in (PLAIN, BOLD):
        font = TTFont(name, f"{name}.ttf")
        pdfmetrics.registerFont(font)
        known.append(frozenset(font.face.charToGlyph))
    return frozenset.intersection(*known)


def _known(text: str) -> str:
    known = _fonts()

    def letter(one: str) -> str:
        if ord(one) in known:
            return one
        plain = [each for each in unicodedata.normalize("NFKD", one) if ord(each) in known]
        return "".join(plain) or "?"

    return "".join(letter(one) for one in unicodedata.normalize("NFC", text))
