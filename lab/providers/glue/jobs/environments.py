"""What the process of a run is: its program, its variables, its files.

Sources: AWS Glue Developer Guide, "Using job parameters in AWS Glue jobs", "Using Python libraries
with AWS Glue".
"""

import json
import os
from pathlib import Path

from lab.config import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY, load
from lab.providers.glue.jobs import python_shell, spark
from lab.providers.glue.jobs.arguments import BOOKMARKS, command_line, merged
from lab.providers.glue.jobs.definitions import SPARK
from lab.providers.glue.jobs.process import Plan
from lab.providers.glue.jobs.workspace import Downloads, PreparationError, Workspace
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record

EXTRA_MODULES = "--additional-python-modules"


def plan(catalog: DataCatalog, job: Record, run: Record, space: Workspace) -> Plan:
    """PreparationError when the run cannot begin."""
    is_spark = job["Command"]["Name"] == SPARK
    if is_spark:
        spark.check()
    arguments = merged(job, run)
    _check_modules(arguments.get(EXTRA_MODULES, ""), is_spark)
    downloads = Downloads(catalog.account, catalog.region)
    script = downloads.fetch(job["Command"]["ScriptLocation"], space.scripts, "script")
    path = downloads.modules(arguments.get("--extra-py-files", ""), space.modules)
    for location in filter(None, arguments.get("--extra-files", "").split(",")):
        downloads.fetch(location.strip(), space.root, "file")
    variables = _variables(catalog, job, run, space, path)
    words = [str(script), *command_line(job, run, run["Id"])]
    if is_spark:
        return spark.plan(words, arguments, variables, space)
    return Plan([str(python_shell.python()), *words], variables, space.root)


def _check_modules(wanted: str, is_spark: bool) -> None:
    folders = [str(spark.site_packages())] if is_spark else None
    if wanted and (absent := python_shell.absent_modules(wanted, folders)):
        raise PreparationError(
            f"{EXTRA_MODULES}: {', '.join(absent)} is not in the lab, which installs nothing for a "
            "job. What is pure Python can be given as --extra-py-files."
        )


def _variables(
    catalog: DataCatalog, job: Record, run: Record, space: Workspace, path: list[Path]
) -> dict[str, str]:
    config = load()
    is_default = catalog.account == ACCOUNT_ID
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(space.root),
        "TMPDIR": str(space.tmp),
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONUNBUFFERED": "1",
        "AWS_ENDPOINT_URL": config.endpoint_url,
        "AWS_REGION": catalog.region,
        "AWS_DEFAULT_REGION": catalog.region,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID if is_default else catalog.account,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "GLUE_VERSION": job["GlueVersion"],
        "GLUE_PYTHON_VERSION": job["Command"]["PythonVersion"],
        "AWSGLUE_RUN": json.dumps(
            {
                "job": job["Name"],
                "run": run["Id"],
                "attempt": run["Attempt"],
                "bookmark": str(space.bookmark),
                "committed": str(space.committed),
                "error": str(space.error),
                "counts": str(space.counts),
                "bookmarks": merged(job, run).get("--job-bookmark-option", BOOKMARKS[1]),
            }
        ),
    }
