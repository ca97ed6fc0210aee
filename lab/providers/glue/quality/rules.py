"""The rule types: what each asks of the data, and how it is judged.

Most rules are aggregates, which are asked for all at once, so that a ruleset reads the table once;
the others ask a query of their own when they are judged.

Source: AWS Glue user guide, "DQDL rule type reference".
"""

import math
import re

# ruff: noqa: S608 - names are quoted, and what a person wrote is to be run
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lab.providers.glue.quality.dqdl import Age, Composite, Condition, Node, Rule
from lab.providers.glue.quality.measures import (
    Asked,
    Columns,
    RuleError,
    column,
    filtered,
    meets,
    numbers,
    quoted,
    satisfied,
)
from lab.providers.glue.quality.spark_sql import PRIMARY, over, with_where
from lab.providers.glue.quality.verdicts import (
    ERROR,
    FAIL,
    PASS,
    Distinct,
    Verdict,
    joined,
    judged,
    measured,
    offending,
    portion,
)

Row = list[str | None]
Ask = Callable[[str], list[Row]]
"""The rows of a query in Athena's SQL."""

NUMERIC = ("tinyint", "smallint", "int", "integer", "bigint", "float", "double", "decimal")
DATA_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "real",
    "INTEGER": "integer",
    "LONG": "bigint",
    "STRING": "varchar",
    "TIMESTAMP": "timestamp",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The data that rules are about: SQL that reads it, its columns, further tables by alias."""

    sql: str
    columns: Columns
    others: Mapping[str, str]


Judge = Callable[[list[float]], Verdict]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rule wants to know, and how it judges the answers."""

    aggregates: tuple[str, ...]
    judge: Judge


