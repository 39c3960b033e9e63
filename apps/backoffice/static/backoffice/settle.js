/* Shows, while amounts are typed, what is applied and what stays on account.
   It only helps the eye: the server works out and checks every amount again.
   Amounts are whole minor units (BigInt), never floating point. */
(() => {
  const form = document.querySelector(".t-settle");
  if (!form) return;
  const decimals = Number(form.dataset.decimals);
  const total = form.querySelector("#id_amount");
  const kept = [...form.querySelectorAll("input[data-deduct]")].map((input) => ({
    input,
    invoice: input.closest("tr").querySelector("select"),
  }));
  const rows = [...form.querySelectorAll("input[data-due]")].map((input) => ({
    input,
    get due() {
      const off = kept
        .filter((each) => each.invoice.value === input.dataset.invoice)
        .reduce((sum, each) => sum + minor(each.input.value), 0n);
      const due = minor(input.dataset.due) - off;
      return due > 0n ? due : 0n;
    },
    take: input.closest("tr").querySelector(".t-take"),
  }));

  function minor(text) {
    const match = /^\s*(\d*)(?:\.(\d*))?\s*$/.exec((text || "").replace(/,/g, ""));
    if (!match || !(match[1] || match[2])) return 0n;
    const part = (match[2] || "").padEnd(decimals, "0").slice(0, decimals);
    return BigInt((match[1] || "0") + part);
  }
  function text(units) {
    const sign = units < 0n ? "-" : "";
    const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals);
    return sign + whole + (decimals ? "." + digits.slice(-decimals) : "");
  }
  function grouped(units) {
    const [whole, part] = text(units).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
  }
  const credits = [...form.querySelectorAll("input[data-credit]")];
  const ticked = () =>
    credits.reduce((sum, each) => sum + (each.checked ? minor(each.dataset.credit) : 0n), 0n);
  const available = () => (total ? minor(total.value) + ticked() : minor(form.dataset.available));
  const applied = () => rows.reduce((sum, row) => sum + minor(row.input.value), 0n);
  const how = () => form.querySelector("input[name=how]:checked")?.value || "chosen";
  const least = (a, b) => (a < b ? a : b);

  function spread() {
    let left = available();
    for (const row of rows) {
      const part = how() === "oldest" ? least(left, row.due) : 0n;
      row.input.value = part > 0n ? text(part) : "";
      left -= part;
    }
  }
  function show() {
    for (const row of rows) {
      row.take.checked = minor(row.input.value) > 0n;
      row.input.readOnly = row.take.disabled = how() !== "chosen";
    }
    for (const each of credits) each.disabled = how() === "account";
    const rest = available() - applied();
    const out = (name) => form.querySelector(`[data-out=${name}]`);
    if (!out("rest")) return;
    out("applied").textContent = `${grouped(applied())} ${form.dataset.currency}`;
    out("rest").textContent = rest < 0n ? `${grouped(-rest)} ${form.dataset.currency} too much is applied` : `${grouped(rest)} ${form.dataset.currency}`;
    out("rest").classList.toggle("t-over", rest < 0n);
  }
  function again() {
    if (how() !== "chosen") spread();
    show();
  }

  total?.addEventListener("input", again);
  credits.forEach((each) => each.addEventListener("change", again));
  form.querySelectorAll("input[name=how]").forEach((each) => each.addEventListener("change", again));
  function keep() {
    // What was kept of an invoice is no longer to be paid with this money.
    for (const row of rows) {
      if (how() === "chosen" && minor(row.input.value) > row.due) row.input.value = text(row.due);
    }
    again();
  }
  kept.forEach((each) => {
    each.input.addEventListener("input", keep);
    each.invoice.addEventListener("change", keep);
  });
  rows.forEach((row) => {
    row.input.addEventListener("input", show);
    row.take.addEventListener("change", () => {
      const left = available() - applied();
      row.input.value = row.take.checked ? text(least(left > 0n ? left : 0n, row.due)) : "";
      show();
    });
  });
  keep(); // what was typed before this script had arrived counts too
})();
