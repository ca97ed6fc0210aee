"""The operations on query executions: start, follow, stop, read.

Source: Amazon Athena API reference, "StartQueryExecution", "GetQueryExecution", "GetQueryResults",
"StopQueryExecution"; Amazon Athena User Guide, "Service Quotas".
"""

import time
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from sqlglot import exp

from lab.engine import statements as s
from lab.engine.errors import QueryError, failure
from lab.engine.parameters import substitute
from lab.providers.athena import locations, metadata, results, work_groups
from lab.providers.athena.errors import OF_HIVE, AthenaError, entity_not_found, invalid
from lab.providers.athena.executor import TOO_DEEP, Executor, Request, database_of
from lab.providers.athena.models import FINAL, Execution, Record
from lab.providers.athena.prepared_statements import Prepared
from lab.providers.athena.store import Database, Store
from lab.providers.athena.validation import fingerprint, page
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import catalog_of

MAX_ROWS = 1000
DEFAULT_REUSE_MINUTES = 60
# Active queries, that is queued and running ones, of an account in a region.
QUOTAS = {"DML": 200, "DDL": 20}
EXTERNAL_LOCATION = (
    "The Create Table As Select query failed because it was submitted with an 'external_location'"
    " property to an Athena Workgroup that enforces a centralized output location for all queries."
    " Please remove the 'external_location' property and resubmit the query."
)
# Which the query engine runs, whatever their StatementType.
QUERIES = ("CREATE_TABLE_AS_SELECT", "SHOW_FUNCTIONS")
TOO_MANY = (
    "You have exceeded the limit for the number of queries you can run concurrently. Please reduce"
    " the number of concurrent queries submitted by this account. Contact customer support to"
    " request a concurrent query limit increase."
)


