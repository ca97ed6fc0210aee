import pytest

from lab.demo import price

MB = 1024**2


@pytest.mark.parametrize(
    ("scanned", "megabytes"),
    [(0, 10), (1, 10), (10 * MB, 10), (10 * MB + 1, 11), (1_000_000 * MB, 1_000_000)],
)
def test_charged_megabytes(scanned: int, megabytes: int) -> None:
    assert price.charged_megabytes(scanned) == megabytes


def test_a_terabyte_costs_five_dollars() -> None:
    assert price.dollars(1024**4) == 5.0
    assert price.dollars(1) == pytest.approx(0.0000477, abs=1e-7)
