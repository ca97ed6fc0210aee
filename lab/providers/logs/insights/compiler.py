"""Commands of a query to one statement of SQL.

Each command wraps what came before it in a SELECT of its own. What an event is read from is left to
the caller: the relation ``events`` has the columns id, timestamp, ingested, message, body (where
its JSON begins), stream_name, log and size.
"""

# ruff: noqa: S608 - every name and every value is quoted before it is put into a statement

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.providers.logs.insights import syntax
from lab.providers.logs.insights.discovery import DOCUMENT, LAMBDA, SYSTEM, json_field, pointer
from lab.providers.logs.insights.expressions import Expressions
from lab.providers.logs.insights.functions import TEXT, TIME, Sql, number, quoted, text, truth
from lab.providers.logs.insights.tokens import QueryError

DEFAULT_LIMIT = 10_000
POINTER = "@ptr"
TOTAL = "$matched"


@dataclass(frozen=True, slots=True)
class Compiled:
    """``sql`` gives the columns, then the pointer of each event, or how many events matched where
    ``is_grouped``; ``count`` tells how many matched, None when all did. Fewer rows than ``limit``
    are all that matched, unless duplicates were taken out (``deduplicated``).
    """

    sql: str
    columns: Sequence[tuple[str, str]]
    is_grouped: bool
    count: str | None
    limit: int
    deduplicated: bool
    uses_addresses: bool
    uses_streams: bool
    """Whether the names of streams are wanted."""


