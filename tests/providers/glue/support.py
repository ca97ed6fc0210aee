"""What the tests of the Data Catalog share."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def columns(*names: str, type_: str = "string") -> list[dict[str, str]]:
    return [{"Name": name, "Type": type_} for name in names]
