/* Lines of a document.

   Fills in text, price and tax rate as soon as an item is chosen, where nobody typed them.
   It only helps the eye: the server fills in by the same rules what is left empty. */

// A choice of a line stands there with its value alone; what it asks of the server it takes from the
// row of which new lines are made, before the theme turns choices into fields that search.
document.addEventListener("readystatechange", () => {
  if (document.readyState !== "interactive") return;
  document.querySelectorAll("select.t-like").forEach((select) => {
    const like = document.getElementById(select.id.replace(/-\d+-/, "-__prefix__-"));
    for (const { name, value } of like?.attributes ?? []) {
      if (name !== "id" && name !== "name") select.setAttribute(name, value);
    }
  });
});

// A field of a line is called by its column and by the number of its line.
function nameFields(row) {
  const number = row.querySelector("th[scope=row]")?.textContent.trim() || "new";
  row.querySelectorAll("td[data-label]").forEach((cell) => {
    const called = `${cell.dataset.label}, ${number === "new" ? "new line" : `line ${number}`}`;
    cell.querySelectorAll("input, textarea, select").forEach((field) => field.setAttribute("aria-label", called));
  });
}
document.addEventListener("formset:added", ({ target }) => nameFields(target));

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("#lines-data tr.form-row").forEach(nameFields);
  const $ = window.django?.jQuery;
  const prefix = /^lines-\d+-/;
  if (!$ || !document.querySelector("[name='lines-TOTAL_FORMS']")) return;
  const value = (name) => document.querySelector(`[name='${name}']`)?.value ?? "";
  const address = location.pathname.replace(/(add|[^/]+\/change)\/$/, "line-defaults/");

  // What we filled in may be filled in anew; what a person typed stays.
  function fill(input, text) {
    if (!input || (input.value && input.value !== input.dataset.filled)) return;
    input.value = input.dataset.filled = text;
  }
  function fillRate(select, key, words) {
    if (!select || (select.value && select.value !== select.dataset.filled)) return;
    select.dataset.filled = key;
    if (key && ![...select.options].some((each) => each.value === key)) {
      select.add(new Option(words, key));
    }
    select.value = key;
    $(select).trigger("change.select2");
  }
  async function takeDefaults(line) {
    const query = new URLSearchParams({
      item: value(`${line}item`),
      customer: value("customer"),
      tax_mode: value("tax_mode"),
    });
    const answer = await fetch(`${address}?${query}`);
    if (!answer.ok) return; // the server fills them in when it is saved
    const found = await answer.json();
    const field = (name) => document.querySelector(`[name='${line}${name}']`);
    if (query.get("item") !== value(`${line}item`)) return; // another was chosen meanwhile
    fill(field("description"), found.description);
    fill(field("unit_price"), found.unit_price);
    fillRate(field("tax_rate"), found.tax_rate, found.tax_rate_words);
    document.dispatchEvent(new Event("lines:filled"));
  }
  // Whoever types in the last line finds another one below it; an empty one is not saved.
  function oneMore(line) {
    const lines = [...document.querySelectorAll("[name^='lines-'][name$='-quantity']")]
      .filter((each) => prefix.test(each.name))
      .map((each) => prefix.exec(each.name)[0]);
    const [item, text] = ["item", "description"].map((name) => value(`${line}${name}`));
    if (line !== lines.at(-1) || value(`${line}id`) || !(item || text)) return;
    document.querySelector("#lines-group a.add-row:not(.hidden), #lines-group .add-row a")?.click();
  }
  $(document).on("input", "textarea", ({ target: { name } }) => {
    if (prefix.test(name) && name.endsWith("-description")) oneMore(prefix.exec(name)[0]);
  });
  $(document).on("change", "select", (event) => {
    const name = event.target.name;
    if (prefix.test(name) && name.endsWith("-item")) {
      takeDefaults(prefix.exec(name)[0]);
      oneMore(prefix.exec(name)[0]);
    }
    if (name !== "customer" && name !== "tax_mode") return;
    document.querySelectorAll("select[name$='-item']").forEach((each) => {
      const line = prefix.exec(each.name)?.[0];
      const rate = line && document.querySelector(`[name='${line}tax_rate']`);
      // Only lines that are still being typed: what is saved keeps the rate it was given.
      if (rate && each.value && "filled" in rate.dataset) takeDefaults(line);
    });
  });
});
