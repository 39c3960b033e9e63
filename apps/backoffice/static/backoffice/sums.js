/* What a draft comes to while it is typed: the server works it out, and writes nothing.

   It only helps the eye: what is saved is worked out from what was saved, by the same rules. */
document.addEventListener("DOMContentLoaded", () => {
  const $ = window.django?.jQuery;
  const box = document.querySelector("[data-running=sums]");
  const form = box?.closest("form");
  if (!$ || !form) return;
  const WAIT = 350; // milliseconds without a further key
  const part = (name) => document.querySelector(`[data-running=${name}]`);
  const found = /^(.*\/)(?:add|([^/]+)\/change)\/$/.exec(location.pathname);
  if (!found) return;
  const asked = new URLSearchParams(location.search);
  const query = new URLSearchParams();
  if (found[2]) query.set("draft", found[2]);
  if (asked.get("lines")) query.set("lines", asked.get("lines"));
  const address = `${found[1]}sums/?${query}`;
  let timer = 0;
  let asking = null;
  let last = "";

  function stop() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
  }
  function typed() {
    const data = new FormData(form);
    for (const name of [...data.keys()]) {
      if (name === "opened_at" || name === "one_time_key" || name.includes("__prefix__")) data.delete(name);
    }
    return new URLSearchParams(data);
  }
  function made(kind, className, ...within) {
    const element = document.createElement(kind);
    element.className = className;
    element.append(...within);
    return element;
  }
  // As the template of the box writes a row.
  function row({ words, note, figure, currency, strong, negative }) {
    const head = made("th", "", words);
    head.scope = "row";
    if (note) head.append(" ", made("span", "t-quiet t-small", note));
    const amount = made("span", negative ? "t-amount t-negative" : "t-amount", figure);
    if (currency) amount.append(" ", made("span", "t-currency", currency));
    return made("tr", strong ? "t-strong" : "", head, made("td", "t-right", amount));
  }
  function show({ rows, caption, due, lines, left_out: leftOut }) {
    if (rows.length) {
      box.querySelector("p")?.remove();
      box.querySelector("section").hidden = false;
      box.querySelector("caption").textContent = caption;
      box.querySelector("tbody").replaceChildren(...rows.map(row));
    }
    if (part("due")) part("due").textContent = due || "as the terms say";
    part("left-out").replaceChildren(...leftOut.map((words) => made("li", "", words)));
    for (const [line, net] of Object.entries(lines)) {
      const cell = form.querySelector(`[name='${line}-quantity']`)?.closest("tr")?.querySelector(".field-money_net");
      cell?.replaceChildren(made("span", "t-amount", net));
    }
  }
  function cannot() {
    part("left-out").replaceChildren(made("li", "", "It cannot be worked out just now. It is when you save."));
  }
  async function ask() {
    const body = typed();
    if (body.toString() === last) return;
    asking?.abort();
    const own = (asking = new AbortController());
    box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { method: "POST", body, signal: own.signal });
      const said = answer.ok && answer.headers.get("content-type")?.startsWith("application/json");
      if (own !== asking) return; // something was typed meanwhile
      if (said) {
        last = body.toString();
        show(await answer.json());
      } else {
        cannot();
      }
    } catch (fault) {
      if (fault.name !== "AbortError") cannot();
    } finally {
      if (own === asking) box.removeAttribute("aria-busy");
    }
  }
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }
  // Choices that search tell jQuery alone that something was chosen.
  $(form).on("input change", soon);
  document.addEventListener("lines:filled", soon);
  document.addEventListener("formset:removed", soon);
  form.addEventListener("submit", stop);
  window.addEventListener("pagehide", stop);
  // A form that is shown again bears what was typed, and not yet what it comes to.
  if (box.dataset.stored) last = typed().toString();
  else soon();
});
