"""The driver of a ``glueetl`` run: ``python driver.py SCRIPT ARGUMENTS``.

Starts Java, lets PySpark find it, runs the script as a program, and leaves beside the run what has
ended it and what Spark has counted.
"""

import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(sys.argv[1]).parent)  # the script's folder, as when it is called itself

import java  # noqa: E402 - found by PYTHONPATH, with this folder in it
from pyspark import context, java_gateway  # noqa: E402 - after the path is set

RUN: dict[str, Any] = json.loads(os.environ["AWSGLUE_RUN"])
SPARK: dict[str, Any] = json.loads(os.environ["AWSGLUE_SPARK"])


def settings() -> dict[str, str]:
    found: dict[str, str] = dict(SPARK["settings"])
    if SPARK["catalog"]:
        import metastore

        found["spark.sql.catalogImplementation"] = "hive"
        found["spark.hadoop.hive.metastore.uris"] = metastore.serve()
    return found


def find(process: Any) -> None:
    """Have PySpark use this Java instead of starting one."""
    start = java_gateway.launch_gateway

    def launch(conf: Any = None, popen_kwargs: Any = None) -> Any:
        del conf, popen_kwargs
        context.launch_gateway = start
        return process.gateway()

    context.launch_gateway = launch


def count() -> None:
    """Write down what Spark has counted, if the script has used it."""
    spark = context.SparkContext._active_spark_context
    if spark is None:
        return
    totals: dict[str, int] = dict.fromkeys(
        ("numCompletedTasks", "numFailedTasks", "bytesRead", "shuffleBytesWritten"), 0
    )
    executors = spark._jsc.sc().statusStore().executorList(True)
    for place in range(executors.size()):
        found = executors.apply(place)
        totals["numCompletedTasks"] += found.completedTasks()
        totals["numFailedTasks"] += found.failedTasks()
        totals["bytesRead"] += found.totalInputBytes()
        totals["shuffleBytesWritten"] += found.totalShuffleWrite()
    Path(RUN["counts"]).write_text(json.dumps(totals))
    spark.stop()


def main() -> int:
    find(java.Java(SPARK, settings()))
    del sys.argv[0]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ending:
        if ending.code in (None, 0):
            return 0
        Path(RUN["error"]).write_text(f"SystemExit: {ending.code}")
        return ending.code if isinstance(ending.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - an edge: the script's own
        _show(error)
        return 1
    finally:
        count()
    return 0


def _show(error: BaseException) -> None:
    lines = traceback.TracebackException.from_exception(error)
    # The script's frames, without ours and runpy's.
    ours = (__file__, runpy.__file__, "<frozen runpy>")
    lines.stack = traceback.StackSummary.from_list(
        [frame for frame in lines.stack if frame.filename not in ours]
    )
    print("".join(lines.format()), file=sys.stderr, end="")  # noqa: T201 - this is its output
    Path(RUN["error"]).write_text(f"{type(error).__name__}: {error}"[:2000])


if __name__ == "__main__":
    ending = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ending)
