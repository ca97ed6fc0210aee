import io

import pytest
from rich.console import Console

from lab.demo.execution import Step
from lab.demo.progress import Airline, History, Snapshot
from lab.demo.run import Options
from lab.demo.view import View
from lab.errors import LabError


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANG", "en")


def history() -> History:
    past = History()
    airlines = (Airline("JetBlue Airways", 100, 0.25, 7.25),)
    past.add(Snapshot(at=1.0))
    past.add(Snapshot(at=2.0, sent=2_000, indexed=1_500, archived=1_000, airlines=airlines))
    return past


def test_a_file_gets_plain_lines() -> None:
    output = io.StringIO()
    view = View(Console(file=output))
    with view.live():
        view.show_flow(history(), shards=4)
        view.show_steps([Step("One", 1.25), Step("Two")])
        view.show_steps([Step("One", 1.25), Step("Two", 2.0)])
    assert output.getvalue().splitlines() == [
        "sent 2,000 (2,000/s)  indexed 1,500 (1,500/s)  archived 1,000 (1,000/s)  "
        "lag 1,000, malformed 0",
        "One: 1.2 s",
        "Two: 2.0 s",
    ]


def test_a_terminal_gets_a_picture() -> None:
    output = io.StringIO()
    view = View(Console(file=output, force_terminal=True, width=100))
    with view.live():
        view.show_flow(history(), shards=4)
    assert "\x1b[" in output.getvalue()
    assert "JetBlue Airways" in output.getvalue()
    assert "25%" in output.getvalue()
    assert "4 shards" in output.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        Options(days=0),
        Options(days=366),
        Options(events=0),
        Options(speed="fast"),
        Options(speed="0x"),
    ],
)
def test_options_that_make_no_sense(options: Options) -> None:
    with pytest.raises(LabError) as caught:
        options.check()
    assert caught.value.code == "demo-bad-option"


@pytest.mark.parametrize("options", [Options(), Options(days=365, speed="60x", events=1)])
def test_options_that_do(options: Options) -> None:
    options.check()
