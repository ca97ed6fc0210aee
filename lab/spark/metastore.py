"""Hive's metastore over AWS Glue's API, for Spark's own Hive client.

``spark.sql`` and ``spark.table`` then see the databases and tables of the Data Catalog, and what
they create is there. It runs in a thread of the driver, speaks the protocol of Hive's metastore,
and keeps nothing: each call is one to Glue. Calls that it does not have are refused by their name.
"""

import socket
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import hive_objects as hive
from botocore.exceptions import ClientError

NOT_FOUND, EXISTS = "EntityNotFoundException", "AlreadyExistsException"
BATCH = 100


def serve() -> str:
    """Listen on a free port of this machine; returns the address. The server's modules are loaded
    in its thread, while Java starts.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener,), name="metastore", daemon=True).start()
    return f"thrift://127.0.0.1:{listener.getsockname()[1]}"


def _serve(listener: socket.socket) -> None:
    from pymetastore.hive_metastore.ThriftHiveMetastore import Processor

    processor = Processor(Metastore())
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer, args=(processor, connection), daemon=True).start()


def _answer(processor: Any, connection: socket.socket) -> None:
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol
    from thrift.transport.TSocket import TSocket
    from thrift.transport.TTransport import TBufferedTransport, TTransportException

    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end = TSocket()
    end.setHandle(connection)
    protocol = TBinaryProtocol(TBufferedTransport(end))
    try:
        while True:
            processor.process(protocol, protocol)
    except (TTransportException, OSError):
        connection.close()


def _call[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """With Glue's exceptions as Hive's."""

    @wraps(function)
    def translated(*given: P.args, **named: P.kwargs) -> R:
        try:
            return function(*given, **named)
        except ClientError as error:
            raised = _translated(error)
        # Not inside of the except: Hive's exceptions cannot be given a context.
        raise raised

    return translated


def _translated(error: ClientError) -> Exception:
    from pymetastore.hive_metastore import ttypes

    code, message = (error.response["Error"][key] for key in ("Code", "Message"))
    kinds = {NOT_FOUND: ttypes.NoSuchObjectException, EXISTS: ttypes.AlreadyExistsException}
    if code in kinds:
        found: Exception = kinds[code](message)
        return found
    return ttypes.MetaException(f"{code}: {message}")


class Metastore:
    """The calls of Hive's client, by their names in the protocol."""

    def __init__(self) -> None:
        import boto3

        self._glue = boto3.client("glue")

    def __getattr__(self, name: str) -> Any:
        from pymetastore.hive_metastore.ttypes import MetaException

        def refuse(*_: Any) -> Any:
            raise MetaException(f"{name} is not supported by this lab's metastore.")

        return refuse

    def set_ugi(self, user_name: str, group_names: list[str]) -> list[str]:
        return [user_name, *group_names]

    def getMetaConf(self, key: str) -> str:  # noqa: N802 - Hive's name
        del key
        return ""

    def get_config_value(self, name: str, defaultValue: str) -> str:  # noqa: N803 - Hive's name
        del name
        return defaultValue

    def flushCache(self) -> None:  # noqa: N802 - Hive's name
        """Nothing is kept."""

    def shutdown(self) -> None:
        """It ends with the driver."""

    @_call
    def get_all_databases(self) -> list[str]:
        pages = self._glue.get_paginator("get_databases").paginate()
        return [each["Name"] for page in pages for each in page["DatabaseList"]]

    def get_databases(self, pattern: str) -> list[str]:
        return hive.matching(self.get_all_databases(), pattern)

    @_call
    def get_database(self, name: str) -> Any:
        if name == "global_temp":  # Spark's own; asking Glue for it is a matter of course
            from pymetastore.hive_metastore.ttypes import NoSuchObjectException

            raise NoSuchObjectException("global_temp")
        if name == "default":
            self._ensure_default()
        return hive.database(self._glue.get_database(Name=name)["Database"])

    def _ensure_default(self) -> None:
        given = {"Name": "default", "Description": "Default Hive database"}
        try:
            self._glue.create_database(DatabaseInput=given)
        except ClientError as error:
            if error.response["Error"]["Code"] != EXISTS:
                raise

    @_call
    def create_database(self, database: Any) -> None:
        self._glue.create_database(DatabaseInput=hive.database_input(database))

    @_call
    def drop_database(self, name: str, deleteData: bool, cascade: bool) -> None:  # noqa: N803 - Hive's
        from pymetastore.hive_metastore.ttypes import InvalidOperationException

        del deleteData
        if not cascade and self.get_all_tables(name):
            raise InvalidOperationException(f"Database {name} is not empty.")
        self._glue.delete_database(Name=name)

    @_call
    def get_all_tables(self, db_name: str) -> list[str]:
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=db_name)
        return [each["Name"] for page in pages for each in page["TableList"]]

    def get_tables(self, db_name: str, pattern: str) -> list[str]:
        return hive.matching(self.get_all_tables(db_name), pattern)

    def get_tables_by_type(self, db_name: str, pattern: str, tableType: str) -> list[str]:  # noqa: N803
        return [
            name
            for name in self.get_tables(db_name, pattern)
            if self._table(db_name, name).get("TableType") == tableType
        ]

    def _table(self, database: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        return found

    @_call
    def get_table(self, dbname: str, tbl_name: str) -> Any:
        return hive.table(self._table(dbname, tbl_name))

    def get_table_req(self, req: Any) -> Any:
        from pymetastore.hive_metastore.ttypes import GetTableResult

        return GetTableResult(table=self.get_table(req.dbName, req.tblName))

    @_call
    def get_table_objects_by_name(self, dbname: str, tbl_names: list[str]) -> list[Any]:
        found = []
        for name in tbl_names:
            try:
                found.append(hive.table(self._table(dbname, name)))
            except ClientError as error:
                if error.response["Error"]["Code"] != NOT_FOUND:
                    raise
        return found

    def get_table_objects_by_name_req(self, req: Any) -> Any:
        from pymetastore.hive_metastore.ttypes import GetTablesResult

        return GetTablesResult(tables=self.get_table_objects_by_name(req.dbName, req.tblNames))

    @_call
    def create_table(self, tbl: Any) -> None:
        from pymetastore.hive_metastore.ttypes import InvalidObjectException

        if not tbl.sd.location:
            described = self._glue.get_database(Name=tbl.dbName)["Database"]
            folder = described.get("LocationUri") or "file:"
            tbl.sd.location = f"{folder.rstrip('/')}/{tbl.tableName}"
        if tbl.sd.location.startswith("file:"):
            raise InvalidObjectException(
                f"The database {tbl.dbName} has no location in S3: give it one, or say where the "
                "table is, with LOCATION 's3://...' or option('path', 's3://...')."
            )
        given = hive.table_input(tbl)
        self._glue.create_table(DatabaseName=tbl.dbName, TableInput=given)

    def create_table_with_environment_context(self, tbl: Any, environment_context: Any) -> None:
        del environment_context
        self.create_table(tbl)

    @_call
    def alter_table(self, dbname: str, tbl_name: str, new_tbl: Any) -> None:
        from pymetastore.hive_metastore.ttypes import InvalidOperationException

        if new_tbl.tableName.lower() != tbl_name.lower():
            raise InvalidOperationException("Glue cannot rename a table.")
        self._glue.update_table(DatabaseName=dbname, TableInput=hive.table_input(new_tbl))

    def alter_table_with_environment_context(
        self, dbname: str, tbl_name: str, new_tbl: Any, environment_context: Any
    ) -> None:
        del environment_context
        self.alter_table(dbname, tbl_name, new_tbl)

    @_call
    def drop_table(self, dbname: str, name: str, deleteData: bool) -> None:  # noqa: N803 - Hive's
        del deleteData  # Hive's client deletes the files of a table that is its own
        self._glue.delete_table(DatabaseName=dbname, Name=name)

    def drop_table_with_environment_context(
        self,
        dbname: str,
        name: str,
        deleteData: bool,  # noqa: N803 - Hive's name
        environment_context: Any,
    ) -> None:
        del environment_context
        self.drop_table(dbname, name, deleteData)

    def _partitions(self, database: str, table: str, most: int = -1, **more: Any) -> list[Any]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=table, **more
        )
        found = [each for page in pages for each in page["Partitions"]]
        return [hive.partition(each) for each in (found if most < 0 else found[:most])]

    @_call
    def get_partitions(self, db_name: str, tbl_name: str, max_parts: int) -> list[Any]:
        return self._partitions(db_name, tbl_name, max_parts)

    def get_partitions_with_auth(
        self, db_name: str, tbl_name: str, max_parts: int, *_: Any
    ) -> list[Any]:
        return self.get_partitions(db_name, tbl_name, max_parts)

    @_call
    def get_partitions_by_filter(
        self, db_name: str, tbl_name: str, filter: str, max_parts: int
    ) -> list[Any]:
        expression = {"Expression": hive.expression(filter)} if filter else {}
        return self._partitions(db_name, tbl_name, max_parts, **expression)

    @_call
    def get_partitions_ps_with_auth(
        self, db_name: str, tbl_name: str, part_vals: list[str], max_parts: int, *_: Any
    ) -> list[Any]:
        """Those that begin with, or have, the values that are no empty text."""
        found = [
            each
            for each in self._partitions(db_name, tbl_name)
            if all(want in ("", have) for want, have in zip(part_vals, each.values, strict=False))
        ]
        return found if max_parts < 0 else found[:max_parts]

    get_partitions_ps = get_partitions_ps_with_auth

    def get_partition_names(self, db_name: str, tbl_name: str, max_parts: int) -> list[str]:
        keys = [key.name for key in self.get_table(db_name, tbl_name).partitionKeys]
        parts = self.get_partitions(db_name, tbl_name, max_parts)
        return [hive.folder(keys, each.values) for each in parts]

    def get_partition_names_ps(
        self, db_name: str, tbl_name: str, part_vals: list[str], max_parts: int
    ) -> list[str]:
        keys = [key.name for key in self.get_table(db_name, tbl_name).partitionKeys]
        parts = self.get_partitions_ps_with_auth(db_name, tbl_name, part_vals, max_parts)
        return [hive.folder(keys, each.values) for each in parts]

    @_call
    def get_partition(self, db_name: str, tbl_name: str, part_vals: list[str]) -> Any:
        answer = self._glue.get_partition(
            DatabaseName=db_name, TableName=tbl_name, PartitionValues=part_vals
        )
        return hive.partition(answer["Partition"])

    def get_partition_with_auth(
        self, db_name: str, tbl_name: str, part_vals: list[str], *_: Any
    ) -> Any:
        return self.get_partition(db_name, tbl_name, part_vals)

    @_call
    def add_partitions_req(self, request: Any) -> Any:
        from pymetastore.hive_metastore import ttypes

        for start in range(0, len(request.parts), BATCH):
            chosen = request.parts[start : start + BATCH]
            answer = self._glue.batch_create_partition(
                DatabaseName=request.dbName,
                TableName=request.tblName,
                PartitionInputList=[hive.partition_input(each) for each in chosen],
            )
            for failed in answer.get("Errors", []):
                detail = failed["ErrorDetail"]
                if detail["ErrorCode"] != EXISTS:
                    raise ttypes.MetaException(detail["ErrorMessage"])
                if not request.ifNotExists:
                    raise ttypes.AlreadyExistsException(detail["ErrorMessage"])
        return ttypes.AddPartitionsResult(partitions=request.parts)

    @_call
    def alter_partitions_with_environment_context(
        self, db_name: str, tbl_name: str, new_parts: list[Any], environment_context: Any
    ) -> None:
        del environment_context
        for each in new_parts:
            self._glue.update_partition(
                DatabaseName=db_name,
                TableName=tbl_name,
                PartitionValueList=each.values,
                PartitionInput=hive.partition_input(each),
            )

    @_call
    def drop_partition_with_environment_context(
        self, db_name: str, tbl_name: str, part_vals: list[str], *_: Any
    ) -> bool:
        self._glue.delete_partition(
            DatabaseName=db_name, TableName=tbl_name, PartitionValues=part_vals
        )
        return True

    def get_functions(self, dbName: str, pattern: str) -> list[str]:  # noqa: N803 - Hive's name
        del dbName, pattern
        return []

    def get_all_functions(self) -> Any:
        from pymetastore.hive_metastore.ttypes import GetAllFunctionsResponse

        return GetAllFunctionsResponse(functions=[])
