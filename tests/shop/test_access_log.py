"""The log file: its lines, and what happens when it is full."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from lab.shop.access_log import AccessLog, Entry

MOMENT = datetime(2026, 3, 2, 23, 59, 58, tzinfo=UTC)


def entry(number: int) -> Entry:
    return Entry("192.0.2.1", MOMENT, f"GET /{number:03} HTTP/1.1", 200, 0)


def test_times_are_in_utc_and_months_in_english() -> None:
    paris = MOMENT.astimezone(timezone(timedelta(hours=1)))
    line = Entry("::1", paris, "GET / HTTP/1.1", 200, 12, "ref", "agent").line()
    assert line == '::1 - - [02/Mar/2026:23:59:58 +0000] "GET / HTTP/1.1" 200 12 "ref" "agent"'


def test_what_is_not_ascii_is_escaped_as_apache_does() -> None:
    line = Entry("::1", MOMENT, "GET /\xe9\n HTTP/1.1", 400, 0, 'a"b', "\\").line()
    assert line.endswith(r'"GET /\xe9\n HTTP/1.1" 400 - "a\"b" "\\"')


def test_a_full_file_is_renamed_and_the_oldest_goes(tmp_path: Path) -> None:
    size = len(entry(0).line()) + 1
    log = AccessLog(tmp_path / "log", max_bytes=2 * size, keep=2)
    for number in range(7):
        log.write(entry(number))
    log.close()
    found = {
        path.name: [line.split()[6] for line in path.read_text().splitlines()]
        for path in tmp_path.iterdir()
    }
    assert found == {"log": ["/006"], "log.1": ["/004", "/005"], "log.2": ["/002", "/003"]}


def test_a_shop_that_opens_again_goes_on_with_its_log(tmp_path: Path) -> None:
    for number in range(2):
        log = AccessLog(tmp_path / "log", max_bytes=10_000, keep=0)
        log.write(entry(number))
        log.close()
    assert len((tmp_path / "log").read_text().splitlines()) == 2
