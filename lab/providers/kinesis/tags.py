"""The tags of a stream: which are valid, and how many there may be.

Source: API reference, AddTagsToStream.
"""

import re

from localstack.aws.api.kinesis import InvalidArgumentException

from lab.providers.kinesis.models import Stream

MAX_TAGS = 50
_INVALID = re.compile(r"[^\w\s./=+\-%@:]")


def add(stream: Stream, tags: dict[str, str]) -> None:
    """Add or overwrite; refuses all of them when one is invalid or they would be too many."""
    check(tags)
    merged = {**stream.settings.tags, **tags}
    if len(merged) > MAX_TAGS:
        raise InvalidArgumentException(
            f"Failed to add tags to stream {stream.name} under account "
            f"{stream.identity.account} because a given stream cannot have more than "
            f"{MAX_TAGS} tags associated with it."
        )
    stream.settings.tags = merged


def check(tags: dict[str, str]) -> None:
    if any(_INVALID.search(text) for text in (*tags, *tags.values())):
        raise InvalidArgumentException(
            "Some tags contain invalid characters. Valid characters: "
            "Unicode letters, digits, white space, _ . / = + - % @ :."
        )


def page(stream: Stream, start: str | None, limit: int) -> tuple[list[dict[str, str]], bool]:
    """Tags by key, those after ``start``; and whether there are more."""
    keys = sorted(key for key in stream.settings.tags if start is None or key > start)
    shown = [{"Key": key, "Value": stream.settings.tags[key]} for key in keys[:limit]]
    return shown, len(keys) > limit
