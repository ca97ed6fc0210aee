"""Visitors who really visit."""

import threading
from itertools import islice

import pytest
from ip3country import CountryLookup  # type: ignore[import-untyped] # it has no types

from lab.errors import LabError
from lab.shop import visitors
from lab.shop.traffic import Plan, Tally, send
from tests.shop.conftest import Running


def without_times(lines: list[str]) -> list[str]:
    return [line[: line.index("[")] + line[line.index("]") :] for line in lines]


def test_each_request_is_a_line_and_the_seed_decides_them(shop: Running) -> None:
    plan = Plan(seed=4, rate=2_000, visitors=12)
    tally = send(plan, shop.url, lambda _: None)
    first = without_times(shop.lines)
    assert tally.requests == len(first) == sum(tally.statuses.values())
    assert len(tally.visitors) == 12
    shop.path.write_bytes(b"")
    send(plan, shop.url, lambda _: None)
    assert without_times(shop.lines)[-len(first) :] == first
    assert {line.split()[0] for line in first} <= {
        hit.address for hit in visitors.hits(4, 1.0, most=12)
    }


def test_they_stop_when_told(shop: Running) -> None:
    stopping = threading.Event()
    stopping.set()
    assert send(Plan(), shop.url, lambda _: None, stopping) == Tally()


def test_a_closed_shop_is_an_error_with_a_way_out() -> None:
    with pytest.raises(LabError) as caught:
        send(Plan(), "http://127.0.0.1:9", lambda _: None)
    assert caught.value.code == "shop-closed"
    assert caught.value.next_step == "Open it in another terminal: lab shop"


@pytest.mark.parametrize("plan", [Plan(rate=0), Plan(visitors=-1), Plan(minutes=0)])
def test_options_that_make_no_sense_are_refused(plan: Plan) -> None:
    with pytest.raises(LabError) as caught:
        plan.check()
    assert caught.value.code == "traffic-bad-option"


def test_visitors_come_from_many_countries_by_time() -> None:
    hits = list(islice(visitors.hits(1, 1.0), 5_000))
    lookup = CountryLookup()
    countries = {lookup.lookupStr(hit.address) for hit in hits}
    assert len(countries) >= 15
    assert {"FR", "US", "CA"} < countries <= {*visitors.COUNTRIES, *visitors.BOT_COUNTRIES}
    assert [hit.at for hit in hits] == sorted(hit.at for hit in hits)


def test_a_journey_keeps_its_cart_and_its_referrers() -> None:
    orders = [hit for hit in islice(visitors.hits(1, 1.0), 20_000) if b"POST /checkout" in hit.raw]
    assert orders
    for order in orders:
        assert b"Cookie: cart=" in order.raw
        assert b"Referer: https://paper-lantern.example/checkout" in order.raw
