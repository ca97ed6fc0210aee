"""The arguments of a run: the job's own, those of the run over them, and those that Glue adds.

Source: AWS Glue Developer Guide, "Using job parameters in AWS Glue jobs".
"""

import hashlib

from lab.providers.glue.errors import invalid
from lab.providers.glue.jobs.definitions import PYTHON_SHELL, refuse_part
from lab.providers.glue.storage import Record

REFUSED = {
    "--python-modules-installer-option": "an installer in jobs",
    "--extra-jars": "jars of one's own",
    "--user-jars-first": "jars of one's own",
    "--class": "jobs in Scala",
    "--enable-glue-di-transforms": "the sensitive data transforms",
    "--use-postgres-driver": "JDBC connections",
    "--job-bookmark-from": "bookmarks between two runs",
    "--job-bookmark-to": "bookmarks between two runs",
}
"""What changes what a script does on AWS and would not here."""
DATALAKES = "--datalake-formats"
BOOKMARKS = ("job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause")
OFF = ("", "false")


def merged(job: Record, run: Record) -> dict[str, str]:
    """All arguments of a run; the job's that may not be overridden come last."""
    return {
        **(job.get("DefaultArguments") or {}),
        **(run.get("Arguments") or {}),
        **(job.get("NonOverridableArguments") or {}),
    }


def check_arguments(given: dict[str, str], job: Record) -> None:
    """InvalidInputException for an argument that the run may not set or that means nothing."""
    for name in given:
        if name in (job.get("NonOverridableArguments") or {}):
            raise invalid(f"Non-overridable argument {name} cannot be overridden.")
    arguments = {**(job.get("DefaultArguments") or {}), **given}
    option = arguments.get("--job-bookmark-option", BOOKMARKS[1])
    if option not in BOOKMARKS:
        raise invalid(f"Invalid value for --job-bookmark-option: {option}")
    for name, noun in REFUSED.items():
        if arguments.get(name, "").lower() not in OFF:
            raise refuse_part(name, noun)
    if formats := arguments.get(DATALAKES):
        raise refuse_part(f"{DATALAKES} {formats}", "lake formats in Spark")


def command_line(job: Record, run: Record, attempt_id: str) -> list[str]:
    """What the script finds in ``sys.argv`` after its own name."""
    arguments = merged(job, run)
    words: list[str] = []
    if job["Command"]["Name"] != PYTHON_SHELL:
        arguments = {
            "--job-bookmark-option": BOOKMARKS[1],
            **arguments,
            "--JOB_ID": "j_" + hashlib.sha256(job["Name"].encode()).hexdigest(),
            "--JOB_RUN_ID": attempt_id,
            "--JOB_NAME": job["Name"],
        }
        arguments.pop("--conf", None)
    for name, value in arguments.items():
        words += [name, value] if value != "" else [name]
    return words
