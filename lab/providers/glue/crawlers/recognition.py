"""Which classifier a file is of: the crawler's own in their order, then the built-in ones.

Source: AWS Glue User Guide, "Defining and managing classifiers".
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lab.providers.glue.crawlers import columnar, csv_text, json_text, log_lines, samples
from lab.providers.glue.crawlers.samples import Sample
from lab.providers.glue.crawlers.schemas import Reading, Schema

Classify = Callable[[Sample], Reading | None]
Record = dict[str, Any]

UNKNOWN = "UNKNOWN"


class Recognition:
    """The classifiers of one crawler, asked in their order."""

    def __init__(self, custom: Sequence[Record]) -> None:
        self._custom = [_custom(classifier) for classifier in custom]

    def reading(self, path: Path, key: str, size: int) -> Reading | None:
        """What the file is; its classification is UNKNOWN when no classifier knows it. None when
        it cannot be read.
        """
        sample = samples.read(path, key, size)
        if sample is None:
            return None
        for classify in self._custom:
            if found := classify(sample):
                return found
        if sample.compression == "none" and (
            found := columnar.classify(path, size, sample.data[:4])
        ):
            return found
        return _built_in(sample) or Reading(Schema(UNKNOWN, (), sample.compression), 0, 0)


def _built_in(sample: Sample) -> Reading | None:
    if found := json_text.classify(sample):
        return found
    for name, pattern in log_lines.BUILT_IN:
        if found := log_lines.classify(sample, name, pattern):
            return found
    return csv_text.classify(sample)


def _custom(classifier: Record) -> Classify:
    [(kind, given)] = classifier.items()
    if kind == "GrokClassifier":
        custom = given.get("CustomPatterns") or ""
        return partial(
            log_lines.classify,
            classification=given["Classification"],
            pattern=given["GrokPattern"],
            custom=custom,
        )
    if kind == "JsonClassifier":
        return partial(json_text.classify, path=given["JsonPath"])
    return partial(csv_text.classify, rules=_rules(given))


def _rules(given: Record) -> csv_text.Rules:
    quote = given.get("QuoteSymbol")
    serde = given.get("Serde")
    if serde in (None, "None"):
        serde = "OpenCSVSerDe" if quote else "LazySimpleSerDe"
    delimiter = given.get("Delimiter")
    return csv_text.Rules(
        delimiters=(delimiter,) if delimiter else csv_text.DELIMITERS,
        quote=quote or '"',
        header=given.get("ContainsHeader") or "UNKNOWN",
        names=tuple(given.get("Header") or ()),
        is_trimmed=not given.get("DisableValueTrimming"),
        single_column=bool(given.get("AllowSingleColumn")),
        serde=serde,
    )
