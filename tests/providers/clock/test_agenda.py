"""The lab's clock, and what happens at its moments."""

import threading
from pathlib import Path

import pytest

from lab.providers.clock.agenda import Agenda, BusyError
from lab.providers.clock.lab_time import LabTime
from lab.providers.clock.schedules import At, Rate
from lab.providers.clock.work import Work

DAY = 86_400.0
NOON = 1_769_774_400.0


@pytest.fixture
def clock() -> LabTime:
    made = LabTime()
    made.stop()
    made.set(NOON)
    return made


@pytest.fixture
def agenda(clock: LabTime) -> Agenda:
    return Agenda(clock, Work())


def planned(agenda: Agenda, key: str, due: float) -> None:
    """Wait until the agenda's own thread has seen that the clock was changed."""
    for _ in range(2000):
        if agenda.due(key) == due:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{key} is due at {agenda.due(key)}, not {due}")


def test_a_clock_is_stopped_set_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state" / "clock.json"
    clock = LabTime(path)
    assert clock.is_real
    clock.stop()
    clock.set(NOON)
    assert (clock.now(), LabTime(path).now()) == (NOON, NOON)
    clock.run()
    assert NOON <= clock.now() < NOON + 60
    assert abs(LabTime(path).offset - clock.offset) < 1
    clock.reset()
    assert clock.is_real
    assert not path.exists()


def test_a_clock_that_cannot_be_read_tells_real_time(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_text("{")
    assert LabTime(path).is_real


@pytest.mark.fidelity("clock.advance")
def test_an_advance_does_what_comes_due_in_its_order(agenda: Agenda, clock: LabTime) -> None:
    seen: list[tuple[str, float, float]] = []
    agenda.put(
        "day", Rate(NOON, 86_400).following, lambda due: seen.append(("day", due, clock.now()))
    )
    agenda.put(
        "once", At(NOON + 1.5 * DAY).following, lambda due: seen.append(("once", due, clock.now()))
    )
    steps = list(agenda.advance(3 * DAY, DAY, patience=60))
    expected = [("day", 1.0), ("once", 1.5), ("day", 2.0), ("day", 3.0)]
    assert [(name, (due - NOON) / DAY) for name, due, _ in seen] == expected
    assert all(due == now for _, due, now in seen)
    assert [(step.number, step.total, step.fired) for step in steps] == [
        (1, 3, 1),
        (2, 3, 3),
        (3, 3, 4),
    ]
    assert clock.now() == NOON + 3 * DAY


@pytest.mark.fidelity("clock.advance")
def test_an_advance_waits_for_what_it_started(clock: LabTime) -> None:
    work = Work()
    running = [0]
    most: list[int] = []
    work.register("executions", lambda: running[0])

    def finish() -> None:
        running[0] -= 1

    def start(_due: float) -> None:
        running[0] += 1
        most.append(running[0])
        threading.Timer(0.05, finish).start()

    agenda = Agenda(clock, work)
    agenda.put("day", Rate(NOON, 86_400).following, start)
    list(agenda.advance(3 * DAY, DAY, patience=60))
    assert most == [1, 1, 1]


def test_an_advance_ends_at_what_does_not_end(clock: LabTime) -> None:
    work = Work()
    work.register("executions", lambda: 1)
    [step] = Agenda(clock, work).advance(3 * DAY, DAY, patience=0)
    assert (step.stuck, step.now) == ({"executions": 1}, NOON)


def test_only_one_advance_at_a_time(agenda: Agenda) -> None:
    first = agenda.advance(2 * DAY, DAY, patience=60)
    next(first)
    with pytest.raises(BusyError):
        next(agenda.advance(DAY, DAY, patience=60))
    first.close()
    assert len(list(agenda.advance(DAY, DAY, patience=60))) == 1


@pytest.mark.fidelity("clock.missed")
def test_what_a_clock_jumps_over_is_not_done(agenda: Agenda, clock: LabTime) -> None:
    fired = threading.Event()
    seen: list[float] = []

    def note(due: float) -> None:
        seen.append(due)
        fired.set()

    agenda.put("day", Rate(NOON, 86_400).following, note)
    clock.set(NOON + 3.5 * DAY)
    planned(agenda, "day", NOON + 4 * DAY)
    clock.set(NOON + 4 * DAY)
    assert fired.wait(20)
    assert seen == [NOON + 4 * DAY]


def test_what_is_due_is_earlier_once_the_clock_is_set_back(agenda: Agenda, clock: LabTime) -> None:
    clock.set(NOON + 10 * DAY)
    fired = threading.Event()
    agenda.put("day", Rate(NOON, 86_400).following, lambda _due: fired.set())
    clock.set(NOON + 2.5 * DAY)
    planned(agenda, "day", NOON + 3 * DAY)
    clock.set(NOON + 3 * DAY)
    assert fired.wait(20)


def test_what_fails_is_done_again_the_next_time(agenda: Agenda) -> None:
    seen: list[float] = []

    def fail(due: float) -> None:
        seen.append(due)
        raise RuntimeError("as it happens")

    agenda.put("day", Rate(NOON, 86_400).following, fail)
    list(agenda.advance(2 * DAY, DAY, patience=60))
    assert len(seen) == 2


def test_an_entry_is_replaced_and_removed(agenda: Agenda) -> None:
    seen: list[str] = []
    agenda.put("a", Rate(NOON, 86_400).following, lambda _due: seen.append("old"))
    agenda.put("a", Rate(NOON, 86_400).following, lambda _due: seen.append("new"))
    agenda.put("b", Rate(NOON, 86_400).following, lambda _due: seen.append("removed"))
    agenda.remove("b")
    list(agenda.advance(DAY, DAY, patience=60))
    assert seen == ["new"]
    assert agenda.due("a") == NOON + 2 * DAY
    assert agenda.due("b") is None