def compile_query(text: str, limit: int | None = None) -> Compiled:
    """Raise QueryError when the text is no query."""
    return Compiler(syntax.parse(text)).run(limit)


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class Compiler:
    """What is known while commands are gone through, one after another."""

    def __init__(self, commands: Sequence[syntax.Command]) -> None:
        self._commands = commands
        self._kinds: dict[str, str] = {}
        self._json: list[str] = []
        self._system: dict[str, None] = {}
        self._relation = "base"
        self._shown: list[str] = []
        self._order: list[str] = []
        self._limit: int | None = None
        self._grouped = False
        self._filtered = False
        self._counted = ""
        self._expressions = Expressions(self._field)

    def run(self, limit: int | None) -> Compiled:
        self._discover()
        for command in self._commands:
            self._apply(command)
        shown = self._shown or ["@timestamp", "@message"]
        columns = [(name, self._kind(name)) for name in dict.fromkeys(shown) if name != POINTER]
        chosen = [self._final(name) for name, _ in columns]
        chosen.append(identifier(TOTAL) if self._grouped else "id")
        order = self._order or ([] if self._grouped else ['"@timestamp" DESC', "id DESC"])
        most = self._limit or limit or DEFAULT_LIMIT
        sql = (
            f"{self._base()} SELECT {', '.join(chosen)} FROM {self._relation}"
            f"{_ordered(order)} LIMIT {most}"
        )
        count = None
        if self._filtered and not self._grouped:
            count = f"{self._base()} SELECT count(*) FROM {self._counted or self._relation}"
        uses = bool(re.search(r"\bis(valid)?ip", sql))
        streams = "@logStream" in self._system
        apart = bool(self._counted)
        return Compiled(sql, columns, self._grouped, count, most, apart, uses, streams)

    def _discover(self) -> None:
        """Find which names are fields of events, before anything else has made them."""
        made: set[str] = {POINTER}
        for command in self._commands:
            for name in _names(command):
                if name in self._kinds or name in made:
                    continue
                known = SYSTEM.get(name) or LAMBDA.get(name)
                if known:
                    self._system[name] = None
                    self._kinds[name] = known.kind
                elif not name.startswith("@"):
                    self._json.append(name)
                    self._kinds[name] = TEXT
            made.update(_made(command))
        for name in ("@timestamp", "@message"):
            self._system[name] = None
            self._kinds.setdefault(name, SYSTEM[name].kind)

    def _base(self) -> str:
        """The events with the fields that the query names."""
        columns = ["id"]
        for name in self._system:
            columns.append(f"{(SYSTEM.get(name) or LAMBDA[name]).text} AS {identifier(name)}")
        for place, name in enumerate(self._json, start=1):
            columns.append(f"{json_field(place, name).text} AS {identifier(name)}")
        source = "events"
        if self._json:
            paths = ", ".join(quoted(pointer(name)) for name in self._json)
            found = f"CASE WHEN body > 0 THEN json_extract_string({DOCUMENT}, [{paths}]) END"
            source = f"(SELECT *, {found} AS json FROM events)"
        return f"WITH base AS (SELECT {', '.join(columns)} FROM {source})"

    def _kind(self, name: str) -> str:
        return self._kinds.get(name, TEXT)

    def _field(self, name: str) -> Sql:
        """A name that nothing has made is a field that no event has."""
        if name in self._kinds:
            return Sql(identifier(name), self._kinds[name])
        return Sql("CAST(NULL AS VARCHAR)", TEXT)

    def _final(self, name: str) -> str:
        value = self._field(name)
        if value.kind == TIME:
            return f"strftime(make_timestamp_ms({value.text}), '%Y-%m-%d %H:%M:%S.%g')"
        return value.text

    def _apply(self, command: syntax.Command) -> None:
        match command:
            case syntax.Fields(columns):
                self._add(columns)
                self._shown += [column.name for column in columns]
            case syntax.Display(columns):
                self._add(columns)
                self._shown = [column.name for column in columns]
            case syntax.Filter(condition):
                self._filtered = True
                where = truth(self._expressions.sql(condition))
                self._relation = f"(SELECT * FROM {self._relation} WHERE {where})"
            case syntax.Parse():
                self._parse(command)
            case syntax.Stats():
                self._stats(command)
            case syntax.Sort(keys):
                self._order = [term for key in keys for term in self._sorted(*key)]
            case syntax.Limit(count):
                self._limit = min(count, self._limit or count)
            case syntax.Dedup(keys):
                self._dedup(keys)

    def _add(self, columns: Iterable[syntax.Column]) -> None:
        """Compute what is not a field already."""
        made = []
        for column in columns:
            if column.node == syntax.Field(column.name):
                continue
            value = self._expressions.sql(column.node)
            made.append((column.name, value))
        if not made:
            return
        replaced = [name for name, _ in made if name in self._kinds]
        kept = f"* EXCLUDE ({', '.join(map(identifier, replaced))})" if replaced else "*"
        added = ", ".join(f"{value.text} AS {identifier(name)}" for name, value in made)
        self._relation = f"(SELECT {kept}, {added} FROM {self._relation})"
        self._kinds |= {name: value.kind for name, value in made}

    def _parse(self, command: syntax.Parse) -> None:
        value = text(self._expressions.sql(command.node))
        pattern, names = _expression(command)
        listed = ", ".join(quoted(name) for name in ["", *names])
        listed = listed.replace("''", "'$all'", 1)
        found = f"regexp_extract({value}, {quoted(f'({pattern})')}, [{listed}])"
        wanted = [name for name in names if not name.startswith("$")]
        replaced = [name for name in wanted if name in self._kinds]
        kept = f"* EXCLUDE ({', '.join(map(identifier, [*replaced, '$parsed']))})"
        added = ", ".join(
            f"""CASE WHEN "$parsed"."$all" <> '' THEN "$parsed".{identifier(name)} END"""
            f" AS {identifier(name)}"
            for name in wanted
        )
        inner = f'(SELECT *, {found} AS "$parsed" FROM {self._relation})'
        self._relation = f"(SELECT {kept}, {added} FROM {inner})"
        self._kinds |= dict.fromkeys(wanted, TEXT)

    def _stats(self, command: syntax.Stats) -> None:
        if self._limit:
            first = f"{_ordered(self._order)} LIMIT {self._limit}"
            self._relation = f"(SELECT * FROM {self._relation}{first})"
            self._limit = None
        keys = [(column.name, self._expressions.sql(column.node)) for column in command.keys]
        values = [
            (column.name, self._expressions.sql(column.node, aggregates=True))
            for column in command.aggregates
        ]
        total = f"sum({identifier(TOTAL)})" if self._grouped else "count(*)"
        names = [f"{value.text} AS {identifier(name)}" for name, value in (*keys, *values)]
        names.append(f"sum({total}) OVER () AS {identifier(TOTAL)}" if not self._grouped else
                     f"any_value({identifier(TOTAL)}) AS {identifier(TOTAL)}")  # fmt: skip
        grouping = f" GROUP BY {', '.join(value.text for _, value in keys)}" if keys else ""
        self._relation = f"(SELECT {', '.join(names)} FROM {self._relation}{grouping})"
        self._kinds = {name: value.kind for name, value in (*keys, *values)}
        self._shown = list(self._kinds)
        self._order, self._grouped = [], True

    def _sorted(self, node: syntax.Node, descending: bool) -> list[str]:
        value = self._expressions.sql(node)
        way = "DESC NULLS LAST" if descending else "ASC NULLS FIRST"
        if value.kind == TEXT:
            return [f"{number(value)} {way}", f"{value.text} {way}"]
        return [f"{value.text} {way}"]

    def _dedup(self, nodes: Sequence[syntax.Node]) -> None:
        """The first of each in the order; events that lack one of the fields all stay."""
        self._filtered = True
        self._counted = self._relation
        keys = [self._expressions.sql(node).text for node in nodes]
        order = self._order or ['"@timestamp" DESC', "id DESC"]
        number = f"row_number() OVER (PARTITION BY {', '.join(keys)} ORDER BY {', '.join(order)})"
        missing = " OR ".join(f"{key} IS NULL" for key in keys)
        self._relation = f"(SELECT * FROM {self._relation} QUALIFY {number} = 1 OR {missing})"


