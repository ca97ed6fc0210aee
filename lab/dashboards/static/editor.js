// The page of one visualisation: its picture, and its query and specification to edit.

import * as api from "./api.js";
import { h, say, t } from "./dom.js";
import { Drawing } from "./drawing.js";
import { Misplaced, joined, mentioned, parse, split } from "./spec.js";

const PAUSE = 500;
const text = (value) => JSON.stringify(value, null, 2);

/** The text of the query, and that of the specification without it. */
function apart(source) {
  try {
    const { spec, query } = split(parse(source));
    return [query ? text(query) : "", text(spec)];
  } catch (error) {
    if (!(error instanceof Misplaced)) throw error;
    return ["", source];
  }
}

/** A text with numbered lines; a mistake is marked at its line and said below. */
class Code {
  constructor(id, label, note, oninput) {
    this.gutter = h("div", { class: "gutter", "aria-hidden": "true" });
    this.said = h("div", { class: "fault", id: `${id}-fault`, role: "status" });
    this.area = h("textarea", {
      id, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
      "aria-describedby": `${id}-note ${id}-fault`,
      oninput: () => (this.#count(), oninput()),
      onscroll: () => (this.gutter.scrollTop = this.area.scrollTop),
    });
    this.element = h(
      "section",
      { class: "pane" },
      h("div", { class: "head" }, h("label", { for: id }, label), h("span", { class: "quiet", id: `${id}-note` }, note)),
      h("div", { class: "code" }, this.gutter, this.area),
      this.said,
    );
  }

  get value() {
    return this.area.value;
  }

  set value(given) {
    this.area.value = given;
    this.area.scrollTop = 0;
    this.#count();
  }

  #count() {
    const count = this.value.split("\n").length;
    if (this.gutter.childElementCount === count) return;
    this.gutter.replaceChildren(...Array.from({ length: count }, (_, place) => h("div", {}, String(place + 1))));
  }

  clear() {
    this.area.removeAttribute("aria-invalid");
    this.said.replaceChildren();
    this.gutter.querySelector(".wrong")?.classList.remove("wrong");
  }

  /** Say what is wrong; with a place, its line is marked and a button goes there. */
  fault(error, isWarning = false) {
    this.clear();
    const place = error instanceof Misplaced ? error : mentioned(this.value, error.message);
    if (!isWarning) this.area.setAttribute("aria-invalid", "true");
    this.said.classList.toggle("mild", isWarning);
    if (!place) {
      this.said.append(error.message);
      return;
    }
    const { line, column, position, message } = place;
    this.gutter.children[line - 1]?.classList.add("wrong");
    const go = () => {
      this.area.focus();
      this.area.setSelectionRange(position, position);
      this.area.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(this.area).lineHeight));
    };
    this.said.append(h("button", { type: "button", onclick: go }, t("line", { line, column, message })));
  }
}

export class Editor {
  /** item is saved, of the gallery, or new; actions are the page's: save, duplicate, remove. */
  constructor(item, context, actions) {
    this.item = item;
    this.context = context;
    this.actions = actions;
    this.isDirty = !item.version;
    this.drawing = new Drawing(item.title || t("untitled"), (message) => this.#warn(message));
    const changed = () => (this.#mark(true), this.#later());
    this.title = h("input", { id: "title", class: "title", value: item.title, placeholder: t("untitled"), "aria-label": t("title"), oninput: () => this.#mark(true) });
    this.description = h("input", { id: "description", class: "description", value: item.description, placeholder: t("description"), "aria-label": t("description"), oninput: () => this.#mark(true) });
    this.state = h("span", { class: "state", role: "status" });
    this.query = new Code("query", t("query"), t("query_note"), changed);
    this.spec = new Code("spec", t("spec"), t("spec_note"), changed);
    this.element = this.#layout();
    this.#fill();
    this.#mark(this.isDirty && !item.isReady);
  }

  #layout() {
    const button = (key, does, kind = "") =>
      h("button", { type: "button", id: `do-${key}`, class: kind, onclick: does }, t(key));
    const buttons = h(
      "div",
      { class: "buttons" },
      this.state,
      button("save", () => this.save(), "main"),
      button("duplicate", () => this.actions.duplicate(this.current())),
    );
    if (this.item.version) {
      const target = api.exportOf(this.context().domain, this.item);
      buttons.append(h("a", { class: "button", href: target, download: true }, t("export")));
      buttons.append(button("delete", () => this.actions.remove(this.item)));
    }
    const run = button("apply", () => this.run());
    return h(
      "article",
      { class: "editor" },
      h("div", { class: "head" }, h("div", { class: "names" }, h("h1", { class: "hidden" }, this.item.title || t("untitled")), this.title, this.description), buttons),
      h("div", { class: "card big" }, this.drawing.element),
      h("div", { class: "panes" }, this.query.element, this.spec.element),
      h("div", { class: "under" }, run),
    );
  }

  #fill() {
    this.query.area.placeholder = t("no_query");
    [this.query.value, this.spec.value] = this.item.texts ?? apart(this.item.spec);
  }

  /** What would be saved, with both texts as they stand. */
  current() {
    const texts = [this.query.value, this.spec.value];
    let spec = this.spec.value;
    try {
      spec = text(this.#joined());
    } catch (error) {
      if (!(error instanceof Misplaced)) throw error;
    }
    const title = this.title.value.trim() || t("untitled");
    return { ...this.item, title, description: this.description.value, spec, texts };
  }

  #joined() {
    const query = this.query.value.trim() ? parse(this.query.value) : null;
    return joined(parse(this.spec.value), query);
  }

  async open() {
    await this.run();
  }

  /** Draw what is written; mistakes are shown where they are. */
  async run() {
    clearTimeout(this.timer);
    this.query.clear();
    this.spec.clear();
    let spec;
    let where = this.query;
    try {
      if (this.query.value.trim()) parse(this.query.value);
      where = this.spec;
      spec = this.#joined();
    } catch (error) {
      if (!(error instanceof Misplaced)) throw error;
      where.fault(error);
      return;
    }
    try {
      await this.drawing.draw(spec, this.context());
    } catch (error) {
      if (error.isDown) throw error;
      (error instanceof api.Problem ? this.query : this.spec).fault(error);
    }
  }

  async refresh() {
    try {
      await this.drawing.refresh(this.context());
    } catch (error) {
      if (!(error instanceof api.Problem) || error.isDown) throw error;
      this.query.fault(error);
    }
  }

  /** A text with a mistake is not saved: its two parts could not be put together. */
  async save() {
    await this.run();
    let code = this.query;
    try {
      if (this.query.value.trim()) parse(this.query.value);
      code = this.spec;
      this.#joined();
    } catch (error) {
      code.area.focus();
      say(code.said.textContent || error.message);
      return;
    }
    await this.actions.save(this.current());
  }

  #warn(message) {
    if (!this.spec.said.hasChildNodes()) this.spec.fault(new Error(message), true);
  }

  #mark(isDirty) {
    this.isDirty = isDirty;
    this.state.textContent = isDirty ? t(this.item.version ? "changed" : "unsaved") : "";
    this.actions.draft(isDirty ? this.current() : null);
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.actions.attempt(() => this.run()), PAUSE);
  }

  async restyle() {
    await this.run();
    say(t("applied"));
  }

  destroy() {
    clearTimeout(this.timer);
    this.drawing.destroy();
  }
}
