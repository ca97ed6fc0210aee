"""What a domain's endpoint costs, beside the bare server behind it in the same run.

    python scripts/bench/opensearch.py [--documents 20000] [--rounds 5]

The same documents of about 300 bytes are indexed in bulks of 1,000 by opensearch-py, signed, in
turns at the endpoint of a first domain and at the server itself, each time into a new index; then
small searches, one after the other. Starts a lab of its own, and stops it.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from opensearchpy import OpenSearch, helpers
from peer import client

from lab.config import Config, load
from lab.demo.run import search_of
from lab.stack import embedded
from lab.stack.processes import free_port

BULK = 1000
SEARCHES = 300
PADDING = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0"


def documents(index: str, count: int) -> Iterator[dict[str, Any]]:
    source = random.Random(7)
    for number in range(count):
        yield {
            "_index": index,
            "_id": str(number),
            "page": source.choice(("/", "/cart", "/book/7", "/search")),
            "status": source.choice((200, 200, 200, 404, 500)),
            "took": round(source.expovariate(1 / 40), 3),
            "agent": PADDING,
            "request": f"{source.getrandbits(64):016x}",
        }


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bulk(search: OpenSearch, count: int) -> float:
    """Seconds to index the documents; the index is new and removed again."""
    index = "bench"
    search.indices.delete(index=index, ignore_unavailable=True)
    search.indices.create(index=index)
    actions = list(documents(index, count))
    return seconds(lambda: helpers.bulk(search, actions, chunk_size=BULK))


def searches(search: OpenSearch) -> float:
    """Seconds for one small search."""
    body = {"size": 1, "query": {"term": {"status": 404}}}

    def ask() -> None:
        for _ in range(SEARCHES):
            search.search(index="bench", body=body)

    return seconds(ask) / SEARCHES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # OpenSearch's user must be able to enter
        config = Config(Path(folder), load().cache, free_port(), free_port())
        try:
            embedded.up(config)
            compare(config, arguments.documents, arguments.rounds)
        finally:
            embedded.down(config)


def compare(config: Config, count: int, rounds: int) -> None:
    domain = client("opensearch", config.endpoint_url)
    domain.create_domain(DomainName="bench")
    endpoint = domain.describe_domain(DomainName="bench")["DomainStatus"]["Endpoint"]
    subjects = {
        "domain": search_of(f"http://{endpoint}"),
        "server": search_of(config.opensearch_url),
    }
    bulk(subjects["server"], count)  # Java compiles as it goes
    took: dict[str, list[float]] = {name: [] for name in subjects}
    asked: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(rounds):
        order = list(subjects) if number % 2 else list(reversed(subjects))
        for name in order:
            took[name].append(bulk(subjects[name], count))
            asked[name].append(searches(subjects[name]))
    medians = {name: statistics.median(values) for name, values in took.items()}
    for name, value in medians.items():
        print(
            f"{name}: bulk {count / value:,.0f} documents/s, "
            f"search {statistics.median(asked[name]) * 1000:.1f} ms"
        )
    print(f"bulk ratio {medians['domain'] / medians['server']:.2f}")


if __name__ == "__main__":
    main()
