"use strict";
// A live part is not taken away under somebody's hands: while text in it is selected, it waits until that is over.
(() => {
  let postponed = false;
  const selectedIn = (part) => {
    const selection = window.getSelection();
    return selection && !selection.isCollapsed && part && selection.containsNode(part, true);
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!part?.hasAttribute?.("data-live") || event.detail.xhr.status === 204) return;
    if (selectedIn(part)) { event.detail.shouldSwap = false; postponed = true; }
  });
  document.addEventListener("selectionchange", () => {
    if (!postponed || !window.getSelection()?.isCollapsed) return;
    postponed = false;
    document.body.dispatchEvent(new CustomEvent("desk-changed"));
  });
  // The part that came says so to those who cannot see it come.
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (part?.dataset?.said) window.deskTools?.said(part.dataset.said);
  });
})();
