"""Which lines are sent, once each and in order, whatever happens to the files."""

import shutil

import pytest

from tests.agent.conftest import Bench


def numbers(first: int, last: int) -> list[str]:
    return [f"line {number:04}" for number in range(first, last + 1)]


def test_lines_are_sent_when_they_are_whole(bench: Bench) -> None:
    bench.write("one", "two")
    bench.write("thr", end="")
    bench.start()
    bench.step()
    assert bench.stream.taken == ["one", "two"]
    bench.write("ee")
    bench.step()
    assert bench.stream.taken == ["one", "two", "three"]


def test_a_new_agent_begins_at_the_end_unless_told_otherwise(bench: Bench) -> None:
    bench.write("old")
    bench.start(initialPosition=None)
    bench.write("new")
    bench.write("also new", name="log.other")
    bench.step()
    assert sorted(bench.stream.taken) == ["also new", "new"]


def test_a_killed_agent_goes_on_where_it_stopped(bench: Bench) -> None:
    bench.write(*numbers(1, 1200))
    bench.start()
    bench.step(0)  # 1,000 are sent; the last 200 wait, and are lost with the process
    assert len(bench.stream.taken) == 1000
    bench.write(*numbers(1201, 1210))
    bench.start()
    bench.step()
    assert bench.stream.taken == numbers(1, 1210)


@pytest.mark.fidelity("kinesis_agent.at_least_once")
def test_a_batch_that_was_sent_but_not_noted_is_sent_again(bench: Bench) -> None:
    bench.write(*numbers(1, 3))
    bench.start()
    saved = bench.folder / "state" / "checkpoints.json"
    before = saved.read_bytes()
    bench.step()
    saved.write_bytes(before)  # killed between the answer and the note
    bench.start()
    bench.step()
    assert bench.stream.taken == numbers(1, 3) * 2


@pytest.mark.fidelity("kinesis_agent.rotation")
@pytest.mark.parametrize("pattern", ["log*", "log"])
@pytest.mark.parametrize("running", [True, False])
def test_a_renamed_file_is_read_to_its_end(bench: Bench, pattern: str, running: bool) -> None:
    options = {"filePattern": str(bench.folder / pattern)}
    bench.write(*numbers(1, 3))
    bench.start(**options)
    bench.step()
    bench.write(*numbers(4, 5))
    bench.log.rename(bench.folder / "log.1")
    bench.write(*numbers(6, 7), name="log.1")  # the writer has not noticed yet
    bench.write(*numbers(8, 9))
    if not running:
        bench.start(**options)
    bench.step()
    assert sorted(bench.stream.taken) == numbers(1, 9)
    (bench.folder / "log.1").rename(bench.folder / "log.2")
    bench.log.rename(bench.folder / "log.1")
    bench.write(*numbers(10, 11))
    if not running:
        bench.start(**options)
    bench.step()
    assert sorted(bench.stream.taken) == numbers(1, 11)


@pytest.mark.fidelity("kinesis_agent.rotation")
@pytest.mark.parametrize("pattern", ["log*", "log"])
@pytest.mark.parametrize("running", [True, False])
def test_what_was_copied_and_emptied_is_read_from_the_copy(
    bench: Bench, pattern: str, running: bool
) -> None:
    options = {"filePattern": str(bench.folder / pattern)}
    bench.write(*numbers(1, 40))
    bench.start(**options)
    bench.step()
    bench.write(*numbers(41, 45))
    shutil.copyfile(bench.log, bench.folder / "log.1")
    if running:
        bench.step()  # the copy is there, and the original not yet emptied
    bench.write(*numbers(46, 47), name="log.1")
    with bench.log.open("r+") as file:
        file.truncate()
    bench.write(*numbers(48, 50))
    if not running:
        bench.start(**options)
    bench.step()
    assert sorted(set(bench.stream.taken)) == numbers(1, 50)
    assert len(bench.stream.taken) == 50
    bench.start(**options)
    bench.step()
    assert len(bench.stream.taken) == 50


def test_a_file_emptied_without_a_copy_is_read_from_its_beginning(bench: Bench) -> None:
    bench.write(*numbers(1, 40))
    bench.start()
    bench.step()
    with bench.log.open("r+") as file:
        file.truncate()
    bench.write(*numbers(51, 99))  # longer than before
    bench.step()
    assert bench.stream.taken == [*numbers(1, 40), *numbers(51, 99)]


@pytest.mark.fidelity("kinesis_agent.rotation")
def test_an_inode_that_was_given_to_another_file_does_not_deceive(bench: Bench) -> None:
    bench.write(*numbers(1, 40))
    bench.start()
    bench.step()
    with bench.log.open("r+") as file:  # the same inode, other bytes
        file.truncate()
        file.writelines(f"{line}\n" for line in numbers(101, 160))
    bench.start()
    bench.step()
    assert bench.stream.taken == [*numbers(1, 40), *numbers(101, 160)]


def test_the_last_line_of_a_rotated_file_needs_no_line_end(bench: Bench) -> None:
    bench.write("cut o", end="")
    bench.start()
    bench.step(10)
    assert bench.stream.taken == []
    bench.log.rename(bench.folder / "log.1")
    bench.write("next")
    bench.step(3)
    bench.step()
    assert sorted(bench.stream.taken) == ["cut o", "next"]


def test_compressed_files_are_passed_over(bench: Bench) -> None:
    bench.write("one")
    bench.write("one", name="log.1.gz")
    bench.start()
    bench.step()
    assert bench.stream.taken == ["one"]


def test_records_of_several_lines_end_where_the_next_begins(bench: Bench) -> None:
    bench.write("[1] fault", "  at a")
    bench.start(multiLineStartPattern=r"^\[\d\]")
    bench.step(0.5)
    bench.write("  at b", "[2] fault", "  at c")
    bench.step(0)
    bench.step(5)  # nobody writes to [2] any more
    bench.step()
    assert bench.stream.taken == ["[1] fault\n  at a\n  at b", "[2] fault\n  at c"]


def test_header_lines_are_skipped_in_each_file(bench: Bench) -> None:
    bench.write("# Fields", "one", name="log.a")
    bench.write("# Fields", name="log.b")
    bench.start(skipHeaderLines=1)
    bench.step()
    bench.write("two", name="log.b")
    bench.step()
    assert bench.stream.taken == ["one", "two"]


def test_a_line_that_is_too_long_is_cut(bench: Bench) -> None:
    bench.write("a" * 5_000_000, "b" * 2_000_000, "short")
    bench.start(truncatedRecordTerminator="~\n")
    bench.step()
    first, second, third = bench.stream.taken
    assert (first, second) == ("a" * 1_023_998 + "~", "b" * 1_023_998 + "~")
    assert third == "short"