class Evaluation:
    """One evaluation of rules over one source."""

    def __init__(self, source: Source, ask: Ask, now: datetime) -> None:
        self._source = source
        self._ask = ask
        self._now = now

    def evaluate(self, nodes: list[Node]) -> list[Verdict]:
        """A verdict a rule, in their order. Rules that cannot be evaluated have ERROR."""
        asked = Asked()
        plans: dict[int, Plan | RuleError] = {}
        for rule in _simple_rules(nodes):
            try:
                plan = self._plan(rule)
                for aggregate in plan.aggregates:
                    asked.place(aggregate)
                plans[id(rule)] = plan
            except RuleError as error:
                plans[id(rule)] = error
        found: list[float] = []
        if asked.expressions:
            chosen = ", ".join(asked.expressions)
            [row] = self._ask(f"SELECT {chosen} FROM ({self._source.sql})")
            found = numbers(row)
        return [self._verdict(node, plans, asked, found) for node in nodes]

    def _verdict(
        self, node: Node, plans: dict[int, Plan | RuleError], asked: Asked, found: list[float]
    ) -> Verdict:
        if isinstance(node, Composite):
            parts = [self._verdict(part, plans, asked, found) for part in node.parts]
            return joined(node.operator, parts)
        plan = plans[id(node)]
        if isinstance(plan, RuleError):
            return Verdict(ERROR, str(plan))
        try:
            return plan.judge([found[asked.place(each)] for each in plan.aggregates])
        except RuleError as error:
            return Verdict(ERROR, str(error))

    def _plan(self, rule: Rule) -> Plan:
        if rule.where is not None:
            rule = with_where(rule)
        return PLANNERS[rule.type](self, rule)

    # Counts

    def row_count(self, rule: Rule) -> Plan:
        aggregate = filtered("count(*)", rule.where)
        return Plan((aggregate,), lambda row: measured(rule, "Dataset.*.RowCount", row[0]))

    def column_count(self, rule: Rule) -> Plan:
        count = float(len(self._source.columns))
        return Plan((), lambda _row: measured(rule, "Dataset.*.ColumnCount", count))

    def completeness(self, rule: Rule) -> Plan:
        name = column(rule, self._source.columns)
        aggregates = (
            filtered(f"count({name})", rule.where),
            filtered("count(*)", rule.where),
        )
        metric = f"Column.{rule.arguments[0]}.Completeness"
        return Plan(aggregates, lambda row: measured(rule, metric, portion(row[0], row[1])))

    # Values

    def column_values(self, rule: Rule) -> Plan:
        name = column(rule, self._source.columns)
        return self._each(rule, name, "ColumnValues")

    def column_length(self, rule: Rule) -> Plan:
        name = column(rule, self._source.columns)
        return self._each(rule, f"length(CAST({name} AS varchar))", "ColumnLength", kind="bigint")

    def data_freshness(self, rule: Rule) -> Plan:
        name = column(rule, self._source.columns)
        moment = f"TIMESTAMP '{self._now:%Y-%m-%d %H:%M:%S}'"
        age = f"date_diff('second', CAST({name} AS timestamp), {moment})"
        condition = _required(rule)
        seconds = tuple(
            each.seconds if isinstance(each, Age) else each for each in condition.operands
        )
        aged = Condition(condition.operator, seconds, condition.negated)
        return self._each(rule, age, "DataFreshness", kind="bigint", condition=aged)

    def _each(
        self,
        rule: Rule,
        expression: str,
        noun: str,
        kind: str | None = None,
        condition: Condition | None = None,
    ) -> Plan:
        """Whether all values, or a share of them, satisfy the rule's condition."""
        kind = kind or self._kind(rule.arguments[0])
        condition = condition or _required(rule)
        fits = satisfied(expression, kind, condition, self._now)
        is_number = kind in NUMERIC and noun != "DataFreshness"
        aggregates = [
            filtered(f"count_if({fits})", rule.where),
            filtered("count(*)", rule.where),
            filtered(f"count_if({expression} IS NULL AND NOT {fits})", rule.where),
        ]
        if is_number:
            aggregates += [
                f"CAST({filtered(f'{side}({expression})', rule.where)} AS double)"
                for side in ("min", "max")
            ]
        name = f"Column.{rule.arguments[0]}"

        def judge(row: list[float]) -> Verdict:
            share = portion(row[0], row[1])
            metrics = {f"{name}.{noun}.Compliance": share}
            if is_number and not rule.threshold and not math.isnan(row[3]):
                ends = ("MinimumLength", "MaximumLength") if noun == "ColumnLength" else EXTREMES
                metrics = {f"{name}.{end}": value for end, value in zip(ends, row[3:], strict=True)}
            if rule.threshold is not None:
                return judged(meets(share, rule.threshold), share, metrics)
            shown: float | str = share
            if row[2]:
                shown = "NULL"
            elif is_number:
                shown = offending(condition, row[3], row[4])
            return judged(share == 1, shown, metrics)

        return Plan(tuple(aggregates), judge)

    def column_data_type(self, rule: Rule) -> Plan:
        name = column(rule, self._source.columns)
        condition = _required(rule)
        given = condition.operands[0] if condition.operands else ""
        kind = DATA_TYPES.get(str(given).upper())
        if condition.operator != "=" or kind is None:
            raise RuleError(f"{given!r} is no data type: use one of {', '.join(DATA_TYPES)}.")
        aggregates = (
            filtered(f"count(TRY_CAST(CAST({name} AS varchar) AS {kind}))", rule.where),
            filtered(f"count({name})", rule.where),
        )
        metric = f"Column.{rule.arguments[0]}.ColumnDataType.Compliance"

        def judge(row: list[float]) -> Verdict:
            share = portion(row[0], row[1])
            fits = meets(share, rule.threshold) if rule.threshold else share == 1
            return judged(fits, share, {metric: share})

        return Plan(aggregates, judge)

    # Numbers of a column

    def mean(self, rule: Rule) -> Plan:
        return self._number(rule, "avg(CAST({} AS double))", "Mean")

    def total(self, rule: Rule) -> Plan:
        return self._number(rule, "sum(CAST({} AS double))", "Sum")

    def standard_deviation(self, rule: Rule) -> Plan:
        return self._number(rule, "stddev_pop(CAST({} AS double))", "StandardDeviation")

    def _number(self, rule: Rule, aggregate: str, noun: str) -> Plan:
        name = column(rule, self._source.columns)
        if self._kind(rule.arguments[0]) not in NUMERIC:
            raise RuleError(f"Expected type of column {rule.arguments[0]} to be numeric.")
        metric = f"Column.{rule.arguments[0]}.{noun}"
        wanted = filtered(aggregate.format(name), rule.where)
        return Plan((wanted,), lambda row: measured(rule, metric, row[0]))

    # Distinct values

    def is_unique(self, rule: Rule) -> Plan:
        column(rule, self._source.columns)
        metric = f"Column.{rule.arguments[0]}.Uniqueness"
        return Plan((), lambda _row: measured(rule, metric, self._distinct(rule).uniqueness))

    def unique_value_ratio(self, rule: Rule) -> Plan:
        column(rule, self._source.columns)
        metric = f"Column.{rule.arguments[0]}.UniqueValueRatio"
        return Plan((), lambda _row: measured(rule, metric, self._distinct(rule).ratio))

    def distinct_values_count(self, rule: Rule) -> Plan:
        column(rule, self._source.columns)
        metric = f"Column.{rule.arguments[0]}.DistinctValuesCount"
        return Plan((), lambda _row: measured(rule, metric, self._distinct(rule).distinct))

    def entropy(self, rule: Rule) -> Plan:
        column(rule, self._source.columns)
        metric = f"Column.{rule.arguments[0]}.Entropy"
        return Plan((), lambda _row: measured(rule, metric, self._distinct(rule).entropy))

    def is_primary_key(self, rule: Rule) -> Plan:
        names = [column(rule, self._source.columns, place) for place in range(len(rule.arguments))]
        metric = f"Multicolumn.{','.join(rule.arguments)}.Uniqueness"
        if len(names) == 1:
            metric = f"Column.{rule.arguments[0]}.Uniqueness"
        nulls = " OR ".join(f"{name} IS NULL" for name in names)

        def judge(row: list[float]) -> Verdict:
            found = self._distinct(rule)
            share = 0.0 if row[0] else found.uniqueness
            return judged(share == 1, "NULL" if row[0] else share, {metric: share})

        return Plan((filtered(f"count_if({nulls})", rule.where),), judge)

    def _distinct(self, rule: Rule) -> Distinct:
        names = ", ".join(quoted(name) for name in rule.arguments)
        first = quoted(rule.arguments[0])
        where = f"{first} IS NOT NULL" + (f" AND ({rule.where})" if rule.where else "")
        groups = f"SELECT count(*) AS n FROM ({self._source.sql}) WHERE {where} GROUP BY {names}"
        [row] = self._ask(
            "SELECT count_if(n = 1), count(*), sum(n), sum(CAST(n AS double) * ln(n)) "
            f"FROM ({groups})"
        )
        return Distinct(*(0.0 if math.isnan(each) else each for each in numbers(row)))

    # Names, further tables, and SQL

    def column_exists(self, rule: Rule) -> Plan:
        is_there = rule.arguments[0].lower() in self._source.columns
        message = f"Column {rule.arguments[0]} does not exist!"
        return Plan((), lambda _row: Verdict(PASS) if is_there else Verdict(FAIL, message))

    def column_names_match_pattern(self, rule: Rule) -> Plan:
        pattern = re.compile(rule.arguments[0])
        share = portion(
            sum(pattern.fullmatch(name) is not None for name in self._source.columns),
            len(self._source.columns),
        )
        metric = {"Dataset.*.ColumnNamesPatternMatchRatio": share}
        return Plan((), lambda _row: judged(share == 1, share, metric))

    def custom_sql(self, rule: Rule) -> Plan:
        if rule.condition is None:
            raise RuleError("The lab supports CustomSql only with an expression.")
        sql = over(rule.arguments[0], {PRIMARY: self._source.sql, **self._source.others})

        def judge(_row: list[float]) -> Verdict:
            rows = self._ask(sql)
            if len(rows) != 1 or len(rows[0]) != 1:
                raise RuleError("The SQL query must return one number.")
            return measured(rule, "Dataset.*.CustomSQL", numbers(rows[0])[0])

        return Plan((), judge)

    def referential_integrity(self, rule: Rule) -> Plan:
        alias, _, theirs = rule.arguments[1].partition(".")
        if alias not in self._source.others:
            raise RuleError(f"Reference dataset {alias} not found: name it in the run.")
        ours = [quoted(name.strip()) for name in rule.arguments[0].split(",")]
        other = [quoted(name.strip()) for name in theirs.strip("{}").split(",")]
        joined = " AND ".join(f"a.{one} = b.{two}" for one, two in zip(ours, other, strict=True))
        sql = (
            f"SELECT count_if(EXISTS (SELECT 1 FROM ({self._source.others[alias]}) AS b "
            f"WHERE {joined})), count(*) FROM ({self._source.sql}) AS a"
        )
        metric = f"Column.{rule.arguments[0]}.ReferentialIntegrity"

        def judge(_row: list[float]) -> Verdict:
            [row] = self._ask(sql)
            return measured(rule, metric, portion(*numbers(row)))

        return Plan((), judge)

    def _kind(self, name: str) -> str:
        return re.split(r"[(<]", self._source.columns[name.lower()])[0].strip()


