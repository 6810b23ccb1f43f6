"use strict";
// The form's helpers: lists to choose from, checks while typing, saving by itself. Without it the form works by its buttons.
(() => {
  const base = "/desk/intake", wait = 3000;
  const token = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
  const post = (address, body, headers = {}) => fetch(address, { method: "POST", body, headers: { "X-Csrf-Token": token(), ...headers }, credentials: "same-origin" });

  // places and units: a few letters give a list; arrows and Enter choose
  const combobox = (input) => {
    const list = document.getElementById(input.getAttribute("aria-controls"));
    if (!list) return;
    const kind = input.dataset.search === "unit" ? "units" : "places";
    let timer = 0, asked = 0, at = -1;
    const options = () => [...list.querySelectorAll('[role="option"]:not([aria-disabled])')];
    const close = () => { list.replaceChildren(); input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); at = -1; };
    const mark = (to) => {
      const all = options();
      if (!all.length) return;
      at = (to + all.length) % all.length;
      all.forEach((option, number) => { option.id = `${list.id}-${number}`; option.setAttribute("aria-selected", String(number === at)); });
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    };
    const take = (option) => { input.value = option.dataset.value; close(); input.dispatchEvent(new Event("change", { bubbles: true })); };
    input.addEventListener("input", () => {
      window.clearTimeout(timer);
      const text = input.value.trim();
      if (!text) { close(); return; }
      timer = window.setTimeout(async () => {
        const mine = ++asked;
        const answer = await post(`${base}/${kind}`, new URLSearchParams({ text })).catch(() => null);
        if (!answer?.ok || mine !== asked) return;
        list.innerHTML = await answer.text();
        at = -1;
        input.setAttribute("aria-expanded", String(options().length > 0));
      }, 250);
    });
    input.addEventListener("keydown", (event) => {
      if (!options().length) return;
      if (event.key === "ArrowDown") { mark(at + 1); event.preventDefault(); }
      else if (event.key === "ArrowUp") { mark(at - 1); event.preventDefault(); }
      else if (event.key === "Enter" && at >= 0) { take(options()[at]); event.preventDefault(); }
      else if (event.key === "Escape") { close(); event.preventDefault(); }
    });
    list.addEventListener("mousedown", (event) => { const option = event.target.closest('[role="option"]:not([aria-disabled])'); if (option) { event.preventDefault(); take(option); } });
    input.addEventListener("blur", () => { asked += 1; close(); });
  };
  document.querySelectorAll("[data-search]").forEach(combobox);

  const form = document.querySelector("form[data-letter]");
  if (form) {
    const state = document.getElementById("save-state"), told = document.getElementById("told");
    const touched = new Set();
    const body = () => new URLSearchParams(new FormData(form));
    let dirty = false, timer = 0, busy = false, stopped = !("autosave" in form.dataset), leaving = false;
    const show = (found) => {
      for (const input of form.querySelectorAll("[name]")) {
        if (!touched.has(input.name) && !input.closest(".wrong")) continue;
        const field = input.closest(".field"), place = field?.querySelector(".fault");
        if (!place || input.type === "hidden") continue;
        const text = found.faults[input.name] ?? "", empty = !input.value && place.textContent;
        if (empty && !text) continue; // what is still missing stays told
        place.textContent = text;
        place.hidden = !text;
        field.classList.toggle("wrong", Boolean(text));
        if (text) { input.setAttribute("aria-invalid", "true"); input.setAttribute("aria-describedby", place.id); } else input.removeAttribute("aria-invalid");
      }
      for (const link of document.querySelectorAll('.notice.wrong li a[href^="#"]')) { // what is mended leaves the list at the top
        const about = document.getElementById(link.hash.slice(1)), field = about?.closest(".field");
        if (!field || field.classList.contains("wrong")) continue;
        const list = link.closest("ul");
        link.closest("li").remove();
        if (!list.children.length) list.closest(".notice").remove();
      }
      if (told && found.told.trim() !== told.innerHTML.trim()) told.innerHTML = found.told;
    };
    const known = document.getElementById("known-said");
    const check = async (changed) => {
      const sent = body();
      sent.set("_changed", changed);
      const answer = await post(`${base}/check`, sent).catch(() => null);
      if (!answer?.ok) return;
      const found = await answer.json();
      show(found);
      if (known && found.known !== undefined) known.textContent = found.known ? `${known.dataset.known}${found.known}` : "";
    };
    const save = async () => {
      if (!dirty || busy || stopped || leaving) return;
      busy = true;
      dirty = false;
      const answer = await post(form.getAttribute("action"), body(), { Accept: "application/json" }).catch(() => null);
      busy = false;
      if (leaving) return;
      if (answer?.ok) {
        const found = await answer.json();
        form.elements._version.value = found.version;
        if (form.getAttribute("action") !== found.address) { form.setAttribute("action", found.address); history.replaceState(null, "", found.address); }
        state.textContent = `${form.dataset.at} ${found.saved_at}`;
        show(found);
        if (dirty) later();
        return;
      }
      dirty = true;
      if (answer?.status === 409) { stopped = true; state.textContent = form.dataset.edited; }
      else if (answer?.status === 401) { stopped = true; state.textContent = form.dataset.signedOut; }
      else { state.textContent = form.dataset.failed; later(10 * wait); }
    };
    const later = (after = wait) => { window.clearTimeout(timer); timer = window.setTimeout(save, after); };
    form.addEventListener("input", (event) => { touched.add(event.target.name); dirty = true; if (!stopped) { state.textContent = form.dataset.unsaved; later(); } });
    form.addEventListener("change", (event) => { touched.add(event.target.name); dirty = true; if (event.target.dataset.check) check(event.target.name); if (!stopped) later(); });
    form.addEventListener("submit", (event) => {
      if (busy) { // its answer brings the version that the button's request has to name
        event.preventDefault();
        event.stopPropagation();
        const button = event.submitter, again = window.setInterval(() => { if (!busy) { window.clearInterval(again); form.requestSubmit(button ?? undefined); } }, 50);
        return;
      }
      leaving = true;
      window.clearTimeout(timer);
    });
    window.addEventListener("pageshow", () => { leaving = false; });
    window.addEventListener("beforeunload", (event) => { if (dirty && !leaving) event.preventDefault(); });
  }
})();
