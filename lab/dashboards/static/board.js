// The page of one dashboard: its panels, and a form that arranges them without a mouse.

import * as api from "./api.js";
import { h, options, t } from "./dom.js";
import { Drawing } from "./drawing.js";
import { Misplaced, parse } from "./spec.js";

const WIDTHS = [12, 16, 24, 32, 48];
const HEIGHTS = [6, 12, 18];
const GRID = 48;

/** Places for panels one after the other, row by row, as OpenSearch Dashboards' grid has them. */
export function arranged(panels) {
  let [x, y, tallest] = [0, 0, 0];
  return panels.map(({ id, w, h: height }) => {
    if (x + w > GRID) [x, y, tallest] = [0, y + tallest, 0];
    const panel = { id, x, y, w, h: height };
    x += w;
    tallest = Math.max(tallest, height);
    return panel;
  });
}

export class Board {
  /** pictures are the visualisations that panels may show. */
  constructor(item, context, pictures, actions) {
    this.item = item;
    this.context = context;
    this.pictures = pictures;
    this.actions = actions;
    this.panels = item.panels.map((panel) => ({ ...panel }));
    this.drawings = [];
    this.title = h("input", { id: "title", class: "title", value: item.title, placeholder: t("untitled"), "aria-label": t("title"), oninput: () => this.#mark(true) });
    this.description = h("input", { id: "description", class: "description", value: item.description, placeholder: t("description"), "aria-label": t("description"), oninput: () => this.#mark(true) });
    this.state = h("span", { class: "state", role: "status" });
    this.grid = h("div", { class: "grid" });
    this.form = h("ol", { class: "panels" });
    this.which = h("select", { id: "which", "aria-label": t("add_which") });
    this.element = this.#layout();
    this.#mark(!item.version && !item.isReady);
  }

  #layout() {
    const button = (key, does, kind = "") =>
      h("button", { type: "button", id: `do-${key}`, class: kind, onclick: does }, t(key));
    const buttons = h("div", { class: "buttons" }, this.state, button("save", () => this.save(), "main"));
    buttons.append(button("duplicate", () => this.actions.duplicate(this.current())));
    if (this.item.version) {
      const target = api.exportOf(this.context().domain, this.item);
      buttons.append(h("a", { class: "button", href: target, download: true }, t("export")));
      buttons.append(button("delete", () => this.actions.remove(this.item)));
    }
    options(this.which, this.pictures.map(({ id, title }) => [id, title]), null);
    const add = h("div", { class: "adding" }, this.which, button("add_panel", () => this.#add()));
    const isNew = !this.panels.length;
    return h(
      "article",
      { class: "board" },
      h("div", { class: "head" }, h("div", { class: "names" }, h("h1", { class: "hidden" }, this.item.title || t("untitled")), this.title, this.description), buttons),
      this.grid,
      h("details", { class: "arrange", open: isNew }, h("summary", {}, t("panels")), this.form, add),
    );
  }

  current() {
    const title = this.title.value.trim() || t("untitled");
    return { ...this.item, title, description: this.description.value, panels: this.panels };
  }

  async open() {
    for (const drawing of this.drawings) drawing?.destroy();
    const cards = this.panels.map((panel) => this.#card(panel));
    this.drawings = cards.map(({ drawing }) => drawing);
    this.grid.replaceChildren(...cards.map(({ element }) => element));
    if (!cards.length) this.grid.append(h("p", { class: "note" }, t("empty_dashboard")));
    this.#arrange();
    await Promise.all(cards.map((card) => this.#draw(card)));
  }

  #picture(id) {
    return this.pictures.find((one) => one.id === id);
  }

  #card(panel) {
    const found = this.#picture(panel.id);
    const title = found?.title ?? panel.id;
    const drawing = new Drawing(title);
    const place = `grid-column: ${panel.x + 1} / span ${panel.w}; grid-row: ${panel.y + 1} / span ${panel.h}`;
    const edit = found && h("a", { class: "quiet", href: this.actions.addressOf(found), "aria-label": `${t("edit")}: ${title}` }, t("edit"));
    const heading = h("div", { class: "head" }, h("h2", { title: found?.description ?? "" }, title), edit ?? "");
    const element = h("section", { class: "card", style: place, "aria-label": title }, heading, drawing.element);
    return { element, drawing, found };
  }

  async #draw({ drawing, found }) {
    if (!found) {
      drawing.note.textContent = t("missing_panel");
      return;
    }
    try {
      await drawing.draw(parse(found.spec), this.context());
    } catch (error) {
      this.#fault(drawing, error);
    }
  }

  /** One panel's mistake is that panel's; a lab that is down is the page's. */
  #fault(drawing, error) {
    if (error.isDown) throw error;
    const { line, column, message } = error;
    drawing.note.textContent = error instanceof Misplaced ? t("line", { line, column, message }) : message;
  }

  async refresh() {
    const one = async (drawing) => {
      try {
        await drawing.refresh(this.context());
      } catch (error) {
        this.#fault(drawing, error);
      }
    };
    await Promise.all(this.drawings.map(one));
  }

  restyle() {
    return this.open();
  }

  async save() {
    await this.actions.save(this.current());
  }

  #mark(isDirty) {
    this.isDirty = isDirty;
    this.state.textContent = isDirty ? t(this.item.version ? "changed" : "unsaved") : "";
    this.actions.draft(isDirty ? this.current() : null);
  }

  #add() {
    if (!this.which.value) return;
    this.#change([...this.panels, { id: this.which.value, w: 24, h: 12 }], "do-add_panel");
  }

  /** Other panels, with the keyboard's place kept at the element of this id. */
  #change(panels, focus) {
    this.panels = arranged(panels);
    this.#mark(true);
    this.actions.attempt(() => this.open());
    (document.getElementById(focus) ?? document.getElementById("which")).focus();
  }

  #arrange() {
    const rows = this.panels.map((panel, place) => {
      const title = this.#picture(panel.id)?.title ?? panel.id;
      const side = (key, name, sizes) => {
        const known = sizes.includes(panel[name]) ? sizes : [...sizes, panel[name]];
        const id = `${key}-${place}`;
        const pairs = known.map((size) => [
          String(size),
          sizes.includes(size) ? t(`${key}_${size}`) : t("other_size", { size }),
        ]);
        const select = h("select", {
          id,
          "aria-label": t(`panel_${key}`, { title }),
          onchange: () => this.#change(this.panels.with(place, { ...panel, [name]: Number(select.value) }), id),
        });
        options(select, pairs, String(panel[name]));
        return select;
      };
      const move = (key, sign, to) =>
        h("button", { type: "button", id: `${key}-${place}`, "aria-label": t(key, { title }), disabled: to < 0 || to >= this.panels.length, onclick: () => this.#move(place, to, key) }, sign);
      const remove = () => this.#change(this.panels.toSpliced(place, 1), `remove-${Math.max(0, place - 1)}`);
      return h(
        "li",
        {},
        h("span", {}, title),
        side("width", "w", WIDTHS),
        side("height", "h", HEIGHTS),
        move("up", "↑", place - 1),
        move("down", "↓", place + 1),
        h("button", { type: "button", id: `remove-${place}`, "aria-label": t("remove", { title }), onclick: remove }, "×"),
      );
    });
    this.form.replaceChildren(...rows);
  }

  #move(from, to, key) {
    const panels = this.panels.toSpliced(from, 1);
    this.#change(panels.toSpliced(to, 0, this.panels[from]), `${key}-${to}`);
  }

  destroy() {
    for (const drawing of this.drawings) drawing?.destroy();
  }
}
