"""Listings whose second page is right for every key. Two things of LocalStack's lose keys.

URL encoding (``encoding-type=url``, which boto3 always asks for): it sorts the keys as they are
but compares their encoded forms with the marker, so keys are lost whose order changes when
encoded: in ``dt=2024/x`` the ``=`` becomes ``%3D`` and sorts before ``-``. Here it lists without
encoding, and what it answers is encoded.

Continuation tokens: it reads them as ASCII and fails at the first key that is not.
Source: "ListObjectsV2", "ListObjectVersions".
"""

import base64
from typing import Any
from urllib.parse import quote

from localstack.aws.api.s3 import EncodingType, InvalidArgument
from localstack.services.s3 import provider as localstack_provider
from localstack.services.s3.validation import validate_encoding_type

_FIELDS = (
    "Prefix",
    "Delimiter",
    "Marker",
    "NextMarker",
    "StartAfter",
    "KeyMarker",
    "NextKeyMarker",
)
_LISTS = ("Contents", "Versions", "DeleteMarkers", "Uploads")


def encoded(response: Any, encoding_type: str | None) -> Any:
    """``response``, made without encoding, as ``encoding_type`` wants it, which is checked."""
    validate_encoding_type(encoding_type)
    if not encoding_type:
        return response
    for name in _FIELDS:
        if value := response.get(name):
            response[name] = quote(value)
    for name in _LISTS:
        for one in response.get(name, ()):
            one["Key"] = quote(one["Key"])
    for one in response.get("CommonPrefixes", ()):
        one["Prefix"] = quote(one["Prefix"])
    response["EncodingType"] = EncodingType.url
    return response


def repair_continuation() -> None:
    """Have LocalStack's provider read tokens with our function."""
    localstack_provider.decode_continuation_token = key_of_token


def key_of_token(token: str | None) -> str:
    """The key that a continuation token of LocalStack's stands for; "" for no token."""
    try:
        return base64.b64decode(token or "", altchars=b"._", validate=True).decode()
    except ValueError as error:
        raise InvalidArgument(
            "The continuation token provided is incorrect", ArgumentName="continuation-token"
        ) from error
