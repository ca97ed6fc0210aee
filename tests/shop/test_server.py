"""The shop over real connections, and what it logs of them."""

import re
import socket
from http.client import HTTPConnection

import pytest

from lab.errors import LabError
from lab.shop.server import Shop
from lab.shop.site import Site
from tests.shop.conftest import Running

STAMP = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]"


def exchange(shop: Running, data: bytes) -> bytes:
    """Everything that comes back for these bytes of one connection."""
    with socket.create_connection(("127.0.0.1", shop.port), 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_line_has_apache_s_combined_format(shop: Running) -> None:
    told = b'Referer: https://www.google.com/\r\nUser-Agent: a "b"\r\nX-Forwarded-For: x\r\n\r\n'
    answer = exchange(shop, b"GET /book/walden?ref=1 HTTP/1.1\r\n" + told)
    size = len(answer.partition(b"\r\n\r\n")[2])
    exchange(shop, b"HEAD / HTTP/1.1\r\n\r\n")
    first, second = shop.lines
    expected = rf'127.0.0.1 - - {STAMP} "GET /book/walden\?ref=1 HTTP/1.1" 200 {size} '
    assert re.fullmatch(expected + r'"https://www.google.com/" "a \\"b\\""', first)
    assert re.fullmatch(rf'127.0.0.1 - - {STAMP} "HEAD / HTTP/1.1" 200 - "-" "-"', second)


def test_a_connection_answers_one_request_after_the_other(shop: Running) -> None:
    connection = HTTPConnection("127.0.0.1", shop.port, timeout=10)
    for target, status in (("/", 200), ("/nothing", 404), ("/search?q='", 500), ("/cart", 200)):
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (b"X-Forwarded-For: 198.51.100.7\r\n", "198.51.100.7"),
        (b"X-Forwarded-For: 10.0.0.1, 203.0.113.9\r\n", "203.0.113.9"),
        (b"X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"),
        (b'X-Forwarded-For: evil" - -\r\n', "127.0.0.1"),
        (b"X-Forwarded-For: \r\n", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_if_it_is_one(
    shop: Running, told: bytes, address: str
) -> None:
    exchange(shop, b"GET /cart HTTP/1.1\r\n" + told + b"Connection: close\r\n\r\n")
    assert [line.split()[0] for line in shop.lines] == [address]


@pytest.mark.parametrize(
    ("sent", "logged", "status"),
    [
        (b"\x16\x03\x01\xa4\r\n", r'"\x16\x03\x01\xa4"', 400),
        (b"GET\r\n\r\n", '"GET"', 400),
        (b'say "hi" \\ now\r\n\r\n', r'"say \"hi\" \\ now"', 400),
        (b"PROPFIND / HTTP/1.1\r\n\r\n", '"PROPFIND / HTTP/1.1"', 501),
        (b"PRI * HTTP/2.0\r\n\r\n", '"PRI * HTTP/2.0"', 505),
        (b"GET /%ff HTTP/1.1\r\n\r\n", '"GET /%ff HTTP/1.1"', 400),
        (b"GET http://[x/ HTTP/1.1\r\n\r\n", '"GET http://[x/ HTTP/1.1"', 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", '"GET /aaa', 414),
        (b"POST /cart HTTP/1.1\r\nContent-Length: x\r\n\r\n", '"POST /cart HTTP/1.1"', 400),
        (b"POST /cart HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", '"POST /cart', 413),
    ],
)
def test_what_is_no_proper_request_is_answered_and_logged_as_it_came(
    shop: Running, sent: bytes, logged: str, status: int
) -> None:
    answer = exchange(shop, b"PROXY TCP4 203.0.113.5 127.0.0.1 50000 80\r\n" + sent)
    assert answer.split()[1] == str(status).encode()
    [line] = shop.lines
    assert line.startswith("203.0.113.5 - - [")
    assert logged in line
    assert f'" {status} ' in line


def test_a_taken_port_says_so(shop: Running) -> None:
    with pytest.raises(LabError) as caught:
        Shop(Site(), print, shop.port)
    assert caught.value.code == "shop-port-taken"
