// The page as a whole: what is chosen at the top, the list, and the refresh.

import * as api from "./api.js";
import { Board } from "./board.js";
import { ask, h, language, options, recall, remember, say, t } from "./dom.js";
import { Editor } from "./editor.js";
import { systemTheme } from "./look.js";

const RANGES = { all: 0, "15m": 900, "1h": 3600, "24h": 86400, "7d": 604800, "30d": 2592000 };
const EVERY = ["1", "5", "30", "0"];
const RETRY = 2000;
const NEW_SPEC = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  data: {
    url: { "%context%": true, "%timefield%": "@timestamp", index: "visits-*", body: { size: 0, aggs: { statuses: { terms: { field: "status" } } } } },
    format: { property: "aggregations.statuses.buckets" },
  },
  mark: { type: "bar", tooltip: true },
  encoding: { x: { field: "key", type: "nominal", title: null, axis: { labelAngle: 0 } }, y: { field: "doc_count", type: "quantitative", title: null } },
};

const byId = (id) => document.getElementById(id);
const state = { domain: "", seconds: 0, every: 1, saved: [], gallery: [], shown: null, trouble: null, drafts: new Map(), again: 0 };
const context = () => ({ domain: state.domain, seconds: state.seconds });

/** Run it; what goes wrong is said above the page. What the clock does (isOurs is false) takes back
 * only that the lab is down: another message waits for the person. */
async function attempt(does, isOurs = true) {
  try {
    await does();
    if (isOurs || state.trouble?.isDown) trouble(null);
  } catch (error) {
    if (!(error instanceof api.Problem)) console.error(error);
    if (isOurs || !state.trouble || state.trouble.isDown) trouble(error);
  }
}

function trouble(error) {
  const banner = byId("banner");
  const isKnown = error !== null && state.trouble?.message === error.message;
  state.trouble = error;
  banner.hidden = error === null;
  if (error === null || isKnown) return; // said once, not at each try
  banner.replaceChildren(
    ...(error.isDown ? [h("strong", {}, t("down_title"))] : []),
    h("span", {}, error.message),
    ...(error.next ? [h("span", {}, `→ ${error.next}`)] : []),
  );
}

// Addresses: #/<where>/<kind>/<id>, where is saved, gallery or new.

const addressOf = ({ where, kind, id }) => `#/${where}/${kind}/${encodeURIComponent(id)}`;

function listed() {
  const saved = state.saved.map((item) => ({ ...item, where: "saved" }));
  const ready = state.gallery.flatMap(({ items }) => items.map((item) => ({ ...item, where: "gallery", isReady: true })));
  return { saved, ready };
}

function itemAt(address) {
  const [, where, kind, id] = address.split("/").map(decodeURIComponent);
  if (state.drafts.has(address)) return state.drafts.get(address);
  if (where === "new") {
    const spec = kind === "visualization" ? JSON.stringify(NEW_SPEC) : "";
    return { where, kind, id: "", title: "", description: "", spec, panels: [], version: "" };
  }
  const { saved, ready } = listed();
  return (where === "saved" ? saved : ready).find((item) => item.kind === kind && item.id === id);
}

async function show() {
  const address = location.hash || defaultAddress();
  state.shown?.destroy();
  const item = itemAt(address);
  if (!item) {
    state.shown = null;
    byId("main").replaceChildren(h("p", { class: "note" }, t("not_found")));
    return;
  }
  const actions = { save, duplicate, remove: removeItem, addressOf, attempt, draft: keepDraft(address) };
  const { saved, ready } = listed();
  const pictures = [...(item.isReady ? ready.concat(saved) : saved.concat(ready))].filter((one) => one.kind === "visualization");
  const unique = pictures.filter((one, place) => pictures.findIndex(({ id }) => id === one.id) === place);
  state.shown = item.kind === "dashboard" ? new Board(item, context, unique, actions) : new Editor(item, context, actions);
  state.shown.address = address;
  byId("main").replaceChildren(state.shown.element);
  document.title = `${item.title || t("untitled")} – ${t("name")}`;
  list();
  await attempt(() => state.shown.open());
}

