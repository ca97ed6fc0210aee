"""Athena's operations: start, follow, stop and read queries. Operations that are not here are
refused by name.

Source: Amazon Athena API reference.
"""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, ServiceLifecycleHook

from lab import config
from lab.engine.errors import QueryError
from lab.providers.athena import metadata, results, work_groups
from lab.providers.athena.errors import invalid
from lab.providers.athena.executor import Executor
from lab.providers.athena.models import FINAL, AthenaStore, Execution, Record, WorkGroup, store_of
from lab.providers.athena.objects import split_uri
from lab.providers.glue.models import catalog_of
from lab.providers.pages import page

NO_OUTPUT = (
    "No output location provided. An output location is required either through the Workgroup"
    " result configuration setting or as an API input."
)
MAX_ROWS = 1000
MAX_SQL = 262_144


def create_service() -> Service:
    executor = Executor(config.load())
    provider = AthenaProvider(executor)
    handlers = {**provider.handlers(), **work_groups.HANDLERS, **metadata.HANDLERS}
    skeleton = Skeleton(load_service("athena"), handlers)
    return Service("athena", skeleton=skeleton, lifecycle_hook=Lifecycle(executor))


class Lifecycle(ServiceLifecycleHook):
    """Ends the queries when LocalStack ends."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def on_before_stop(self) -> None:
        self._executor.stop()


def _store(context: RequestContext) -> AthenaStore:
    return store_of(context.account_id, context.region)


class AthenaProvider:
    """The operations on query executions."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def handlers(self) -> dict[str, Any]:
        return {
            "StartQueryExecution": self.start,
            "GetQueryExecution": self.get,
            "BatchGetQueryExecution": self.get_many,
            "ListQueryExecutions": self.list,
            "StopQueryExecution": self.stop,
            "GetQueryResults": self.get_results,
            "GetQueryRuntimeStatistics": self.get_runtime_statistics,
        }

    def start(self, context: RequestContext, request: Record) -> Record:
        store = _store(context)
        if not request["QueryString"].strip():
            raise invalid("Query string cannot be empty")
        if len(request["QueryString"].encode()) > MAX_SQL:
            raise invalid(f"Query string is longer than {MAX_SQL} bytes")
        with store.lock:
            token = request.get("ClientRequestToken")
            asked = {key: value for key, value in request.items() if key != "ClientRequestToken"}
            if token and token in store.tokens:
                known, identifier = store.tokens[token]
                if known != asked:
                    raise invalid("Idempotent parameters do not match")
                return {"QueryExecutionId": identifier}
            group = store.work_group(request.get("WorkGroup") or "primary")
            execution = self._make(group, request)
            store.executions[execution.id] = execution
            if token:
                store.tokens[token] = (asked, execution.id)
        catalog = catalog_of(context.account_id, context.region)
        catalog.ensure_default()
        self.executor.submit(execution, group, catalog)
        return {"QueryExecutionId": execution.id}

    def _make(self, group: WorkGroup, request: Record) -> Execution:
        if group.state != "ENABLED":
            raise invalid(f"WorkGroup {group.name} is disabled.")
        given = request.get("ResultConfiguration") or {}
        configured = group.configuration.get("ResultConfiguration") or {}
        chosen = configured if group.enforces and group.output_location else {**configured, **given}
        location = chosen.get("OutputLocation")
        if not location:
            raise invalid(NO_OUTPUT)
        try:
            split_uri(location)
        except QueryError as error:
            raise invalid("outputLocation is not a valid S3 path.") from error
        asked = request.get("QueryExecutionContext") or {}
        catalog = str(asked.get("Catalog") or metadata.NAME)
        if catalog.lower() != metadata.NAME.lower():
            raise invalid(f"Catalog {catalog} does not exist")
        context = {key.capitalize(): str(value).lower() for key, value in asked.items() if value}
        execution = Execution(
            sql=request["QueryString"],
            work_group=group.name,
            output=location,
            context=context,
            configuration={key: value for key, value in chosen.items() if key != "OutputLocation"},
            parameters=request.get("ExecutionParameters"),
        )
        execution.output = f"{location.rstrip('/')}/{execution.id}.csv"
        return execution

    def get(self, context: RequestContext, request: Record) -> Record:
        return {"QueryExecution": _store(context).execution(request["QueryExecutionId"]).describe()}

    def get_many(self, context: RequestContext, request: Record) -> Record:
        known, found, missing = _store(context).executions, [], []
        for identifier in request["QueryExecutionIds"]:
            if identifier in known:
                found.append(known[identifier].describe())
            else:
                missing.append(
                    {
                        "QueryExecutionId": identifier,
                        "ErrorCode": "INVALID_INPUT",
                        "ErrorMessage": f"QueryExecution {identifier} was not found",
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list(self, context: RequestContext, request: Record) -> Record:
        """The newest first, of one work group."""
        store = _store(context)
        group = store.work_group(request.get("WorkGroup") or "primary").name
        runs = [run.id for run in store.executions.values() if run.work_group == group]
        return page(runs[::-1], request, "QueryExecutionIds", 50, invalid)

    def stop(self, context: RequestContext, request: Record) -> Record:
        """Stopping what has ended does nothing."""
        execution = _store(context).execution(request["QueryExecutionId"])
        if execution.state == "QUEUED":
            execution.move("CANCELLED", "Query cancelled by user")
        if execution.state not in FINAL and execution.job is not None:
            execution.job.cancel()
        return {}

    def get_results(self, context: RequestContext, request: Record) -> Record:
        execution = _store(context).execution(request["QueryExecutionId"])
        if execution.state in ("QUEUED", "RUNNING"):
            raise invalid(f"Query has not yet finished. Current state: {execution.state}")
        if execution.state != "SUCCEEDED":
            raise invalid(
                f"Query did not finish successfully. Final query state: {execution.state}"
            )
        size = request.get("MaxResults") or MAX_ROWS
        if not 1 <= size <= MAX_ROWS:
            raise invalid(f"MaxResults is more than maximum allowed length {MAX_ROWS}.")
        result_set: Record = {"Rows": [], "ResultSetMetadata": {"ColumnInfo": execution.columns}}
        if execution.form == "manifest":
            return {"UpdateCount": execution.update_count or 0, "ResultSet": result_set}
        path = self.executor.objects.path(execution.output)
        if not path.is_file():
            raise invalid("Could not find results")
        rows, token = results.read_page(
            path, execution.form == "lines", request.get("NextToken"), size
        )
        result_set["Rows"] = [{"Data": [_datum(value) for value in row]} for row in rows]
        answer: Record = {"UpdateCount": 0, "ResultSet": result_set}
        return {**answer, "NextToken": token} if token else answer

    def get_runtime_statistics(self, context: RequestContext, request: Record) -> Record:
        execution = _store(context).execution(request["QueryExecutionId"])
        figures = execution.statistics()
        timeline = {
            key: figures[key]
            for key in (
                "QueryQueueTimeInMillis",
                "QueryPlanningTimeInMillis",
                "EngineExecutionTimeInMillis",
                "ServiceProcessingTimeInMillis",
                "TotalExecutionTimeInMillis",
            )
        }
        return {
            "QueryRuntimeStatistics": {
                "Timeline": timeline,
                "Rows": {"InputBytes": figures["DataScannedInBytes"]},
            }
        }


def _datum(value: str | None) -> Record:
    return {} if value is None else {"VarCharValue": value}
