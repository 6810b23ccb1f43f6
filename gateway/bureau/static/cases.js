"use strict";
// The case page: a refresh keeps what was unfolded, the focus and the place; Escape closes a tooltip; a form that was
// filled in asks before it is left. Everything also works without.
(() => {
  let open = [], focused = "", top = 0;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "case-live") return;
    open = [...document.querySelectorAll("#case-live details[open][id]")].map((each) => each.id);
    const active = document.activeElement;
    focused = active?.id || (active?.closest("#case-live") && active.getAttribute("href")) || "";
    top = window.scrollY;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!document.getElementById("case-live")) return;
    document.querySelectorAll("#case-live details[id]").forEach((each) => { if (open.includes(each.id)) each.open = true; });
    const again = focused && (document.getElementById(focused) || [...document.querySelectorAll("#case-live a")].find((each) => each.getAttribute("href") === focused));
    if (again && document.activeElement === document.body) again.focus({ preventScroll: true });
    window.scrollTo({ top, behavior: "instant" });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement?.classList.contains("tip-button")) document.activeElement.blur();
  });
  const form = document.querySelector(".move-form");
  if (form) {
    let changed = false;
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  }
})();
