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

  // A refreshed part keeps the place where the reader was, and says that it changed.
  document.addEventListener("htmx:afterSwap", (event) => { const text = event.detail.target?.dataset?.said; if (text) said(text); });

  window.deskTools = { said, token };
})();
