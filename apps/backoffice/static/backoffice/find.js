/* Ctrl K (⌘ K) leads to the field that finds any record: of the head of the page, or of the page Find. */
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const field = document.getElementById("id_find") ?? document.getElementById("find-any");
  if (!field?.checkVisibility()) return;
  event.preventDefault();
  field.focus();
  field.select();
});
