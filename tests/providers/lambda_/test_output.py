"""Output cut into log events, and log events cut into calls of PutLogEvents."""

from lab.providers.lambda_.logs import MAX_BATCH_BYTES, batches
from lab.providers.lambda_.output import (
    MAX_EVENT_BYTES,
    MAX_KEPT_BYTES,
    LogEvent,
    LogSettings,
    Output,
)


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


def frame(kind: int, message: str) -> bytes:
    text = message.encode()
    return b"\xa5\x5a\x00" + bytes([kind]) + len(text).to_bytes(4) + bytes(8) + text


def test_frame_is_one_event_between_the_lines_around_it() -> None:
    output = Output()
    data = b"before\nhalf" + frame(0x0F, "two\nlines é\n") + b"after\n" + frame(0x17, "last")
    for byte in data:
        output.feed(bytes([byte]))
    assert messages(output) == ["before\n", "half\n", "two\nlines é\n", "after\n", "last\n"]


def test_text_that_looks_like_a_frame_is_text() -> None:
    output = Output()
    output.feed(b"\xa5\x5a\x00\xff" + bytes(12) + b"\n" + frame(0x03, "true"))
    first, second = messages(output)
    assert (first[1:3], second) == ("Z\x00", "true\n")


def test_frame_that_never_ends_is_kept_as_far_as_it_came() -> None:
    output = Output()
    output.feed(b"before" + frame(0x03, "x" * 100)[:50])
    output.write("END")
    assert messages(output) == ["before\n", "x" * 34 + "\n", "END\n"]


def test_levels_count_in_json_only() -> None:
    data = frame(0x0B, "debug") + b"printed\n" + frame(0x16, "error")
    for settings, seen in (
        (LogSettings(application_level="ERROR"), ["debug\n", "printed\n", "error\n"]),
        (LogSettings(is_json=True), ["printed\n", "error\n"]),
        (LogSettings(is_json=True, application_level="ERROR"), ["error\n"]),
    ):
        output = Output(settings)
        output.feed(data)
        assert messages(output) == seen


def test_batches_are_what_put_log_events_takes() -> None:
    many = [LogEvent(number, "x") for number in range(25_000, 0, -1)]
    sizes = [len(batch) for batch in batches(many)]
    assert sizes == [10_000, 10_000, 5_000]
    assert [event.timestamp for batch in batches(many) for event in batch] == list(range(1, 25_001))
    large = [LogEvent(0, "x" * 300_000)] * 7
    for batch in batches(large):
        assert sum(len(event.message) + 26 for event in batch) <= MAX_BATCH_BYTES