const keepDraft = (address) => (item) => {
  if (item) state.drafts.set(address, item);
  else state.drafts.delete(address);
};

function defaultAddress() {
  const { saved, ready } = listed();
  const isBoard = ({ kind }) => kind === "dashboard";
  const first = saved.find(isBoard) ?? ready.find(isBoard);
  return first ? addressOf(first) : "#/new/visualization/";
}

// The list at the side.

function list() {
  const { saved, ready } = listed();
  const current = location.hash || defaultAddress();
  const links = (items) =>
    h("ul", {}, ...items.map((item) => {
      const address = addressOf(item);
      const attributes = { href: address, "aria-current": address === current && "page" };
      return h("li", {}, h("a", attributes, item.title), state.drafts.has(address) ? h("span", { class: "dot", title: t("changed") }, " •") : "");
    }));
  const group = (title, items) => (items.length ? [h("h3", {}, title), links(items)] : []);
  const both = (items) => [
    ...group(t("dashboards"), items.filter(({ kind }) => kind === "dashboard")),
    ...group(t("visualizations"), items.filter(({ kind }) => kind === "visualization")),
  ];
  const make = (key, kind) => h("a", { class: "button", href: `#/new/${kind}/`, id: `new-${kind}` }, t(key));
  byId("nav").replaceChildren(
    h("div", { class: "making" }, make("new_visualization", "visualization"), make("new_dashboard", "dashboard")),
    h("h2", {}, t("saved")),
    ...(saved.length ? both(saved) : [h("p", { class: "quiet" }, t("none_saved"))]),
    ...(saved.length ? [h("p", {}, h("a", { class: "quiet", id: "export-all", href: api.exportOf(state.domain), download: true }, t("export_all")))] : []),
    h("h2", {}, t("gallery")),
    ...state.gallery.map(({ title, items }, place) => {
      const own = ready.filter(({ id, kind }) => items.some((one) => one.id === id && one.kind === kind));
      const isOpen = own.some((item) => addressOf(item) === current);
      return h("details", { open: isOpen || (place === 0 && !saved.length) }, h("summary", {}, title), ...both(own));
    }),
  );
}

// What the buttons do.

async function store(item) {
  const { where, isReady, texts, ...plain } = item;
  const isTaken = !plain.version && state.saved.some(({ kind, id }) => kind === plain.kind && id === plain.id);
  return api.save(state.domain, isTaken ? { ...plain, id: "" } : plain);
}

async function save(item) {
  await attempt(async () => {
    if (item.kind === "dashboard") {
      const missing = listed().ready.filter(
        ({ kind, id }) => kind === "visualization" && item.panels.some((panel) => panel.id === id) && !state.saved.some((one) => one.kind === kind && one.id === id),
      );
      for (const each of missing) await store(each);
    }
    const address = state.shown.address;
    const stored = await store(item);
    state.drafts.delete(address);
    await reload();
    await move(addressOf({ ...stored, where: "saved" }));
    say(t("saved_now"));
  });
}

async function duplicate(item) {
  const address = `#/new/${item.kind}/${Date.now()}`;
  state.drafts.set(address, { ...item, where: "new", id: "", version: "", isReady: false, title: t("copy_of", { title: item.title }) });
  await move(address);
  byId("title").focus();
}

async function removeItem(item) {
  if (!(await ask(t("delete_ask", { title: item.title }), t("delete"), t("cancel")))) return;
  await attempt(async () => {
    await api.remove(state.domain, item);
    state.drafts.delete(state.shown.address);
    await reload();
    await move(defaultAddress());
    say(t("deleted_now"));
    byId("main").focus();
  });
}

/** Go there; when the page is there already, draw it anew. */
async function move(address) {
  history.pushState(null, "", address);
  await show();
}

async function reload() {
  state.saved = await api.objects(state.domain);
}

