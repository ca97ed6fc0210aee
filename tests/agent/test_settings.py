"""agent.json, and what records become before they are sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.agent import settings
from lab.agent.checkpoints import Checkpoints
from lab.agent.conversion import converter_of
from lab.config import ROOT
from lab.errors import LabError
from tests.agent.conftest import Bench, MakeFlow

LINE = (
    b'64.242.88.10 - - [07/Mar/2004:16:10:02 -0800] "GET /mailman/listinfo HTTP/1.1" 200 6291 '
    b'"http://example.com/a" "Mozilla/5.0 (X11)"\n'
)
FIELDS = {
    "host": "64.242.88.10",
    "ident": None,
    "authuser": None,
    "datetime": "07/Mar/2004:16:10:02 -0800",
    "request": "GET /mailman/listinfo HTTP/1.1",
    "response": "200",
    "bytes": "6291",
}


def converted(record: bytes, **option: Any) -> Any:
    found = converter_of(option)(record)
    return None if found is None else json.loads(found)


@pytest.mark.fidelity("kinesis_agent.other_keys")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"filePattern": None}, "each flow needs a filePattern"),
        ({"deliveryStream": None}, "each flow needs either deliveryStream or kinesisStream"),
        ({"kinesisStream": "x"}, "each flow needs either deliveryStream or kinesisStream"),
        ({"fileFilter": "x"}, "the lab's agent does not know a flow's fileFilter"),
        (
            {"initialPosition": "START"},
            "initialPosition must be END_OF_FILE or START_OF_FILE, not START",
        ),
        ({"maxBufferAgeMillis": 9}, "maxBufferAgeMillis must be between 1000 and 900000, not 9"),
        ({"maxBufferSizeRecords": "x"}, "maxBufferSizeRecords must be a whole number, not 'x'"),
        ({"maxBufferSizeRecords": 501}, "maxBufferSizeRecords must be between 1 and 500, not 501"),
        (
            {"dataProcessingOptions": [{"optionName": "ADDMETADATA"}]},
            "the lab's agent does not know the optionName ADDMETADATA",
        ),
    ],
)
def test_what_it_cannot_do_it_refuses_by_name(
    make_flow: MakeFlow, changed: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(LabError) as caught:
        make_flow(**changed)
    path = tmp_path / "agent.json"
    assert caught.value.message == f"The agent's settings in {path} cannot be used: {reason}."


def test_numbers_may_stand_in_quotation_marks(make_flow: MakeFlow) -> None:
    assert make_flow(maxBufferAgeMillis="2000", maxBufferSizeRecords="50").max_records == 50


def test_defaults_are_aws_s(make_flow: MakeFlow) -> None:
    flow = make_flow(initialPosition=None, maxBufferAgeMillis=None)
    found = (flow.start_at_end, flow.max_age, flow.max_records, flow.max_bytes, flow.poll)
    assert found == (True, 60.0, 500, 4 << 20, 0.1)


@pytest.mark.fidelity("kinesis_agent.endpoints")
def test_an_endpoint_of_aws_is_not_used_and_that_is_said(tmp_path: Path) -> None:
    given = json.loads((ROOT / "solutions" / "bookshop" / "agent.json").read_text())
    given["firehose.endpoint"] = "firehose.us-east-1.amazonaws.com"
    file = tmp_path / "agent.json"
    file.write_text(json.dumps(given))
    found = settings.load(file, tmp_path)
    assert found.not_used == ("firehose.endpoint",)
    assert found.flows[0].pattern == str(tmp_path / "shop" / "access_log*")


@pytest.mark.fidelity("kinesis_agent.conversion")
def test_a_log_line_becomes_json_with_aws_s_names() -> None:
    combined = {**FIELDS, "referer": "http://example.com/a", "agent": "Mozilla/5.0 (X11)"}
    assert converted(LINE, optionName="LOGTOJSON", logFormat="COMBINEDAPACHELOG") == combined
    assert converted(LINE, optionName="LOGTOJSON", logFormat="COMMONAPACHELOG") == FIELDS
    names = [name.upper() for name in combined]
    renamed = converted(
        LINE, optionName="LOGTOJSON", logFormat="COMBINEDAPACHELOG", customFieldNames=names
    )
    assert list(renamed) == names


@pytest.mark.fidelity("kinesis_agent.conversion")
@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        (
            "SYSLOG",
            b"Mar 12 12:00:08 server2 rcd[308]: Loaded 12 packages\n",
            ["Mar 12 12:00:08", "server2", "rcd", "308", "Loaded 12 packages"],
        ),
        (
            "APACHEERRORLOG",
            b"[Wed Oct 11 14:32:52.5 2000] [core:error] [pid 35:tid 43] [client ::1] denied\n",
            ["Wed Oct 11 14:32:52.5 2000", "core", "error", "35", "43", "::1", "denied"],
        ),
    ],
)
def test_other_formats(log_format: str, line: bytes, expected: list[str]) -> None:
    found = converted(line, optionName="LOGTOJSON", logFormat=log_format)
    assert list(found.values()) == expected


@pytest.mark.fidelity("kinesis_agent.conversion")
def test_options_are_applied_one_after_the_other(make_flow: MakeFlow) -> None:
    flow = make_flow(
        dataProcessingOptions=[
            {"optionName": "SINGLELINE"},
            {"optionName": "CSVTOJSON", "customFieldNames": ["a", "b"], "delimiter": ";"},
        ]
    )
    assert flow.convert(b"  1;\n  2\n") == b'{"a":"1","b":"2"}\n'
    assert flow.convert(b"1\n") is None


@pytest.mark.fidelity("kinesis_agent.skipped_noted")
def test_a_line_without_the_form_is_skipped_counted_and_noted(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "lab.agent")
    bench.write(LINE.decode().strip(), "cut off", LINE.decode().strip())
    option = {"optionName": "LOGTOJSON", "logFormat": "COMBINEDAPACHELOG"}
    tally = bench.start(dataProcessingOptions=[option]).tally
    bench.step()
    assert (tally.parsed, tally.sent, tally.skipped) == (3, 2, 1)
    assert f"skipped {bench.log} at byte {len(LINE)}: b'cut off\\n'" in caplog.messages


def test_the_solution_s_pattern_reads_what_aws_s_does_not() -> None:
    given = json.loads((ROOT / "solutions" / "bookshop" / "agent.json").read_text())
    option = given["flows"][0]["dataProcessingOptions"][0]
    quoted = LINE.replace(b"Mozilla/5.0 (X11)", rb"a \"b\" c").replace(b"GET /", rb"GET /\"")
    assert converted(quoted, **{**option, "matchPattern": None}) is None
    assert converted(quoted, **option)["agent"] == r"a \"b\" c"
    assert converted(LINE[:-3] + b"\n", **option) is None


def test_checkpoints_that_cannot_be_read_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.json"
    file.write_text('{"x": [{"offset"')
    with pytest.raises(LabError) as caught:
        Checkpoints(file)
    assert caught.value.code == "agent-bad-checkpoints"
    assert file.read_text() == '{"x": [{"offset"'
