/* Spells out the day that is typed, and lets it be chosen from a calendar.
   It only helps the eye: the server reads what is typed, in the order that the field says. */
(() => {
  const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

  function read(text, order) {
    const named = /^(?:(\d{1,2}) ([a-z]{3})[a-z]*|([a-z]{3})[a-z]* (\d{1,2})),? (\d{4})$/i.exec(text.trim().replace(/\s+/g, " "));
    let y, m, d;
    if (named) {
      d = Number(named[1] || named[4]);
      m = months.indexOf((named[2] || named[3]).toLowerCase()) + 1;
      y = Number(named[5]);
    } else {
      const parts = /^\s*(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})\s*$/.exec(text);
      if (!parts) return null;
      const letters = parts[1].length === 4 ? "ymd" : order;
      const at = (letter) => parts[letters.indexOf(letter) + 1];
      if (at("y").length !== 2 && at("y").length !== 4) return null;
      y = Number(at("y")) + (at("y").length === 2 ? 2000 : 0);
      m = Number(at("m"));
      d = Number(at("d"));
    }
    const day = new Date(Date.UTC(y, m - 1, d));
    day.setUTCFullYear(y);
    return day.getUTCMonth() === m - 1 && day.getUTCDate() === d ? day : null;
  }
  const two = (figure) => String(figure).padStart(2, "0");
  function shown(iso, order) {
    const [y, m, d] = iso.split("-");
    return { dmy: `${d}/${m}/${y}`, mdy: `${m}/${d}/${y}`, ymd: iso }[order];
  }
  function spelled(day, order) {
    const words = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
    const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", words).formatToParts(day).map((each) => [each.type, each.value]));
    return order === "mdy"
      ? `${parts.weekday}, ${parts.month} ${parts.day}, ${parts.year}`
      : `${parts.weekday} ${parts.day} ${parts.month} ${parts.year}`;
  }

  function tend(input) {
    if (input.dataset.tended) return;
    input.dataset.tended = "yes";
    const order = input.dataset.day;
    const frame = input.closest(".t-day");
    const output = frame.querySelector(".t-spelled");
    const picker = document.createElement("input");
    picker.type = "date";
    picker.className = "t-picker";
    picker.tabIndex = -1;
    picker.setAttribute("aria-hidden", "true");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "t-calendar";
    button.setAttribute("aria-label", "Choose the day from a calendar");
    button.textContent = "▦";
    input.after(button, picker);
    function tell() {
      const day = read(input.value, order);
      output.textContent = day ? spelled(day, order) : input.value.trim() ? `Type it as ${input.placeholder}` : "";
      output.classList.toggle("t-over", Boolean(!day && input.value.trim()));
      picker.value = day ? `${day.getUTCFullYear()}-${two(day.getUTCMonth() + 1)}-${two(day.getUTCDate())}` : "";
    }
    input.addEventListener("input", tell);
    picker.addEventListener("change", () => {
      if (!picker.value) return;
      input.value = shown(picker.value, order);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    button.addEventListener("click", () => picker.showPicker());
    tell();
  }
  const all = () => document.querySelectorAll("input[data-day]").forEach(tend);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