EXTREMES = ("Minimum", "Maximum")

PLANNERS: dict[str, Callable[[Evaluation, Rule], Plan]] = {
    "ColumnCount": Evaluation.column_count,
    "ColumnDataType": Evaluation.column_data_type,
    "ColumnExists": Evaluation.column_exists,
    "ColumnLength": Evaluation.column_length,
    "ColumnNamesMatchPattern": Evaluation.column_names_match_pattern,
    "ColumnValues": Evaluation.column_values,
    "Completeness": Evaluation.completeness,
    "CustomSql": Evaluation.custom_sql,
    "DataFreshness": Evaluation.data_freshness,
    "DistinctValuesCount": Evaluation.distinct_values_count,
    "Entropy": Evaluation.entropy,
    "IsComplete": Evaluation.completeness,
    "IsPrimaryKey": Evaluation.is_primary_key,
    "IsUnique": Evaluation.is_unique,
    "Mean": Evaluation.mean,
    "ReferentialIntegrity": Evaluation.referential_integrity,
    "RowCount": Evaluation.row_count,
    "StandardDeviation": Evaluation.standard_deviation,
    "Sum": Evaluation.total,
    "UniqueValueRatio": Evaluation.unique_value_ratio,
    "Uniqueness": Evaluation.is_unique,
}


def _simple_rules(nodes: list[Node]) -> list[Rule]:
    found: list[Rule] = []
    for node in nodes:
        found += [node] if isinstance(node, Rule) else _simple_rules(list(node.parts))
    return found


def _required(rule: Rule) -> Condition:
    if rule.condition is None:
        raise RuleError(f"{rule.type} needs an expression.")
    return rule.condition
