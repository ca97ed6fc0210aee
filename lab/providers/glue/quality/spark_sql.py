"""What a person writes in Spark's SQL, ``where`` clauses and CustomSql, in Athena's."""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from lab.providers.glue.quality.dqdl import Rule
from lab.providers.glue.quality.measures import RuleError

PRIMARY = "primary"
"""The name by which CustomSql calls the data."""


def with_where(rule: Rule) -> Rule:
    """The rule with its ``where``, which is Spark's SQL, in Athena's."""
    try:
        where = sqlglot.parse_one(rule.where or "", read="spark").sql("trino")
    except ParseError as error:
        raise RuleError(f"The where clause cannot be read: {rule.where}") from error
    return Rule(rule.type, rule.arguments, rule.condition, rule.threshold, where, rule.text)


def over(sql: str, tables: Mapping[str, str]) -> str:
    """A query of Spark's SQL in Athena's, with subqueries in the place of the tables it names."""
    try:
        query = sqlglot.parse_one(sql, read="spark")
    except ParseError as error:
        raise RuleError(f"The SQL query cannot be read: {sql}") from error
    for table in list(query.find_all(exp.Table)):
        if table.name not in tables or table.db:
            raise RuleError(f"Table {table.name} not found: the data is called {PRIMARY}.")
        inner: exp.Expression = exp.maybe_parse(tables[table.name], dialect="trino")
        alias = table.alias or table.name
        table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(alias))))
    return query.sql("trino", identify=True)
