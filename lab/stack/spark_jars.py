"""What Spark needs beside PySpark's own jars: S3 by Hadoop's S3A, and Avro.

``python -m lab.stack.spark_jars`` fetches them (``make spark`` calls it).

AWS's SDK comes as the parts that S3A uses, 6 MB instead of the 280 MB of its bundle.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from lab import config
from lab.config import Config
from lab.stack import artifacts
from lab.stack.artifacts import Artifact

SPARK_VERSION = "3.5.9"
JARS = (
    Artifact(
        "org.apache.hadoop",
        "hadoop-aws",
        "3.3.4",
        "jar",
        "53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-s3",
        "1.12.262",
        "jar",
        "a0cb7580178bc0d4d3558295a5bb890008478da8a6b3241989c71238b0ed3be5",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-core",
        "1.12.262",
        "jar",
        "06fed99f929c389e168278c1b111aaf1afb270d07202fbbce92e73d1e4279678",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-sts",
        "1.12.262",
        "jar",
        "659f48d8ebc02025c5042cc4b925f62610e81f334498f1b9e7a271ce20ecbcae",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-dynamodb",
        "1.12.262",
        "jar",
        "7af4ba06d0d9b3c2ab435089caecd0567810d203aa285f7aa72861f1964d442e",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-kms",
        "1.12.262",
        "jar",
        "c00f5ae7b334255f661d85512e7203af9523a04fb65d0c431c2eea2003ed8ae2",
    ),
    Artifact(
        "com.amazonaws",
        "jmespath-java",
        "1.12.262",
        "jar",
        "9001ea993a45d82a2d3086edcbda8a40b4e012d049a70fbf071fd329c0fbd777",
    ),
    Artifact(
        "org.wildfly.openssl",
        "wildfly-openssl",
        "1.0.7.Final",
        "jar",
        "9f7058778978ec2ad90c7224401a4b0013d93e0dd3fa0f72b25244ffa3507ca8",
    ),
    Artifact(
        "org.apache.spark",
        "spark-avro_2.12",
        "3.5.9",
        "jar",
        "9dda7512c1052bcd3774cbe247572cd481d4481eb8a90b7c4865b23a12bbecf8",
    ),
    Artifact(
        "software.amazon.ion",
        "ion-java",
        "1.0.2",
        "jar",
        "0d127b205a1fce0abc2a3757a041748651bc66c15cf4c059bac5833b27d471a5",
    ),
    Artifact(
        "com.fasterxml.jackson.dataformat",
        "jackson-dataformat-cbor",
        "2.15.2",
        "jar",
        "57ba89a43e631be2de67aeed846a659b15c6b82b7b254164f61bf3090ccc2ad1",
    ),
)


def folder(config: Config) -> Path:
    return config.cache / f"spark-jars-{SPARK_VERSION}"


def install(config: Config) -> None:
    """Fetch and verify what is missing. Raises LabError ``download`` or ``checksum``."""
    folder(config).mkdir(parents=True, exist_ok=True)
    for artifact in JARS:
        target = folder(config) / artifact.filename
        if not target.is_file():
            with artifacts.fetched(config, artifact, _silent) as file:
                file.replace(target)


def _silent(name: str, size: int) -> AbstractContextManager[Callable[[int], None]]:
    del name, size
    return nullcontext(lambda _: None)


def main() -> None:
    found = config.load()
    with artifacts.exclusive(found):
        install(found)


if __name__ == "__main__":
    main()
