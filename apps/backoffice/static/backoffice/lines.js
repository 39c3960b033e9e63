/* Fills in text, price and tax rate as soon as an item is chosen, where nobody typed them.
   It only helps the eye: the server fills in by the same rules what is left empty. */
document.addEventListener("DOMContentLoaded", () => {
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
  }
  $(document).on("change", "select", (event) => {
    const name = event.target.name;
    if (prefix.test(name) && name.endsWith("-item")) takeDefaults(prefix.exec(name)[0]);
    if (name !== "customer" && name !== "tax_mode") return;
    document.querySelectorAll("select[name$='-item']").forEach((each) => {
      const line = prefix.exec(each.name)?.[0];
      const rate = line && document.querySelector(`[name='${line}tax_rate']`);
      // Only lines that are still being typed: what is saved keeps the rate it was given.
      if (rate && each.value && "filled" in rate.dataset) takeDefaults(line);
    });
  });
});
