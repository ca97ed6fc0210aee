// One picture: a specification drawn as SVG, its data renewed in place.

import { expressionInterpreter } from "/vendor/vega-interpreter.js";
import { search } from "./api.js";
import { h, language, t } from "./dom.js";
import { config, locale } from "./look.js";
import { queriesOf, requestOf } from "./spec.js";
import { tableOf } from "./table.js";

export const WORLD = "countries.json";

/** A mistake in a specification, as Vega or Vega-Lite says it. */
export class Undrawable extends Error {}

/** Nothing but the map may be loaded: a specification from elsewhere must not reach out. */
function loader() {
  const own = vega.loader();
  own.load = async (uri) => {
    if (uri !== WORLD) throw new Undrawable(`Cannot load "${uri}"`);
    return (await fetch(`/vendor/${WORLD}`)).text();
  };
  return own;
}

const MARKS = new Set(
  ("arc area bar boxplot circle errorband errorbar geoshape image line point rect rule square text " +
    "tick trail").split(" "),
);

/** Vega-Lite does not say which mark it does not know: it stumbles over it later. */
function check(spec) {
  for (const part of [spec, ...[spec.layer, spec.concat, spec.hconcat, spec.vconcat, spec.spec].flat()]) {
    if (!part) continue;
    if (part !== spec) check(part);
    else if (part.mark !== undefined) {
      const name = part.mark?.type ?? part.mark;
      if (!MARKS.has(name)) throw new Undrawable(t("unknown_mark", { name: JSON.stringify(name), known: [...MARKS].join(", ") }));
    }
  }
}

const isLite = (spec) => !String(spec.$schema ?? "vega-lite").includes("/schema/vega/");

function fitted(spec) {
  const isSingle = spec.mark !== undefined || spec.layer !== undefined;
  if (!isSingle) return spec;
  const autosize = { type: "fit", contains: "padding" };
  return { width: "container", height: "container", autosize, ...spec };
}

/** The rows at a path within an answer; none when the answer has no such part (no index yet). */
function rowsAt(answer, path) {
  let found = answer;
  for (const name of path ? vega.splitAccessPath(path) : []) found = found?.[name];
  return found ?? [];
}

