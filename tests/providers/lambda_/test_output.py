"""Output cut into log events, and log events cut into calls of PutLogEvents."""

from lab.providers.lambda_.logs import MAX_BATCH_BYTES, batches
from lab.providers.lambda_.output import MAX_EVENT_BYTES, MAX_KEPT_BYTES, LogEvent, Output


def messages(output: Output) -> list[str]:
    return [event.message for event in output.take()]


def test_lines_come_together_from_pieces() -> None:
    output = Output()
    for piece in (b"on", b"e\ntwo \xc3", b"\xa9\n\nlast"):
        output.feed(piece)
    output.write("END")
    assert messages(output) == ["one\n", "two é\n", "last\n", "END\n"]


def test_what_is_no_utf8_is_kept_visible() -> None:
    output = Output()
    output.feed(b"\xff\xfe\n")
    assert messages(output) == ["\ufffd\ufffd\n"]


def test_long_line_becomes_several_events() -> None:
    output = Output()
    output.feed(b"x" * (MAX_EVENT_BYTES + 1) + b"\n")
    assert [len(text) for text in messages(output)] == [MAX_EVENT_BYTES + 1, 2]


def test_output_beyond_the_limit_is_counted_and_the_platform_still_heard() -> None:
    output = Output()
    for _ in range(MAX_KEPT_BYTES // 65536 + 2):
        output.feed(b"x" * 65535 + b"\n")
    output.write("END")
    *_, dropped, end = messages(output)
    assert dropped.endswith(f"more bytes of output are not kept: {MAX_KEPT_BYTES} is the most]\n")
    assert end == "END\n"
    output.feed(b"next invocation\n")
    assert messages(output) == ["next invocation\n"]


def test_tiny_lines_count_what_they_cost() -> None:
    output = Output()
    for _ in range(64):
        output.feed(b"\nx" * 32768)
    assert len(output.take()) < MAX_KEPT_BYTES // 20


def test_batches_are_what_put_log_events_takes() -> None:
    many = [LogEvent(number, "x") for number in range(25_000, 0, -1)]
    sizes = [len(batch) for batch in batches(many)]
    assert sizes == [10_000, 10_000, 5_000]
    assert [event.timestamp for batch in batches(many) for event in batch] == list(range(1, 25_001))
    large = [LogEvent(0, "x" * 300_000)] * 7
    for batch in batches(large):
        assert sum(len(event.message) + 26 for event in batch) <= MAX_BATCH_BYTES
