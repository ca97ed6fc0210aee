"""Draws the Mermaid diagrams of the course: ``<module>/pictures/<name>.<lang>.svg``.

    python scripts/pictures.py          # those that are missing or old; those without a fence go
    python scripts/pictures.py --all    # every one

Run it after a change of a diagram, and commit what it draws. It needs npm, which fetches Mermaid
once into the lab's cache, and Chromium, in which Mermaid draws; learners need neither.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from html import unescape
from pathlib import Path

from lab import config
from lab.config import ROOT
from lab.course import diagrams
from lab.course.diagrams import Diagram

MERMAID = "11.17.2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTINGS = {
    "startOnLoad": False,
    "securityLevel": "strict",
    "theme": "neutral",
    "fontFamily": "DejaVu Sans, Verdana, sans-serif",  # of the same widths
    "htmlLabels": False,  # labels as SVG text, which every viewer shows
    "flowchart": {"htmlLabels": False, "rankSpacing": 80},  # room for the words on arrows
    "deterministicIds": True,
    "themeCSS": ".edgeLabel rect, .labelBkg { opacity: 1; fill: #fff; }",  # no line through words
}
PAGE = """<!doctype html><meta charset="utf-8"><body><script src="{script}"></script><script>
mermaid.initialize({settings});
(async () => {{
  const drawn = [];
  for (const [id, text] of {sources}) {{
    try {{ drawn.push((await mermaid.render(id, text)).svg); }}
    catch (error) {{ drawn.push("ERROR " + error.message); }}
  }}
  const out = document.createElement("pre");
  out.id = "drawn";
  out.textContent = JSON.stringify(drawn);
  document.body.replaceChildren(out);
}})();
</script></body>"""


def draw(wanted: Sequence[Diagram]) -> list[str]:
    """SVG of each, or ``ERROR`` and Mermaid's words."""
    sources = json.dumps([[f"d-{one.picture.stem.replace('.', '-')}", one.text] for one in wanted])
    page = PAGE.format(
        script=_mermaid().as_uri(),
        settings=json.dumps(SETTINGS),
        sources=sources.replace("</", "<\\/"),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        file.write_text(page, encoding="utf-8")
        command = [_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        command += ["--allow-file-access-from-files", f"--user-data-dir={folder}/profile"]
        command += ["--virtual-time-budget=600000", file.as_uri()]
        dom = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r'<pre id="drawn">(.*?)</pre>', dom, re.DOTALL)
    if found is None:
        sys.exit("Chromium drew nothing.")
    drawn: list[str] = json.loads(unescape(found[1]))
    return drawn


def finish(diagram: Diagram, svg: str) -> str:
    """The picture as a file: on white, with its title, the digest, and a line break at its end."""
    opening, rest = svg.split(">", 1)
    size = re.search(r'viewBox="([-\d.]+) ([-\d.]+) ([\d.]+) ([\d.]+)"', opening)
    assert size
    opening = re.sub(r'width="100%"', f'width="{size[3]}" height="{size[4]}"', opening)
    note = f"<!-- drawn by Mermaid {MERMAID} from {diagram.digest} -->"
    box = f'<rect x="{size[1]}" y="{size[2]}" width="{size[3]}" height="{size[4]}" fill="#fff"/>'
    return f"{opening}>{note}{box}{rest}\n"


def _mermaid() -> Path:
    folder = config.load().cache / f"mermaid-{MERMAID}"
    script = folder / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
    if not script.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-save", "--ignore-scripts", f"mermaid@{MERMAID}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return script


def _browser() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    sys.exit(f"None of {', '.join(BROWSERS)} is installed.")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw the diagrams of the course.")
    parser.add_argument("--all", action="store_true", help="also those that are not old")
    given = parser.parse_args(arguments)
    every = diagrams.every(ROOT)
    for old in sorted(set((ROOT / "exercises").glob("*/pictures/*.svg")) - set(every)):
        old.unlink()
        print(f"- {old.relative_to(ROOT)}")
    wanted = [one for one in every.values() if given.all or not one.drawn]
    failed = False
    for one, svg in zip(wanted, draw(wanted) if wanted else [], strict=True):
        name = one.picture.relative_to(ROOT)
        if svg.startswith("ERROR "):
            print(f"✗ {name}: {svg.removeprefix('ERROR ')}")
            failed = True
            continue
        one.picture.parent.mkdir(exist_ok=True)
        one.picture.write_text(finish(one, svg), encoding="utf-8")
        print(f"✓ {name}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
