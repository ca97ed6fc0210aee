// The page's own server. Every failure is a Problem with a message and a next step.

import { t } from "./dom.js";

const token = document.querySelector('meta[name="lab-token"]').content;
const DOWN = new Set(["gone", "lab-down", "dashboards-no-search"]);

export class Problem extends Error {
  constructor({ code, message, next = "" }) {
    super(message);
    this.code = code;
    this.next = next;
  }

  /** Nothing is wrong with what was asked: who should answer is not there. */
  get isDown() {
    return DOWN.has(this.code);
  }
}

export async function call(method, path, body = undefined) {
  const headers = { "X-Lab-Token": token, "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Problem({ code: "gone", message: t("gone"), next: t("gone_next") });
  }
  const value = await answer.json();
  if (!answer.ok) throw new Problem(value);
  return value;
}

const of = (domain) => `/api/${encodeURIComponent(domain)}`;

export const domains = () => call("GET", "/api/domains");
export const gallery = (language) => call("GET", `/api/gallery?lang=${language}`);
export const objects = (domain) => call("GET", `${of(domain)}/objects`);
export const save = (domain, item) => call("PUT", `${of(domain)}/objects`, item);
export const remove = (domain, { kind, id }) =>
  call("DELETE", `${of(domain)}/objects/${kind}/${encodeURIComponent(id)}`);
export const search = (domain, request) => call("POST", `${of(domain)}/search`, request);
export const exportOf = (domain, item = null) =>
  item ? `${of(domain)}/export/${item.kind}/${item.id}.ndjson` : `${of(domain)}/export.ndjson`;
