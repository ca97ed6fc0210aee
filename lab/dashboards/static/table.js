// The data of a picture as a table, for those who cannot see it or want its figures.

import { h, language, t } from "./dom.js";

const MOST_ROWS = 200;

/** The rows that the first mark fed by OpenSearch draws, after all transformations. */
function rowsOf(view, program, live) {
  const roots = new Map();
  for (const { name, source } of program.data ?? []) {
    roots.set(name, roots.get([source].flat()[0]) ?? name);
  }
  const fed = new Set(live.map(({ name }) => name));
  const first = (marks) => {
    for (const { from, marks: inner } of marks ?? []) {
      const name = from?.data ?? from?.facet?.data;
      if (fed.has(roots.get(name))) return name;
      const deeper = first(inner);
      if (deeper) return deeper;
    }
    return null;
  };
  const name = first(program.marks) ?? live[0]?.name;
  return name ? view.data(name) : [];
}

/** The fields that a Vega-Lite specification encodes: those of names first, then the figures. */
function encoded(spec) {
  const found = new Map();
  const look = (value) => {
    if (value === null || typeof value !== "object") return;
    for (const [name, each] of Object.entries(value)) {
      if (name === "encoding") {
        for (const channel of Object.values(each ?? {}).flat()) {
          if (typeof channel?.field !== "string" || channel.aggregate) continue;
          const known = found.get(channel.field);
          const title = channel.title ?? known?.title ?? channel.field;
          found.set(channel.field, { ...channel, type: known?.type ?? channel.type, title });
        }
      } else look(each);
    }
  };
  look(spec);
  const figure = ({ type }) => type === "quantitative";
  return [...found.values()].sort((one, other) => figure(one) - figure(other));
}

const isShown = (value) => ["string", "number", "boolean"].includes(typeof value) || value instanceof Date;

function columnsOf(spec, rows) {
  const columns = encoded(spec)
    .map(({ field, title, type }) => ({ title, type, get: vega.field(field) }))
    .filter(({ get }) => rows.some((row) => isShown(valueOf(get, row))));
  if (columns.length) return columns;
  const names = Object.keys(rows[0] ?? {}).filter((name) => isShown(rows[0][name]));
  return names.map((name) => ({ title: name, get: (row) => row[name] }));
}

function valueOf(get, row) {
  try {
    return get(row);
  } catch {
    return undefined; // a bucket without this part
  }
}

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
const dates = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" });

function shown(value, type) {
  if (value === null || value === undefined) return "–";
  if (value instanceof Date || type === "temporal") return dates.format(new Date(value));
  return typeof value === "number" ? numbers.format(value) : String(value);
}

export function tableOf(title, spec, view, program, live) {
  const rows = rowsOf(view, program, live);
  const columns = columnsOf(spec, rows);
  if (!rows.length || !columns.length) return h("p", {}, t("no_data"));
  const isFigure = (column) => column.type === "quantitative";
  const head = columns.map((one) => h("th", { scope: "col", class: isFigure(one) && "figure" }, one.title ?? ""));
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const cells = columns.map((one) => {
      const value = shown(valueOf(one.get, row), one.type);
      return h("td", { class: isFigure(one) && "figure" }, value);
    });
    return h("tr", {}, ...cells);
  });
  const caption =
    rows.length > MOST_ROWS
      ? t("table_more", { shown: MOST_ROWS, count: rows.length })
      : t("rows", { count: rows.length });
  return h(
    "table",
    { "aria-label": t("table_of", { title }) },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...body),
  );
}
