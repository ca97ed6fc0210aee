"""The layout of sequence numbers."""

import pytest

from lab.providers.kinesis.sequence import ParsedSequence, SequenceSpace, parse

SECOND = 1_700_000_000


@pytest.mark.fidelity("kinesis.sequence_numbers")
def test_a_number_has_56_digits_and_reads_back() -> None:
    number = str(SequenceSpace(17, SECOND).number(5, SECOND + 3))
    assert len(number) == 56
    assert parse(number) == ParsedSequence(SECOND, 5, 17)


def test_numbers_increase_with_the_record_whatever_the_clock_says() -> None:
    space = SequenceSpace(0, SECOND)
    numbers = [space.number(1, SECOND + 9), space.number(2, SECOND + 9), space.number(3, SECOND)]
    assert numbers == sorted(numbers)
    assert int(space.start()) < numbers[0]
    assert numbers[-1] < int(space.end(SECOND))


def test_a_child_born_later_has_greater_numbers_than_its_parent() -> None:
    assert int(SequenceSpace(1, SECOND + 1).start()) > int(SequenceSpace(0, SECOND).end(SECOND))


@pytest.mark.parametrize("text", ["0", "1", "abc", "-5", "9" * 56, "0" * 56, ""])
def test_what_is_no_number_of_this_layout_is_not_read(text: str) -> None:
    assert parse(text) is None
