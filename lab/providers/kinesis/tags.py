"""The tags of a stream or a consumer: which are valid, and how many there may be.

Source: API reference, AddTagsToStream and TagResource.
"""

import re

from localstack.aws.api.kinesis import InvalidArgumentException

MAX_TAGS = 50
_INVALID = re.compile(r"[^\w\s./=+\-%@:]")


def merged(present: dict[str, str], added: dict[str, str], subject: str) -> dict[str, str]:
    """Refuses all of them when one is invalid or they would be too many.

    ``subject`` is what the tags are of, such as ``stream NAME under account ACCOUNT``.
    """
    check(added)
    both = {**present, **added}
    if len(both) > MAX_TAGS:
        noun = subject.partition(" ")[0]
        raise InvalidArgumentException(
            f"Failed to add tags to {subject} because a given {noun} cannot have more than "
            f"{MAX_TAGS} tags associated with it."
        )
    return both


def check(tags: dict[str, str]) -> None:
    if any(_INVALID.search(text) for text in (*tags, *tags.values())):
        raise InvalidArgumentException(
            "Some tags contain invalid characters. Valid characters: "
            "Unicode letters, digits, white space, _ . / = + - % @ :."
        )


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags in the order of their keys, as the API shows them."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
