"use strict";
// The result's form: evidence numbers and checks follow the kinds that are chosen and the files that come in. The server
// makes them, from what stands in the form; here only new rows, empty numbers and the checks are taken over, so that
// nothing is lost that somebody types meanwhile. Without this the button does the same.
(() => {
  const form = document.querySelector(".move-form[data-evidence]");
  if (!form) return;
  const WAIT = 250, QUIET = 5000;
  const button = form.querySelector(".again");
  let asked = 0, timer = 0, last = 0;
  const typed = (yes) => { if (button) button.hidden = !yes; };
  typed(false);

  const take = (page) => {
    const rows = (of) => [...of.querySelectorAll("#section-evidence .row")];
    const mine = rows(document), theirs = rows(page);
    for (const row of theirs.slice(mine.length)) {
      const add = document.querySelector('#section-evidence button[name="_add"]');
      const place = document.querySelector("#section-evidence fieldset.rows");
      if (add) add.before(document.importNode(row, true)); else place?.append(document.importNode(row, true));
    }
    for (const number of page.querySelectorAll('#section-evidence [name$=".evidence_id"]')) {
      const here = form.elements.namedItem(number.name);
      if (here && !here.value && document.activeElement !== here) here.value = number.value;
    }
    for (const group of page.querySelectorAll('#section-evidence [id$="-material_ids"], #section-materials #materials')) {
      const here = document.getElementById(group.id);
      const held = new Set([...(here?.querySelectorAll("input") ?? [])].map((each) => each.value));
      for (const box of group.querySelectorAll("input")) {
        if (here && !held.has(box.value)) here.append(document.importNode(box.closest("label"), true));
      }
    }
    const fresh = page.getElementById("section-checks"), old = document.getElementById("section-checks");
    const focused = old?.contains(document.activeElement) ? document.activeElement.id : "";
    if (fresh) {
      const made = document.importNode(fresh, true);
      for (const each of made.querySelectorAll("input[id], textarea[id]")) {
        const before = document.getElementById(each.id);
        if (!before) continue;
        if (each.type === "checkbox") each.checked = before.checked; else each.value = before.value;
      }
      if (old) old.replaceWith(made); else document.getElementById("section-evidence").after(made);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    } else old?.remove();
    form.querySelectorAll('[name="_known"]').forEach((each) => each.remove());
    page.querySelectorAll('[name="_known"]').forEach((each) => form.append(document.importNode(each, true)));
  };

  const again = async () => {
    const turn = ++asked, data = new URLSearchParams(new FormData(form));
    data.set("_again", "1");
    last = Date.now();
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Csrf-Token": window.deskTools.token() } });
      if (!answer.ok || turn !== asked) return;
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      typed(false);
      window.deskTools.said(form.dataset.said);
    } catch { typed(true); } // no line: the button is there
  };
  const soon = (wait) => { clearTimeout(timer); timer = setTimeout(again, wait); };

  form.addEventListener("input", (event) => { if (/\.evidence_id$/.test(event.target.name ?? "")) typed(true); });
  form.addEventListener("change", (event) => {
    if (/^body\.result\.evidence\..*\.(kind|evidence_id|material_ids)$/.test(event.target.name ?? "")) soon(WAIT);
  });
  document.body.addEventListener("desk-changed", () => { if (form.querySelector('[name="_known"]')) soon(Math.max(WAIT, QUIET - (Date.now() - last))); });
  window.addEventListener("focus", () => { if (Date.now() - last > QUIET) soon(WAIT); }); // back from the page of materials
})();