// The refresh: the next one begins when the one before has ended.

async function tick() {
  let wait = state.every ? state.every * 1000 : RETRY;
  if (!document.hidden) {
    if (!state.isReady) await attempt(begin, false);
    else if ((state.every || state.trouble?.isDown) && state.shown) await attempt(() => state.shown.refresh(), false);
    if (state.trouble?.isDown) wait = RETRY;
  }
  state.again = setTimeout(tick, wait);
}

async function begin() {
  const found = await api.domains();
  const names = found.domains.map(({ name }) => name);
  const wanted = [found.first, recall("domain", ""), names[0]].find((name) => names.includes(name));
  const label = ({ name, is_server: isServer, ready }) => (isServer ? t("server") : ready ? name : t("creating", { name }));
  options(byId("domain"), found.domains.map((one) => [one.name, label(one)]), wanted);
  state.domain = wanted;
  state.gallery = await api.gallery(language);
  await reload();
  state.isReady = true;
  await show();
}

function choose(id, pairs, chosen, apply) {
  options(byId(id), pairs, chosen);
  byId(id).addEventListener("change", () => {
    remember(id, byId(id).value);
    apply(byId(id).value);
  });
  apply(chosen, true);
}

function restyle() {
  if (state.shown) attempt(() => state.shown.restyle());
}

function setUp() {
  const known = (id, values, otherwise) => (values.includes(recall(id, "")) ? recall(id, "") : otherwise);
  choose("range", Object.keys(RANGES).map((name) => [name, t(`time_${name}`)]), known("range", Object.keys(RANGES), "all"), (name, isFirst) => {
    state.seconds = RANGES[name];
    if (!isFirst && state.shown) attempt(() => state.shown.refresh());
  });
  choose("every", EVERY.map((one) => [one, t(`refresh_${one}`)]), known("every", EVERY, "1"), (value, isFirst) => {
    state.every = Number(value);
    clearTimeout(state.again);
    if (!isFirst) tick();
  });
  const themes = ["auto", "light", "dark"];
  choose("theme", themes.map((name) => [name, t(`theme_${name}`)]), known("theme", themes, "auto"), (name, isFirst) => {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    if (!isFirst) restyle();
  });
  systemTheme.addEventListener("change", restyle);
  byId("domain").addEventListener("change", () => {
    state.domain = byId("domain").value;
    remember("domain", state.domain);
    state.drafts.clear();
    attempt(async () => (await reload(), await move(defaultAddress())));
  });
  byId("keys").addEventListener("click", showKeys);
  window.addEventListener("hashchange", show);
  window.addEventListener("popstate", () => state.shown?.address !== location.hash && show());
  window.addEventListener("beforeunload", (event) => state.drafts.size && event.preventDefault());
  document.addEventListener("keydown", pressed);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address says what is shown
    byId("main").focus();
  });
}

function showKeys() {
  const lines = [
    ["Ctrl S", "keys_s"], ["Ctrl ↵", "keys_enter"], ["n", "keys_n"], ["r", "keys_r"], ["?", "keys_help"], ["Tab", "keys_tab"],
  ].flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(text))]);
  ask(h("div", {}, h("h2", {}, t("keys")), h("dl", {}, ...lines)), t("close"));
}

function pressed(event) {
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key === "s" && state.shown) {
    event.preventDefault();
    state.shown.save();
  } else if (isCommand && event.key === "Enter" && state.shown?.run) {
    event.preventDefault();
    attempt(() => state.shown.run());
  } else if (!isCommand && !event.altKey && !event.target.closest("input, textarea, select, dialog")) {
    if (event.key === "n") location.hash = "#/new/visualization/";
    if (event.key === "?") showKeys();
    if (event.key === "r") {
      byId("every").value = state.every ? "0" : "1";
      byId("every").dispatchEvent(new Event("change"));
      say(`${t("refresh")}: ${byId("every").selectedOptions[0].text}`);
    }
  }
}

setUp();
tick();