def _ordered(terms: Sequence[str]) -> str:
    return f" ORDER BY {', '.join(terms)}" if terms else ""


def _names(command: syntax.Command) -> Iterable[str]:
    """The names that a command reads, whether or not they are events' own."""
    match command:
        case syntax.Fields(columns) | syntax.Display(columns):
            nodes: list[syntax.Node] = [column.node for column in columns]
        case syntax.Filter(condition):
            nodes = [condition]
        case syntax.Parse(node):
            nodes = [node]
        case syntax.Stats(aggregates, keys):
            nodes = [column.node for column in (*aggregates, *keys)]
        case syntax.Sort(sorted_keys):
            nodes = [node for node, _ in sorted_keys]
        case syntax.Dedup(dedup_keys):
            nodes = list(dedup_keys)
        case _:
            nodes = []
    for node in nodes:
        yield from _names_in(node)


def _made(command: syntax.Command) -> Iterable[str]:
    """The names that a command gives."""
    match command:
        case syntax.Fields(columns) | syntax.Display(columns):
            return [each.name for each in columns if each.node != syntax.Field(each.name)]
        case syntax.Parse(names=names, pattern=pattern):
            return [*names, *re.findall(r"\(\?P?<(\w+)>", pattern)]
        case syntax.Stats(aggregates, keys):
            return [each.name for each in (*aggregates, *keys)]
    return []


def _names_in(node: syntax.Node) -> Iterable[str]:
    if isinstance(node, syntax.Field):
        yield node.name
    elif isinstance(node, syntax.Call):
        if node.name in ("bin", "earliest", "latest"):
            yield "@timestamp"
        for each in node.arguments:
            yield from _names_in(each)


GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|(\((?!\?)|\(\?P?<(\w+)>)")


def _expression(command: syntax.Parse) -> tuple[str, list[str]]:
    """A regular expression of DuckDB, and the names of its groups; ``$`` begins those of none."""
    if not command.is_regex:
        *parts, last = (re.escape(part) for part in command.pattern.split("*"))
        pattern = "(.*?)".join(parts) + ("(.*?)" + last if last else "(.*)")
        return f"(?s){pattern}", list(command.names)
    names: list[str] = []
    given = list(command.names)
    for found in GROUP.finditer(command.pattern):
        if found[1]:
            name = found[2] or (given.pop(0) if given else f"${len(names)}")
            names.append(name)
    if given or not any(not name.startswith("$") for name in names):
        raise QueryError("the expression of parse has no named groups, or not as many as names")
    return re.sub(r"\(\?<(?=\w)", "(?P<", command.pattern), names