export class Drawing {
  /** title names it for screen readers; onwarn hears what Vega finds odd. */
  constructor(title, onwarn = () => {}) {
    this.title = title;
    this.onwarn = onwarn;
    this.turn = 0;
    this.picture = h("div", { class: "picture", role: "img", "aria-label": title });
    this.note = h("p", { class: "note" }, t("loading"));
    this.holder = h("div", { class: "table", tabindex: "0", role: "region", "aria-label": t("table_of", { title }) });
    this.details = h(
      "details",
      { class: "data", ontoggle: () => this.#tabulate() },
      h("summary", {}, t("table"), h("span", { class: "hidden" }, `: ${title}`)),
      this.holder,
    );
    this.element = h("div", { class: "drawing" }, h("div", { class: "frame" }, this.picture, this.note), this.details);
  }

  /** Draw this specification in the place of the one before. */
  async draw(spec, context) {
    const turn = ++this.turn;
    const copy = structuredClone(spec);
    const queries = queriesOf(copy);
    const paths = queries.map(({ format }) => format?.property);
    const asked = queries.map(({ url }) => url);
    this.waiting = null;
    let answers;
    try {
      answers = await this.#ask(asked, paths, context);
    } catch (error) {
      if (error.isDown && turn === this.turn) this.waiting = spec;
      throw error;
    }
    if (turn !== this.turn) return;
    queries.forEach((data, place) => {
      delete data.url;
      data.name ??= `query_${place + 1}`;
      data.values = structuredClone(answers[place]);
      if (data.format) delete data.format.property;
    });
    // The picture has one name, and its table: its hundred parts are not read out.
    const stage = h("div", { class: "stage", "aria-hidden": "true" });
    this.picture.append(stage);
    let view;
    try {
      const program = this.#compile(copy);
      view = this.#view(program, stage, isLite(copy));
      await view.runAsync();
      if (turn !== this.turn) throw new Undrawable("");
      this.view?.finalize();
      const live = queries.map(({ name }) => (program.data ?? []).find((data) => data.name === name));
      Object.assign(this, { spec, program, view, asked, paths, live, shown: answers.map(JSON.stringify) });
    } catch (error) {
      stage.remove();
      view?.finalize();
      if (turn !== this.turn) return;
      throw error instanceof Undrawable ? error : new Undrawable(error.message);
    }
    this.picture.replaceChildren(stage);
    this.#tell(answers);
    this.#tabulate();
  }

  /** Ask again and change what has changed; draw what could not be drawn, as nobody answered. */
  async refresh(context) {
    if (this.waiting) return this.draw(this.waiting, context);
    if (!this.view || !this.asked.length) return undefined;
    const turn = this.turn;
    const answers = await this.#ask(this.asked, this.paths, context);
    if (turn !== this.turn) return undefined;
    if (this.live.some((data) => !data)) return this.draw(this.spec, context);
    this.#tell(answers);
    const shown = answers.map(JSON.stringify);
    shown.forEach((text, place) => {
      if (text === this.shown[place]) return;
      const { name, format } = this.live[place];
      const rows = vega.read(answers[place], format);
      this.view.change(name, vega.changeset().remove(vega.truthy).insert([rows].flat()));
    });
    if (shown.every((text, place) => text === this.shown[place])) return undefined;
    this.shown = shown;
    await this.view.runAsync();
    return this.#tabulate();
  }

  destroy() {
    this.turn += 1;
    this.view?.finalize();
  }

  #ask(urls, paths, { domain, seconds }) {
    const one = async (url, place) => rowsAt(await search(domain, requestOf(url, seconds)), paths[place]);
    return Promise.all(urls.map(one));
  }

  #compile(spec) {
    const logger = vega.logger(vega.Warn);
    logger.warn = (...words) => (this.onwarn(words.join(" ")), logger);
    if (!isLite(spec)) return spec;
    check(spec);
    return vegaLite.compile(fitted(spec), { config: config(), logger }).spec;
  }

  #view(program, stage, lite) {
    const settings = lite ? undefined : config();
    const runtime = vega.parse(program, settings, { ast: true });
    const logger = vega.logger(vega.Error);
    logger.error = (...words) => {
      throw words[0] instanceof Error ? words[0] : new Undrawable(words.join(" "));
    };
    const view = new vega.View(runtime, {
      expr: expressionInterpreter, // the page's policy forbids code made of text
      loader: loader(),
      logger,
      renderer: "svg",
      tooltip: showTooltip,
      hover: true,
    });
    const words = locale(language);
    if (words) view.locale(words);
    view.initialize(stage);
    if (!lite && program.width === undefined) view.width(stage.clientWidth - 40);
    if (!lite && program.height === undefined) view.height(stage.clientHeight - 40);
    return view;
  }

  #tell(answers) {
    const isEmpty = answers.length > 0 && answers.every((rows) => [rows].flat().length === 0);
    this.note.textContent = isEmpty ? t("no_data") : "";
  }

  #tabulate() {
    if (!this.details.open || !this.view) return;
    this.holder.replaceChildren(tableOf(this.title, this.spec, this.view, this.program, this.live.filter(Boolean)));
  }
}

function showTooltip(_handler, event, _item, value) {
  const box = document.getElementById("tooltip");
  box.hidden = value === null || value === undefined || value === "";
  if (box.hidden) return;
  const lines = typeof value === "object" ? Object.entries(value) : [["", value]];
  box.replaceChildren(
    ...lines.map(([name, each]) => h("p", {}, name && h("span", {}, name), h("b", {}, String(each)))),
  );
  const { innerWidth, innerHeight } = window;
  box.style.left = `${Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8)}px`;
  box.style.top = `${Math.min(event.clientY + 14, innerHeight - box.offsetHeight - 8)}px`;
}
