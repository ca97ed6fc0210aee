"""SQLAlchemy on Athena, through PyAthena's dialects: what dashboards and notebooks use."""

import datetime
import os
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from urllib.parse import quote_plus

import pandas as pd
import pytest
from pyarrow import fs
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text, types
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import Column


def url(dialect: str, bucket: str, database: str) -> str:
    staging = quote_plus(f"s3://{bucket}/results/")
    host = "athena.us-east-1.amazonaws.com"
    return f"{dialect}://:@{host}:443/{database}?s3_staging_dir={staging}&poll_interval=0.05"


@pytest.fixture(scope="module")
def connection(bucket: str, database: str) -> Iterator[Connection]:
    engine = create_engine(url("awsathena+rest", bucket, database))
    with engine.connect() as connected:
        yield connected
    engine.dispose()


@pytest.fixture(scope="module")
def sales(connection: Connection, bucket: str) -> Table:
    table = Table(
        "sales",
        MetaData(),
        Column("id", types.BigInteger, comment="The sale"),
        Column("name", types.String(20)),
        Column("price", types.DECIMAL(10, 2)),
        Column("at", types.TIMESTAMP),
        Column("day", types.DATE, awsathena_partition=True),
        awsathena_location=f"s3://{bucket}/sales/",
        awsathena_file_format="PARQUET",
        awsathena_compression="SNAPPY",
        comment="All sales",
    )
    table.create(connection)
    connection.execute(
        table.insert(),
        [
            {
                "id": 1,
                "name": "anvil",
                "price": Decimal("9.99"),
                "at": datetime.datetime(2024, 1, 1, 12),
                "day": datetime.date(2024, 1, 1),
            }
        ],
    )
    connection.execute(
        table.insert().values(
            [
                (2, "bolt", Decimal("0.05"), None, datetime.date(2024, 1, 2)),
                (3, None, None, None, datetime.date(2024, 1, 2)),
            ]
        )
    )
    return table


@pytest.mark.fidelity("clients.sqlalchemy")
def test_select(connection: Connection, sales: Table) -> None:
    day = datetime.date(2024, 1, 2)
    found = connection.execute(select(sales.c.id).where(sales.c.day == day).order_by(sales.c.id))
    assert found.scalars().all() == [2, 3]
    totals = select(sales.c.day, func.count(), func.sum(sales.c.price)).group_by(sales.c.day)
    assert connection.execute(totals.order_by(sales.c.day)).all() == [
        (datetime.date(2024, 1, 1), 1, Decimal("9.99")),
        (day, 2, Decimal("0.05")),
    ]
    moment = datetime.datetime(2024, 1, 1, 12)
    at = connection.execute(select(sales.c.at).where(sales.c.at == moment)).scalar()
    assert at == moment
    page = select(sales.c.id).order_by(sales.c.id).limit(1).offset(1)
    assert connection.execute(page).scalars().all() == [2]
    assert connection.execute(text("SELECT :word"), {"word": "it's 100%"}).scalar() == "it's 100%"


@pytest.mark.fidelity("clients.sqlalchemy")
def test_reflection(connection: Connection, sales: Table, database: str, bucket: str) -> None:
    inspector = inspect(connection)
    assert database in inspector.get_schema_names()
    assert "sales" in inspector.get_table_names()
    assert inspector.has_table("sales")
    assert not inspector.has_table("nowhere")
    assert inspector.get_table_comment("sales") == {"text": "All sales"}
    reflected = Table("sales", MetaData(), autoload_with=connection)
    kinds = {column.name: str(column.type) for column in reflected.columns}
    assert kinds["id"] == "BIGINT"
    assert kinds["price"] == "DECIMAL(10, 2)"
    assert kinds["at"] == "TIMESTAMP"
    assert kinds["day"] == "DATE"
    assert reflected.c.id.comment == "The sale"
    assert reflected.c.day.dialect_options["awsathena"]["partition"] is True
    options = reflected.dialect_options["awsathena"]
    assert options["location"].rstrip("/") == f"s3://{bucket}/sales"
    assert options["file_format"].startswith("INPUTFORMAT") or "PARQUET" in options["file_format"]
    with pytest.raises(NoSuchTableError):
        Table("nowhere", MetaData(), autoload_with=connection)


@pytest.mark.fidelity("clients.sqlalchemy")
def test_views(connection: Connection, sales: Table) -> None:
    connection.execute(text("CREATE OR REPLACE VIEW cheap AS SELECT * FROM sales WHERE price < 1"))
    inspector = inspect(connection)
    assert inspector.get_view_names() == ["cheap"]
    assert "cheap" not in inspector.get_table_names()
    assert "SELECT" in inspector.get_view_definition("cheap")
    view = Table("cheap", MetaData(), autoload_with=connection)
    assert connection.execute(select(view.c.id)).scalars().all() == [2]


def test_orm(connection: Connection, sales: Table) -> None:
    class Base(DeclarativeBase):
        pass

    class Sale(Base):
        __tablename__ = "sales"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]

    with Session(connection.engine) as session:
        assert session.get(Sale, 1).name == "anvil"
        assert len(session.scalars(select(Sale)).all()) == 3


@pytest.mark.fidelity("clients.sqlalchemy")
@pytest.mark.parametrize("dialect", ["rest", "pandas", "arrow", "s3fs"])
def test_read_sql(
    dialect: str, bucket: str, database: str, sales: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in test_pyathena.py: the one client that must be told the address in another way.
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setattr(fs, "S3FileSystem", partial(fs.S3FileSystem, endpoint_override=endpoint))
    engine = create_engine(url(f"awsathena+{dialect}", bucket, database))
    with engine.connect() as connection:
        frame = pd.read_sql("SELECT id, name FROM sales ORDER BY id", connection)
    engine.dispose()
    assert list(frame["id"]) == [1, 2, 3]
    assert list(frame["name"])[:2] == ["anvil", "bolt"]
    # Through Arrow, PyAthena reads no null of a text from a CSV result.
    assert frame["name"].isna().tolist() == [False, False, dialect != "arrow"]


def test_create_as_and_drop(connection: Connection, sales: Table, bucket: str) -> None:
    connection.execute(
        text(
            f"""CREATE TABLE copied WITH (format = 'PARQUET',
                external_location = 's3://{bucket}/copied/') AS SELECT id FROM sales"""
        )
    )
    copied = Table("copied", MetaData(), autoload_with=connection)
    assert connection.execute(select(func.count()).select_from(copied)).scalar() == 3
    copied.drop(connection)
    assert not inspect(connection).has_table("copied")


@pytest.mark.fidelity("clients.sqlalchemy")
def test_iceberg(connection: Connection, bucket: str) -> None:
    table = Table(
        "lake",
        MetaData(),
        Column("id", types.Integer),
        Column(
            "at", types.TIMESTAMP, awsathena_partition=True, awsathena_partition_transform="day"
        ),
        awsathena_location=f"s3://{bucket}/lake/",
        awsathena_tblproperties={"table_type": "ICEBERG"},
    )
    table.create(connection)
    moment = datetime.datetime(2024, 1, 1, 12)
    connection.execute(table.insert().values([(1, moment), (2, moment)]))
    connection.execute(table.delete().where(table.c.id == 1))
    connection.execute(table.update().values(id=7))
    assert connection.execute(select(table)).all() == [(7, moment)]
    table.drop(connection)


def test_error(connection: Connection) -> None:
    with pytest.raises(OperationalError, match="COLUMN_NOT_FOUND"):
        connection.execute(text("SELECT nothing FROM (VALUES 1) t (x)"))
