"""Evaluation runs: rulesets on a table, in a thread of their own, and their results.

Source: AWS Glue API reference, "Data Quality API"; AWS Glue user guide, "Setting up alerts,
deployments, and scheduling for Data Quality".
"""

import hashlib
import json
import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.plugins import SERVICE_PLUGINS

from lab.providers.clock import clock, work
from lab.providers.cloudwatch import Metric, publisher
from lab.providers.cloudwatch import Source as MetricSource
from lab.providers.glue.dispatch import page_of
from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.quality import rulesets
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

LOG = logging.getLogger(__name__)

RUN, RESULT = "quality_run", "quality_result"
INTERRUPTED = "The lab was stopped while the evaluation ran."
THREADS = 4
ENDED = ("SUCCEEDED", "FAILED", "STOPPED")


class Runs:
    """The runs of this process that have not ended."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="glue-quality")
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        work().register("data quality", lambda: len(self._under_way))

    def start(self, catalog: DataCatalog, run: Record) -> None:
        with self._lock:
            self._under_way.add(run["RunId"])
        self._pool.submit(self._run, catalog, run)

    def is_under_way(self, run_id: str) -> bool:
        return run_id in self._under_way

    def _run(self, catalog: DataCatalog, run: Record) -> None:
        try:
            _evaluate(catalog, run)
        except Exception as error:  # the edge of a thread: whoever waits must learn of it
            LOG.exception("data quality run %s", run["RunId"])
            _end(catalog, run, "FAILED", f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._under_way.discard(run["RunId"])


@cache
def _runs() -> Runs:
    return Runs()


def start_data_quality_ruleset_evaluation_run(catalog: DataCatalog, request: Record) -> Record:
    for name in request["RulesetNames"]:
        rulesets.find(catalog, name)
    _table_of(catalog, request["DataSource"])
    for source in (request.get("AdditionalDataSources") or {}).values():
        _table_of(catalog, source)
    if (request.get("AdditionalRunOptions") or {}).get("ResultsS3Prefix"):
        raise invalid("The lab does not support ResultsS3Prefix.")
    token = request.get("ClientToken")
    run_id = f"dqrun-{hashlib.sha256((token or str(uuid.uuid4())).encode()).hexdigest()}"
    now = clock().now()
    given = ("DataSource", "Role", "NumberOfWorkers", "Timeout", "AdditionalRunOptions")
    run = {
        "RunId": run_id,
        **{name: request[name] for name in given if request.get(name) is not None},
        "RulesetNames": request["RulesetNames"],
        "AdditionalDataSources": request.get("AdditionalDataSources") or {},
        "Status": "STARTING",
        "StartedOn": now,
        "LastModifiedOn": now,
    }
    if catalog.storage.add(RUN, (run_id,), run):
        _runs().start(catalog, run)
    return {"RunId": run_id}


def get_data_quality_ruleset_evaluation_run(catalog: DataCatalog, request: Record) -> Record:
    run = _find_run(catalog, request["RunId"])
    if run["Status"] not in ENDED and not _runs().is_under_way(run["RunId"]):
        run = _find_run(catalog, request["RunId"])
        if run["Status"] not in ENDED:
            _end(catalog, run, "FAILED", INTERRUPTED)
    return run


def cancel_data_quality_ruleset_evaluation_run(catalog: DataCatalog, request: Record) -> Record:
    run = _find_run(catalog, request["RunId"])
    if run["Status"] not in ENDED:
        _end(catalog, run, "STOPPED")
    return {}


def list_data_quality_ruleset_evaluation_runs(catalog: DataCatalog, request: Record) -> Record:
    wanted = (request.get("Filter") or {}).get("DataSource")
    keys = [
        key
        for key in catalog.storage.keys(RUN)
        if wanted is None or (catalog.storage.get(RUN, key) or {}).get("DataSource") == wanted
    ]
    answer = page_of(catalog, RUN, keys, request, "Runs")
    shown = ("RunId", "Status", "StartedOn", "DataSource")
    answer["Runs"] = [{name: run[name] for name in shown} for run in answer["Runs"]]
    return answer


def get_data_quality_result(catalog: DataCatalog, request: Record) -> Record:
    found = catalog.storage.get(RESULT, (request["ResultId"],))
    if found is None:
        raise not_found(f"Data quality result is not found: {request['ResultId']}")
    return found


def batch_get_data_quality_result(catalog: DataCatalog, request: Record) -> Record:
    found = {name: catalog.storage.get(RESULT, (name,)) for name in request["ResultIds"]}
    return {
        "Results": [result for result in found.values() if result],
        "ResultsNotFound": [name for name, result in found.items() if not result],
    }


def list_data_quality_results(catalog: DataCatalog, request: Record) -> Record:
    wanted = (request.get("Filter") or {}).get("DataSource")
    keys = [
        key
        for key in catalog.storage.keys(RESULT)
        if wanted is None or (catalog.storage.get(RESULT, key) or {}).get("DataSource") == wanted
    ]
    answer = page_of(catalog, RESULT, keys, request, "Results")
    shown = ("ResultId", "DataSource", "StartedOn")
    answer["Results"] = [{name: each[name] for name in shown} for each in answer["Results"]]
    return answer


def _find_run(catalog: DataCatalog, run_id: str) -> Record:
    run = catalog.storage.get(RUN, (run_id,))
    if run is None:
        raise not_found(f"Data quality ruleset evaluation run is not found: {run_id}")
    return run


def _evaluate(catalog: DataCatalog, run: Record) -> None:
    # The engine is large, and most labs evaluate nothing.
    from lab.engine.errors import QueryError
    from lab.providers.athena.executor import shared
    from lab.providers.glue.quality.rules import Evaluation

    run = {**run, "Status": "RUNNING", "LastModifiedOn": clock().now()}
    catalog.storage.put(RUN, (run["RunId"],), run)
    began = time.monotonic()
    source = _source(catalog, run)
    evaluation = Evaluation(source, lambda sql: shared().ask(catalog, sql), clock().utc())
    ids = []
    try:
        for name in run["RulesetNames"]:
            rules = rulesets.read(rulesets.find(catalog, name)["Ruleset"])
            started = clock().now()
            verdicts = evaluation.evaluate(rules)
            texts = [rule.text for rule in rules]
            ids.append(_keep(catalog, run, name, started, list(zip(texts, verdicts, strict=True))))
    except (GlueError, QueryError) as error:
        _end(catalog, run, "FAILED", error.message)
        return
    run["ResultIds"] = ids
    run["ExecutionTime"] = round(time.monotonic() - began)
    if _find_run(catalog, run["RunId"])["Status"] != "STOPPED":
        _end(catalog, run, "SUCCEEDED")


def _end(catalog: DataCatalog, run: Record, status: str, reason: str | None = None) -> None:
    now = clock().now()
    run.update({"Status": status, "LastModifiedOn": now, "CompletedOn": now})
    if reason is not None:
        run["ErrorString"] = reason
    catalog.storage.put(RUN, (run["RunId"],), run)


def _keep(
    catalog: DataCatalog, run: Record, ruleset: str, started: float, judged: list[tuple[str, Any]]
) -> str:
    """Store the result of one ruleset; returns its id."""
    result_id = f"dqresult-{hashlib.sha256(f'{run["RunId"]} {ruleset}'.encode()).hexdigest()[:40]}"
    passed = sum(verdict.result == "PASS" for _, verdict in judged)
    result = {
        "ResultId": result_id,
        "Score": passed / len(judged),
        "DataSource": run["DataSource"],
        "RulesetName": ruleset,
        "StartedOn": started,
        "CompletedOn": clock().now(),
        "RulesetEvaluationRunId": run["RunId"],
        "RuleResults": [
            {
                "Name": f"Rule_{number}",
                "Description": text,
                **({"EvaluationMessage": verdict.message} if verdict.message else {}),
                "Result": verdict.result,
                "EvaluatedMetrics": dict(verdict.metrics),
                "EvaluatedRule": text,
            }
            for number, (text, verdict) in enumerate(judged, start=1)
        ],
    }
    catalog.storage.put(RESULT, (result_id,), result)
    _tell(catalog, run, result, passed, len(judged))
    return result_id


def _tell(catalog: DataCatalog, run: Record, result: Record, passed: int, count: int) -> None:
    """CloudWatch metrics, if they are wanted, and the event."""
    table = _glue_table(run["DataSource"])
    if (run.get("AdditionalRunOptions") or {}).get("CloudWatchMetricsEnabled"):
        dimensions = (
            ("Ruleset", result["RulesetName"]),
            ("Table", f"{table['DatabaseName']}.{table['TableName']}"),
        )
        numbers = (("rules.passed", passed), ("rules.failed", count - passed))
        source = MetricSource("Glue Data Quality", catalog.account, catalog.region, dimensions)
        name = "glue.data.quality."
        publisher().add(source, [(Metric(f"{name}{each}"), value) for each, value in numbers])
    if not SERVICE_PLUGINS.is_running("events"):
        return
    detail = {
        "version": "0",
        "context": {
            "contextType": "GLUE_DATA_CATALOG",
            "runId": run["RunId"],
            "databaseName": table["DatabaseName"],
            "tableName": table["TableName"],
            "catalogId": catalog.account,
        },
        "resultID": result["ResultId"],
        "rulesetNames": [result["RulesetName"]],
        "state": "SUCCEEDED" if passed == count else "FAILED",
        "score": result["Score"],
        "numRulesSucceeded": passed,
        "numRulesFailed": sum(each["Result"] == "FAIL" for each in result["RuleResults"]),
        "numRulesSkipped": 0,
    }
    entry = {
        "Source": "aws.glue-dataquality",
        "DetailType": "Data Quality Evaluation Results Available",
        "Detail": json.dumps(detail),
    }
    events = connect_to(aws_access_key_id=catalog.account, region_name=catalog.region).events
    try:
        events.put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        LOG.warning("data quality result not announced: %s", error)


def _source(catalog: DataCatalog, run: Record) -> Any:
    from lab.providers.glue.quality.rules import Source

    table = _table_of(catalog, run["DataSource"])
    descriptor = table.description["StorageDescriptor"]
    columns = [*descriptor.get("Columns", ()), *table.description.get("PartitionKeys", ())]
    others = {name: _sql(catalog, source) for name, source in run["AdditionalDataSources"].items()}
    kinds = {each["Name"].lower(): each["Type"].lower() for each in columns}
    return Source(_sql(catalog, run["DataSource"]), kinds, others)


def _sql(catalog: DataCatalog, source: Record) -> str:
    """What reads a table, or those of its partitions that the run names."""
    table = _glue_table(source)
    _table_of(catalog, source)
    name = f'"{table["DatabaseName"].lower()}"."{table["TableName"].lower()}"'
    predicate = (table.get("AdditionalOptions") or {}).get("pushDownPredicate")
    if not predicate:
        return f"SELECT * FROM {name}"  # noqa: S608 - names of the catalog
    import sqlglot  # large: imported at the first predicate
    from sqlglot.errors import ParseError

    try:
        where = sqlglot.parse_one(predicate, read="spark").sql("trino")
    except ParseError as error:
        raise invalid(f"The predicate cannot be read: {predicate}") from error
    return f"SELECT * FROM {name} WHERE {where}"  # noqa: S608 - what the person asks to be run


def _table_of(catalog: DataCatalog, source: Record) -> Any:
    table = _glue_table(source)
    if (table.get("AdditionalOptions") or {}).keys() - {"pushDownPredicate"}:
        raise invalid("The lab supports only pushDownPredicate among AdditionalOptions.")
    return catalog.table(table["DatabaseName"], table["TableName"])


def _glue_table(source: Record) -> Record:
    if source.get("DataQualityGlueTable"):
        raise invalid("The lab does not support DataQualityGlueTable.")
    if not source.get("GlueTable"):
        raise invalid("DataSource needs a GlueTable.")
    return dict(source["GlueTable"])


HANDLERS = handlers(
    start_data_quality_ruleset_evaluation_run,
    get_data_quality_ruleset_evaluation_run,
    cancel_data_quality_ruleset_evaluation_run,
    list_data_quality_ruleset_evaluation_runs,
    get_data_quality_result,
    batch_get_data_quality_result,
    list_data_quality_results,
)
