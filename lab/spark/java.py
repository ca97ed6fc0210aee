"""The Java process of a driver, started before the script needs it and while Python still imports.

PySpark would start a shell script that starts a Java that prints the command line of another Java;
here that last one is started at once.
"""

import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

OPENED = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio"),
    *("java.util", "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch"),
    *("sun.nio.cs", "sun.security.action", "sun.util.calendar"),
)
"""Packages of Java that Spark looks into, as its own launcher opens them."""
PATIENCE_SECONDS = 120.0
PAUSE = 0.01


def command(spark: dict[str, Any], settings: dict[str, str]) -> list[str]:
    opened = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED]
    return [
        spark["java"],
        *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        *opened,
        *(
            "-Djdk.reflect.useDirectMethodHandle=false",
            "-Dio.netty.tryReflectionSetAccessible=true",
        ),
        f"-Xmx{spark['memory']}",
        *("-cp", os.pathsep.join(spark["jars"])),
        "org.apache.spark.deploy.SparkSubmit",
        *(word for item in settings.items() for word in ("--conf", "=".join(item))),
        "pyspark-shell",
    ]


class Java:
    """The process, and the port on which it listens for this one."""

    def __init__(self, spark: dict[str, Any], settings: dict[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="java-"))
        self._told = self._folder / "port"
        variables = {**os.environ, "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._told)}
        # It ends with its standard input, and that with this process.
        self.process = subprocess.Popen(
            command(spark, settings), stdin=subprocess.PIPE, env=variables
        )

    def gateway(self) -> Any:
        """A connection of PySpark's to it; waits until it is there."""
        from pyspark import java_gateway

        port, secret = self._address()
        os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"] = port, secret
        gateway = java_gateway.launch_gateway()
        gateway.proc = self.process
        return gateway

    def _address(self) -> tuple[str, str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._told.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"Java ended with exit code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Java did not start within {PATIENCE_SECONDS:.0f} seconds")
            time.sleep(PAUSE)
        told = self._told.read_bytes()
        (port,) = struct.unpack("!i", told[:4])
        (length,) = struct.unpack("!i", told[4:8])
        return str(port), told[8 : 8 + length].decode()
