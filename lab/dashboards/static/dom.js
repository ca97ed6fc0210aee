// What every module of the page needs: words, elements, things kept in the browser.

export const words = JSON.parse(document.getElementById("words").textContent);
export const language = document.documentElement.lang;

export function t(key, fields = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
}

/** An element: h("button", {class: "main", onclick: save}, "Save"). Attributes that are null or
 * false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function options(select, pairs, chosen) {
  select.replaceChildren(
    ...pairs.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
}

/** Said to everybody, and read aloud. */
let saidTimer = 0;
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => (place.textContent = ""), 4000);
}

/** A dialog in the middle; resolves to true when its main button was pressed. */
export function ask(content, yes, no = null) {
  return new Promise((resolve) => {
    const close = (answer) => () => dialog.close(answer);
    const buttons = h("div", { class: "buttons" });
    if (no) buttons.append(h("button", { type: "button", onclick: close("") }, no));
    const kind = no ? "danger" : "main";
    buttons.append(h("button", { type: "button", class: kind, onclick: close("yes") }, yes));
    const body = h("div", { id: "dialog-body" }, content);
    const dialog = h("dialog", { "aria-labelledby": "dialog-body" }, body, buttons);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    buttons.firstChild.focus();
  });
}

export function recall(name, otherwise) {
  try {
    return localStorage.getItem(`lab-${name}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`lab-${name}`, value);
  } catch {
    // It holds until the page is left.
  }
}
