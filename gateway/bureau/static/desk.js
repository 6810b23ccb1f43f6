"use strict";
// Small helpers of the desk. Everything also works without them; nothing here is a rule of the business.
(() => {
  const said = (text) => { const place = document.getElementById("said"); if (place) place.textContent = text; };
  const token = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

  // Every request of htmx carries the page's token.
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-Csrf-Token"] = token(); });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.again !== undefined) return; // a form that only shows something
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => { document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent); });

  // Something changed at the node: parts of the page that care listen to desk-changed, soon for the first of a row and
  // then at most every two seconds.
  const changes = document.body.dataset.changes;
  if (changes && "EventSource" in window && document.querySelector("[data-live]")) {
    let waiting = 0, told = 0;
    const tell = () => {
      if (waiting) return;
      const pause = Math.max(250, told + 2000 - Date.now());
      waiting = window.setTimeout(() => { waiting = 0; told = Date.now(); document.body.dispatchEvent(new CustomEvent("desk-changed")); }, pause);
    };
    const source = new EventSource(changes);
    source.addEventListener("message", tell);
    source.addEventListener("change", tell);
    window.addEventListener("pagehide", () => source.close());
  }

  // A refreshed part keeps the place where the reader was, and says that it changed.
  document.addEventListener("htmx:afterSwap", (event) => { const text = event.detail.target?.dataset?.said; if (text) said(text); });

  window.deskTools = { said, token };
})();
