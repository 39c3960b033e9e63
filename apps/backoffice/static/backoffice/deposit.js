/* Adds up, while boxes are ticked, what the line of the bank statement comes to.
   It only helps the eye: the server adds up every amount again.
   Amounts are whole minor units (BigInt), never floating point. */
(() => {
  const form = document.querySelector(".t-deposit");
  if (!form) return;
  const decimals = Number(form.dataset.decimals);
  const out = (name) => form.querySelector(`[data-out=${name}]`);

  function minor(text) {
    const match = /^\s*(-?)(\d*)(?:\.(\d*))?\s*$/.exec((text || "").replace(/,/g, ""));
    if (!match || !(match[2] || match[3])) return 0n;
    const part = (match[3] || "").padEnd(decimals, "0").slice(0, decimals);
    const units = BigInt((match[2] || "0") + part);
    return match[1] ? -units : units;
  }
  function shown(units) {
    const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
    const sign = units < 0n ? "-" : "";
    return `${sign}${whole}${decimals ? "." + digits.slice(-decimals) : ""} ${form.dataset.currency}`;
  }
  function again() {
    let ticked = 0n;
    let off = 0n;
    form.querySelectorAll("input[data-amount]").forEach((each) => {
      if (each.checked) ticked += minor(each.dataset.amount);
    });
    form.querySelectorAll("input[data-off]").forEach((each) => {
      off += minor(each.value);
    });
    const total = ticked - off;
    const statement = form.querySelector("#id_expected").value;
    const differs = statement.trim() !== "" && minor(statement) !== total;
    out("ticked").textContent = shown(ticked);
    out("total").textContent = shown(total);
    out("differs").textContent = differs ? `Still ${shown(minor(statement) - total)} to find` : "";
    out("differs").classList.toggle("t-over", differs);
  }
  form.addEventListener("input", again);
  form.addEventListener("change", again);
  again();
})();
