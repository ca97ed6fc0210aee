// Specifications as text and as objects: where a mistake is, and which queries are in them.

import { Problem } from "./api.js";
import { t } from "./dom.js";

/** Stands in the specification of the editor for the query beside it. */
export const MARKER = "query";

/** A mistake at a place of a text; line and column begin at 1. */
export class Misplaced extends Error {
  constructor(text, position, message) {
    super(message);
    const before = text.slice(0, position).split("\n");
    this.position = position;
    this.line = before.length;
    this.column = before.at(-1).length + 1;
  }
}

/** The object that the text holds. Misplaced where it is no JSON. */
export function parse(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw locate(text);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Misplaced(text, 0, t("json_object"));
  }
  return value;
}

const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** The first mistake. Browsers word and count theirs differently. */
function locate(text) {
  let at = 0;
  const fail = (key) => {
    throw new Misplaced(text, at, t(key));
  };
  const space = () => {
    while (/\s/.test(text[at] ?? "")) at += 1;
    return text[at];
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const members = (close, member) => {
    at += 1;
    if (space() === close) return void (at += 1);
    for (;;) {
      member();
      const next = space();
      at += next === "," || next === close ? 1 : fail("json_comma");
      if (next === close) return;
    }
  };
  const value = () => {
    const first = space();
    if (first === "{") members("}", pair);
    else if (first === "[") members("]", value);
    else if (first === '"') take(STRING) || fail("json_string");
    else take(SCALAR) || fail("json_value");
  };
  const pair = () => {
    if (space() !== '"') fail("json_name");
    take(STRING) || fail("json_string");
    if (space() !== ":") fail("json_colon");
    at += 1;
    value();
  };
  try {
    value();
    space();
    return new Misplaced(text, at, t("json_end"));
  } catch (error) {
    return error;
  }
}

/** Where a message that names something in quotes or brackets probably means: the first of these
 * words that stands in the text; null when there is none. */
export function mentioned(text, message) {
  for (const [, word] of message.matchAll(/[["'`]+([\w.%$@*-]+)[\]"'`]+/g)) {
    const position = text.indexOf(`"${word}"`);
    if (position >= 0) return new Misplaced(text, position + 1, message);
  }
  return null;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Every object under the name "data", wherever it stands, as Dashboards looks for them. */
function* dataOf(value) {
  if (Array.isArray(value)) {
    for (const each of value) yield* dataOf(each);
  } else if (isObject(value)) {
    for (const [name, each] of Object.entries(value)) {
      if (name === "data") yield* [each].flat().filter(isObject);
      yield* dataOf(each);
    }
  }
}

/** The data objects of a specification that ask OpenSearch. */
export const queriesOf = (spec) => [...dataOf(spec)].filter((data) => isObject(data.url));

/** The first query apart, for the editor; the marker stays in its place. */
export function split(spec) {
  const copy = structuredClone(spec);
  const [first] = queriesOf(copy);
  if (!first) return { spec: copy, query: null };
  const query = first.url;
  first.url = MARKER;
  return { spec: copy, query };
}

export function joined(spec, query) {
  const copy = structuredClone(spec);
  const place = [...dataOf(copy)].find((data) => data.url === MARKER);
  if (place && query) place.url = query;
  return copy;
}

const KNOWN = new Set(["%context%", "%timefield%", "%timefilter%"]);

/** What is sent for a query: Dashboards' %words% replaced. seconds is how far back the page looks,
 * 0 for everything. */
export function requestOf(url, seconds) {
  const { index, body = {} } = url;
  const request = { index, body: replaced(body, seconds) };
  for (const name of Object.keys(url)) known(name);
  const field = url["%timefield%"];
  if (field && seconds) {
    const filter = [{ range: { [field]: period(seconds) } }];
    const must = request.body.query ? [request.body.query] : [];
    request.body.query = { bool: { must, filter } };
  }
  return request;
}

const period = (seconds) => (seconds ? { gte: `now-${seconds}s`, lte: "now" } : {});

function known(name) {
  if (/^%.*%$/.test(name) && !KNOWN.has(name)) {
    throw new Problem({ code: "unknown", message: t("unsupported", { name: `"${name}"` }) });
  }
}

function replaced(value, seconds) {
  if (Array.isArray(value)) return value.map((each) => replaced(each, seconds));
  if (!isObject(value)) return value;
  const filter = value["%timefilter%"];
  if (filter === "min") return seconds ? `now-${seconds}s` : 0;
  if (filter === "max") return "now";
  const entries = Object.entries(value).filter(([name]) => (known(name), name !== "%timefilter%"));
  const copy = Object.fromEntries(entries.map(([name, each]) => [name, replaced(each, seconds)]));
  return filter ? { ...copy, ...period(seconds) } : copy;
}
