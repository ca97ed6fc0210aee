"""What CloudWatch is told of delivery streams, under AWS/Firehose.

Source: Firehose guide, "Monitor Amazon Data Firehose with CloudWatch metrics".
"""

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.firehose.buffers import Buffer
from lab.providers.firehose.models import DeliveryStream

NAMESPACE = "AWS/Firehose"
BYTES, SECONDS, MILLISECONDS = "Bytes", "Seconds", "Milliseconds"

Samples = list[tuple[Metric, float]]


def incoming(stream: DeliveryStream, operation: str, records: int, size: int, ms: float) -> None:
    """A PutRecord or PutRecordBatch that was accepted."""
    samples: Samples = [
        (Metric("IncomingRecords"), records),
        (Metric("IncomingBytes", BYTES), size),
        (Metric("IncomingPutRequests"), 1),
        (Metric(f"{operation}.Bytes", BYTES), size),
        (Metric(f"{operation}.Requests"), 1),
        (Metric(f"{operation}.Latency", MILLISECONDS), ms),
    ]
    if operation == "PutRecordBatch":
        samples.append((Metric("PutRecordBatch.Records"), records))
    _add(stream, samples)


def throttled(stream: DeliveryStream, records: int) -> None:
    """Records that the rates, or a full spool, have refused."""
    _add(stream, [(Metric("ThrottledRecords"), records)])


def read_from_kinesis(stream: DeliveryStream, records: int, size: int, behind_ms: float) -> None:
    _add(
        stream,
        [
            (Metric("DataReadFromKinesisStream.Records"), records),
            (Metric("DataReadFromKinesisStream.Bytes", BYTES), size),
            (Metric("KinesisMillisBehindLatest", MILLISECONDS), behind_ms),
        ],
    )


def processed(stream: DeliveryStream, records: int, size: int, ms: float, success: bool) -> None:
    """An invocation of the stream's Lambda function."""
    _add(
        stream,
        [
            (Metric("ExecuteProcessing.Success"), success),
            (Metric("ExecuteProcessing.Duration", MILLISECONDS), ms),
            (Metric("SucceedProcessing.Records"), records if success else 0),
            (Metric("SucceedProcessing.Bytes", BYTES), size if success else 0),
        ],
    )


def converted(stream: DeliveryStream, succeeded: int, failed: int) -> None:
    """A buffer was converted to Parquet or ORC."""
    _add(
        stream,
        [
            (Metric("SucceedConversion.Records"), succeeded),
            (Metric("FailedConversion.Records"), failed),
        ],
    )


def s3_delivery(
    stream: DeliveryStream,
    buffer: Buffer,
    now: float,
    *,
    is_success: bool = True,
    is_backup: bool = False,
) -> None:
    _delivery(stream, "BackupToS3" if is_backup else "DeliveryToS3", buffer, now, is_success)


def delivery(
    stream: DeliveryStream, destination: str, buffer: Buffer, now: float, *, is_success: bool
) -> None:
    """``destination`` is AWS's word, such as ``AmazonOpenSearchService`` or ``HttpEndpoint``."""
    _delivery(stream, f"DeliveryTo{destination}", buffer, now, is_success)


def _delivery(
    stream: DeliveryStream, name: str, buffer: Buffer, now: float, is_success: bool
) -> None:
    samples: Samples = [(Metric(f"{name}.Success"), is_success)]
    if is_success:
        samples += [
            (Metric(f"{name}.Records"), len(buffer.items)),
            (Metric(f"{name}.Bytes", BYTES), buffer.size),
            (Metric(f"{name}.DataFreshness", SECONDS), max(0.0, now - buffer.oldest / 1000)),
        ]
    _add(stream, samples)


def _add(stream: DeliveryStream, samples: Samples) -> None:
    dimensions = (("DeliveryStreamName", stream.name),)
    publisher().add(Source(NAMESPACE, stream.account, stream.region, dimensions), samples)
