"""The report as one page of HTML that needs nothing else: to read, to print, to keep."""

from html import escape

from lab import i18n
from lab.course.document import Document, Sheet

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; padding: .3em .6em; border-bottom: 1px solid #ccc; }
td + td, th + th { text-align: right; font-variant-numeric: tabular-nums; }
.note { color: #555; } @media print { body { margin: 0; max-width: none; } }
"""


def render(document: Document) -> str:
    title = escape(document.title)
    body = [
        f"<h1>{title}</h1>",
        f"<p><strong>{escape(document.grade)}</strong></p>",
        *(f"<p class='note'>{escape(note)}</p>" for note in document.notes),
        *(_table(sheet) for sheet in document.sheets),
        f"<p class='note'>{escape(document.made)}</p>",
    ]
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE}</style>"
    )
    opening = f"<!doctype html><html lang='{i18n.language()}'><head>{head}</head>"
    return f"{opening}<body>{''.join(body)}</body></html>\n"


def _table(sheet: Sheet) -> str:
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in sheet.columns)
    rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in sheet.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><caption>{escape(sheet.title)}</caption><tr>{head}</tr>{body}</table>"