class Executions:
    """The operations, over what runs the queries."""

    def __init__(self, executor: Executor, store_of: Callable[[RequestContext], Store]) -> None:
        self.executor = executor
        self.store_of = store_of

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
        began = time.monotonic()
        store = self.store_of(context)
        token = request.get("ClientRequestToken")
        if token is None:
            raise invalid("clientRequestToken is null or empty")
        asked = fingerprint(request)
        if known := _known(store, token, asked):
            return {"QueryExecutionId": known.id}
        made = self._make(store, request)
        made.execution.fingerprint = asked
        made.execution.preparing_seconds = time.monotonic() - began
        with store.lock:
            if known := _known(store, token, asked):  # the same call, at the same time
                return {"QueryExecutionId": known.id}
            check_quota(store.database, made.execution)
            store.database.add(made.execution)
        self.executor.submit(made)
        return {"QueryExecutionId": made.execution.id}

    def _make(self, store: Store, request: Record) -> Request:
        group = work_groups.find(store, request.get("WorkGroup") or work_groups.PRIMARY)
        if group["State"] != "ENABLED":
            raise invalid(f"WorkGroup {group['Name']} is disabled.")
        configuration = locations.chosen(group, request.get("ResultConfiguration"))
        locations.check_bucket(self.executor.objects, configuration)
        location = configuration.pop("OutputLocation")
        execution = Execution(
            account=store.account,
            region=store.region,
            sql=request["QueryString"],
            work_group=group["Name"],
            output=location,
            context=_context(request.get("QueryExecutionContext") or {}),
            configuration=configuration,
            parameters=request.get("ExecutionParameters"),
            reuse_minutes=_reuse_minutes(request),
            token=request["ClientRequestToken"],
        )
        statement = self._read(execution, group, store)
        execution.output = locations.result_file(
            location, execution.id, execution.kind, execution.subkind
        )
        catalog = catalog_of(store.account, store.region)
        catalog.ensure_default()
        return Request(execution, statement, group, catalog, store)

    def _read(self, execution: Execution, group: Record, store: Store) -> s.Statement | QueryError:
        """The statement to run. What is no SQL is refused here; what the lab does not support, or
        what does not fit its parameters, fails later, as a query.
        """
        try:
            statement = self.executor.read(execution.sql)
        except QueryError as error:
            execution.kind = _kind_of(execution.sql)
            if error.name == "SYNTAX_ERROR":
                # A token that does not fit is told by its name too, which AWS leaves out.
                named = "mismatched input" in error.message
                raise invalid(str(error) if named else error.message, "MALFORMED_QUERY") from error
            if error.name == "CATALOG_NOT_FOUND" and execution.kind != "DML":
                raise invalid(error.message, "DATACATALOG_NOT_FOUND") from error
            return error
        except RecursionError:
            return TOO_DEEP
        try:
            statement = self._bound(statement, execution, Prepared(store, group["Name"]))
        except QueryError as error:
            execution.kind, execution.subkind = statement.kind, statement.subkind
            return error
        execution.kind, execution.subkind = statement.kind, statement.subkind
        if isinstance(statement, s.Describe | s.ShowColumns):
            self._look_up(statement, execution)
        if isinstance(statement, s.CreateTableAs) and "external_location" in statement.properties:
            configuration = group["Configuration"]
            place = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
            if place and configuration["EnforceWorkGroupConfiguration"]:
                raise invalid(EXTERNAL_LOCATION)
        return _of_other_catalog(statement, execution) or statement

    def _look_up(self, statement: s.Describe | s.ShowColumns, execution: Execution) -> None:
        """What is described must be there when the query starts; a view is known by its kind."""
        catalog = catalog_of(execution.account, execution.region)
        database = statement.name.database or database_of(execution)
        try:
            found = catalog.table(database, statement.name.table).description
        except GlueError as error:
            if getattr(statement, "detail", ""):
                return  # Hive itself finds that out
            raise invalid(entity_not_found()) from error
        if found.get("TableType") == "VIRTUAL_VIEW":
            execution.subkind = "DESC_VIEW"
        elif statement.refusal is not None:
            raise invalid(statement.refusal.message, "MALFORMED_QUERY")

    def _bound(
        self, statement: s.Statement, execution: Execution, prepared: Prepared
    ) -> s.Statement:
        """The statement that a prepared one stands for, with the values of its parameters."""
        sql, parameters = execution.sql, tuple(execution.parameters or ())
        if isinstance(statement, s.Execute):
            sql = prepared.statement(statement.name)
            parameters = statement.parameters or parameters
        elif not parameters or isinstance(statement, s.Prepare):
            return statement
        return self.executor.read(substitute(sql, parameters))

    def find(self, context: RequestContext, request: Record) -> Execution:
        identifier = request["QueryExecutionId"]
        found = self.store_of(context).execution(identifier)
        if found is None:
            raise invalid(f"QueryExecution {identifier} was not found", "QUERY_EXECUTION_NOT_FOUND")
        return found

    def get(self, context: RequestContext, request: Record) -> Record:
        return {"QueryExecution": self.find(context, request).describe()}

    def get_many(self, context: RequestContext, request: Record) -> Record:
        store, found, missing = self.store_of(context), [], []
        for identifier in request["QueryExecutionIds"]:
            if execution := store.execution(identifier):
                found.append(execution.describe())
            else:
                missing.append(
                    {
                        "QueryExecutionId": identifier,
                        "ErrorCode": "QUERY_EXECUTION_NOT_FOUND",
                        "ErrorMessage": f"QueryExecution {identifier} was not found",
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list(self, context: RequestContext, request: Record) -> Record:
        """The newest first, of one work group."""
        store = self.store_of(context)
        group = work_groups.find(store, request.get("WorkGroup") or work_groups.PRIMARY)
        return page(store.history(group["Name"]), request, "QueryExecutionIds")

    def stop(self, context: RequestContext, request: Record) -> Record:
        """Stopping what has ended does nothing."""
        execution = self.find(context, request)
        if execution.state not in FINAL:
            self.executor.cancel(execution)
        return {}

    def get_results(self, context: RequestContext, request: Record) -> Record:
        execution = self.find(context, request)
        if request.get("QueryResultType", "DATA_ROWS") != "DATA_ROWS":
            raise invalid("QueryResultType DATA_MANIFEST is not supported by this lab")
        _check_readable(execution)
        size = request.get("MaxResults") or MAX_ROWS
        result_set: Record = {"Rows": [], "ResultSetMetadata": {"ColumnInfo": execution.columns}}
        answer: Record = {"ResultSet": result_set}
        if execution.state == "FAILED":
            return {"ResultSet": {"Rows": []}}
        count = 0 if execution.form == "table" else execution.update_count
        if count is not None:
            answer["UpdateCount"] = count
        if execution.form in ("manifest", "count"):
            return answer
        path = self.executor.objects.path(execution.output)
        if not path.is_file():
            raise invalid("Could not find results", "RESULT_NOT_FOUND")
        rows, token = results.read_page(
            path, execution.form == "lines", request.get("NextToken"), size
        )
        result_set["Rows"] = [{"Data": [_datum(value) for value in row]} for row in rows]
        return {**answer, "NextToken": token} if token else answer

    def get_runtime_statistics(self, context: RequestContext, request: Record) -> Record:
        return {"QueryRuntimeStatistics": self.find(context, request).runtime_statistics()}


def _known(store: Store, token: str, asked: str) -> Execution | None:
    """The execution that this token has started already."""
    known = store.of_token(token)
    if known is not None and known.fingerprint != asked:
        raise invalid("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
    return known


def check_quota(database: Database, execution: Execution) -> None:
    """Raise TooManyRequestsException when as many queries of its kind are active as may be."""
    same = [
        run.kind == execution.kind
        for run in database.running()
        if (run.account, run.region) == (execution.account, execution.region)
    ]
    if sum(same) >= QUOTAS.get(execution.kind, QUOTAS["DML"]):
        raise AthenaError("TooManyRequestsException", TOO_MANY)


def _check_readable(execution: Execution) -> None:
    state, code = execution.state, "INVALID_QUERY_EXECUTION_STATE"
    if state in ("QUEUED", "RUNNING"):
        raise invalid(f"Query has not yet finished. Current state: {state}", code)
    of_hive = (execution.reason or "").startswith(OF_HIVE)
    ddl = execution.kind != "DML" and execution.subkind not in QUERIES
    if state == "CANCELLED" or (state == "FAILED" and ddl and not of_hive):
        raise invalid("Could not find results", "RESULT_NOT_FOUND")
    if state == "FAILED" and not ddl:
        raise invalid(f"Query did not finish successfully. Final query state: {state}", code)


def _context(asked: Record) -> Record:
    """As it is shown: the catalogue in lower case."""
    if str(asked.get("Catalog", "")).strip().lower() == "system":
        raise invalid("System database is not supported")
    shown = {key: str(value) for key, value in asked.items() if value}
    return shown | ({"Catalog": shown["Catalog"].lower()} if "Catalog" in shown else {})


def _of_other_catalog(statement: s.Statement, execution: Execution) -> QueryError | None:
    """Why a query cannot run in a catalogue that is not there: it reads a table and does not say
    whose. All else is done in the catalogue that is.
    """
    catalog = execution.context.get("Catalog", metadata.NAME).lower()
    inner = statement.statement if isinstance(statement, s.Explain) else statement
    if catalog == metadata.NAME.lower() or isinstance(inner, s.CreateView):
        return None
    tree = getattr(inner, "tree", None)
    if not isinstance(tree, exp.Expr):
        return None
    known = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not table.catalog:
            if not table.db and table.name.lower() in known:
                continue
            return failure("CATALOG_NOT_FOUND", f"Catalog '{catalog}' does not exist", table)
    return None


def _reuse_minutes(request: Record) -> int | None:
    by_age = (request.get("ResultReuseConfiguration") or {}).get(
        "ResultReuseByAgeConfiguration"
    ) or {}
    if not by_age.get("Enabled"):
        return None
    age = by_age.get("MaxAgeInMinutes")
    return DEFAULT_REUSE_MINUTES if age is None else int(age)


def _kind_of(sql: str) -> str:
    word = sql.split(None, 1)[0].upper() if sql.strip() else ""
    if word in ("DELETE", "UPDATE", "MERGE", "UNLOAD", "EXPLAIN", "OPTIMIZE", "INSERT", "SELECT"):
        return "DML"
    return "UTILITY" if word in ("PREPARE", "EXECUTE", "DEALLOCATE", "SHOW", "DESCRIBE") else "DDL"


def _datum(value: str | None) -> Record:
    return {} if value is None else {"VarCharValue": value}
