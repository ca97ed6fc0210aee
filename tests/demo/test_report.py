from lab.demo.report import Query, Row, rows_of, worst

CSV = (
    '"dt","airline","flights","on_time_share","mean_delay"\n'
    '"2013-01-01","United Air Lines Inc.","165","0.709","12.4"\n'
    '"2013-01-01","SkyWest Airlines Inc.","1","0.0",\n'
    '"2013-01-02","JetBlue Airways","163","0.626","15.3"\n'
)


def test_rows_of_the_csv() -> None:
    assert rows_of(CSV) == [
        Row("2013-01-01", "United Air Lines Inc.", 165, 0.709, 12.4),
        Row("2013-01-01", "SkyWest Airlines Inc.", 1, 0.0, None),
        Row("2013-01-02", "JetBlue Airways", 163, 0.626, 15.3),
    ]


def test_flights_are_summed() -> None:
    assert Query(rows_of(CSV), 0.1, 100, "s3://b/k").flights == 329


def test_the_worst_are_busy_and_late() -> None:
    assert [row.airline for row in worst(rows_of(CSV), 2)] == [
        "JetBlue Airways",
        "United Air Lines Inc.",
    ]
