"""The arguments of a job. Source: AWS Glue Developer Guide, "Accessing parameters using
getResolvedOptions".
"""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

RESERVED = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION")
BOOKMARK_OPTION = "job-bookmark-option"
BOOKMARK_OPTIONS = ("job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause")


class GlueArgumentError(Exception):
    """An argument that is asked for and was not given, or cannot be asked for."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, Any]:  # noqa: N802 - AWS's name
    """The values of the named arguments, with those of Glue's own. ``args`` is ``sys.argv``.

    GlueArgumentError when one is missing.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        f"--{BOOKMARK_OPTION}", choices=BOOKMARK_OPTIONS, default="job-bookmark-disable"
    )
    parser.add_argument("--TempDir")
    own = ("TempDir", BOOKMARK_OPTION, BOOKMARK_OPTION.replace("-", "_"))
    for name in RESERVED:
        if name in options:
            raise GlueArgumentError(f"Using reserved arguments {name}")
        parser.add_argument(f"--{name}")
    for name in dict.fromkeys(options):
        if name not in own:
            parser.add_argument(f"--{name}", required=True)
    found, _ = parser.parse_known_args(list(args)[1:])
    values = vars(found)
    if "TempDir" in options and values["TempDir"] is None:
        raise GlueArgumentError("the following arguments are required: --TempDir")
    return {name: value for name, value in values.items() if value is not None or name in options}
