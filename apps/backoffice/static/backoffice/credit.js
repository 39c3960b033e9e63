/* Whoever types a quantity or an amount beside a line credits a part, not the whole.
   It only helps the hand: the server refuses a part that is typed beside “the whole”. */
(() => {
  const form = document.querySelector(".t-credit");
  const part = form?.querySelector("input[name=how][value=part]");
  if (!part) return;
  form.querySelectorAll("tbody input.t-money").forEach((each) => {
    const choose = () => {
      if (each.value.trim()) part.checked = true;
    };
    each.addEventListener("input", choose);
    choose(); // what was typed before this script had arrived counts too
  });
})();
