// Names for screen readers of what the theme draws without one: pickers, fields in rows, boxes that scroll.
(() => {
  "use strict";

  const words = (node) => (node ? node.textContent.replace(/[\s*]+/g, " ").trim() : "");

  // A field's own label, or what stands above its column.
  function nameOf(field) {
    const own = field.labels && field.labels.length ? words(field.labels[0]) : "";
    if (own || field.getAttribute("aria-label")) return own || field.getAttribute("aria-label");
    const cell = field.closest("td, th");
    if (!cell) return words(field.closest("fieldset, .form-row")?.querySelector("label, legend"));
    if (cell.dataset.label) return cell.dataset.label;
    return words(cell.closest("table").querySelectorAll("thead th")[cell.cellIndex]);
  }

  function nameFields(within) {
    for (const field of within.querySelectorAll("td input:not([type=hidden]), td select, td textarea")) {
      const named = field.labels?.length || field.hasAttribute("aria-label") || field.hasAttribute("aria-labelledby");
      const name = named ? "" : nameOf(field);
      if (name) field.setAttribute("aria-label", name);
    }
  }

  // A picker is drawn beside its field, which is hidden: what is chosen is said after the name.
  function namePickers(within) {
    for (const drawn of within.querySelectorAll(".select2-container .select2-selection")) {
      const field = drawn.closest(".select2-container").previousElementSibling;
      const name = field && field.matches("select") ? nameOf(field) : "";
      if (!name) continue;
      for (const each of [drawn, drawn.querySelector(".select2-selection__rendered")]) {
        if (!each) continue;
        const chosen = each === drawn ? words(each.querySelector(".select2-selection__rendered")) : "";
        each.removeAttribute("aria-labelledby");
        each.setAttribute("aria-label", chosen ? `${name}: ${chosen}` : name);
      }
    }
  }

  function nameBoxes() {
    document.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach((box, number) => {
      const where = box.closest("nav, aside, #nav-sidebar-apps") ? "Menu" : words(document.querySelector("h1, h2"));
      box.setAttribute("aria-label", `${where || "Page"}, box ${number + 1} that scrolls`);
    });
  }

  function nameAll() {
    nameFields(document);
    namePickers(document);
    nameBoxes();
  }

  window.addEventListener("load", () => {
    nameAll();
    // Rows that are added, and what is chosen, are drawn anew.
    document.addEventListener("formset:added", () => setTimeout(nameAll));
    window.django?.jQuery?.(document).on("change select2:select select2:clear", "select", () => setTimeout(nameAll));
  });
})();
