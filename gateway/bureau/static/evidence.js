"use strict";
// Files sent in parts: several at once, each with its own progress, and on from where the line broke. Without this
// script the same form sends them in one piece.
(() => {
  const form = document.getElementById("upload");
  document.documentElement.classList.add("js");
  if (!form) return;
  const words = form.dataset, size = Number(words.part), queue = document.getElementById("queue"), drop = document.getElementById("drop");
  const AT_ONCE = 2, PAUSES = [1, 2, 4, 8, 15, 30, 30, 30];
  const waiting = [], running = new Set();
  let touched = false;
  const wait = (item, seconds) => new Promise((done) => {
    const end = () => { window.clearTimeout(timer); window.removeEventListener("online", end); item.wake = null; done(); };
    item.wake = end;
    const timer = window.setTimeout(end, seconds * 1000);
    window.addEventListener("online", end);
  });
  const make = (tag, name, text) => { const made = document.createElement(tag); if (name) made.className = name; if (text) made.textContent = text; return made; };
  const bytes = (count) => count < 1048576 ? `${(count / 1024).toFixed(1)} KiB` : count < 1073741824 ? `${(count / 1048576).toFixed(1)} MiB` : `${(count / 1073741824).toFixed(1)} GiB`;
  const markOf = (file) => `${file.lastModified}`;
  class Told extends Error { constructor(status, body) { super(body.reason || ""); this.status = status; this.body = body; } }
  class Lost extends Error {}
  class Stopped extends Error {}

  // One request. A broken line is Lost, a refusal Told.
  const send = (item, method, address, body, onProgress) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    item.request = request;
    request.open(method, address);
    request.timeout = 120000;
    request.setRequestHeader("X-Csrf-Token", window.deskTools.token());
    request.setRequestHeader("Content-Type", body instanceof Blob ? "application/octet-stream" : "application/x-www-form-urlencoded");
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = request.ontimeout = () => reject(new Lost());
    request.onabort = () => reject(new Stopped());
    request.onload = () => {
      if (request.status === 502 || request.status === 504) { reject(new Lost()); return; }
      let told = {};
      try { told = JSON.parse(request.responseText || "{}"); } catch { told = {}; }
      if (request.status >= 200 && request.status < 300) resolve(told);
      else if (request.status === 401) reject(new Told(401, { reason: "SIGN_IN_REQUIRED", text: words.tSession, again: true, keep: true }));
      else reject(new Told(request.status, told));
    };
    request.send(body);
  });

  const state = (item, text, kind) => { item.state.textContent = text; item.row.className = `item ${kind || ""}`; };
  const show = (item, done) => { item.bar.value = done; item.bar.textContent = `${Math.floor((done / item.file.size) * 100)} %`; };
  const buttons = (item, ...names) => { for (const name of ["cancel", "retry", "drop"]) item[`${name}Button`].hidden = !names.includes(name); };

  const line = (item) => {
    const row = item.row = make("li", "item"), name = make("p", "item-name"), text = make("bdi", "", item.file.name);
    name.append(text, " ", make("small", "quiet", bytes(item.file.size)));
    const bar = item.bar = make("progress");
    bar.max = Math.max(item.file.size, 1); bar.value = 0;
    bar.setAttribute("aria-label", `${words.tProgress} ${item.file.name}`);
    item.state = make("p", "item-state", words.tWait);
    const group = make("div", "buttons");
    const button = (key, label, act) => {
      const made = item[`${key}Button`] = make("button", key === "cancel" ? "" : "", label);
      made.type = "button"; made.setAttribute("aria-label", `${label} ${item.file.name}`); made.addEventListener("click", act); group.append(made);
    };
    button("cancel", words.tCancel, () => cancel(item));
    button("retry", words.tRetry, () => { if (!running.has(item)) { item.over = false; waiting.push(item); state(item, words.tWait); buttons(item, "cancel"); next(); } });
    button("drop", words.tDrop, () => { if (item.upload) send({}, "POST", `${words.at}${item.upload}/cancel`, "").catch(() => {}); row.remove(); });
    row.append(name, item.state, bar, group);
    queue.append(row);
    buttons(item, "cancel");
  };

  const cancel = (item) => {
    item.over = true;
    item.request?.abort();
    item.wake?.();
    const at = waiting.indexOf(item);
    if (at >= 0) waiting.splice(at, 1);
    if (item.upload) send({}, "POST", `${words.at}${item.upload}/cancel`, "").catch(() => {});
    item.upload = "";
    state(item, words.tCancelled);
    buttons(item, "retry", "drop");
  };

  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  // The newest part that is there must be the same in this file; else it is another file of the same name.
  const same = async (item, told) => {
    if (!told.received) return true;
    const part = await item.file.slice(told.received - told.digest_of, told.received).arrayBuffer();
    return hex(await crypto.subtle.digest("SHA-256", part)) === told.digest;
  };

  const begin = async (item) => {
    if (item.upload) {
      const told = await send(item, "GET", `${words.at}${item.upload}`);
      if (await same(item, told)) { if (told.received) state(item, words.tResumed); return told.received; }
      send({}, "POST", `${words.at}${item.upload}/cancel`, "").catch(() => {});
    }
    const asked = new URLSearchParams({ name: item.file.name, size: item.file.size, mark: markOf(item.file) });
    const told = await send(item, "POST", words.uploads, asked.toString());
    item.upload = told.id;
    item.renamed = told.name !== item.file.name;
    return 0;
  };

  const parts = async (item) => {
    let at = await begin(item);
    while (at < item.file.size) {
      if (item.over) throw new Stopped();
      state(item, words.tGoing);
      show(item, at);
      try {
        const part = item.file.slice(at, at + size + (item.file.size - at - size < 1048576 ? 1048576 : 0));
        const told = await send(item, "POST", `${words.at}${item.upload}/parts?offset=${at}`, part, (done) => show(item, Math.min(at + done, item.file.size)));
        at = told.received;
        item.tries = 0;
      } catch (error) {
        if (error instanceof Told && error.body.reason === "OUT_OF_STEP") at = error.body.received;
        else throw error;
      }
    }
    show(item, item.file.size);
    state(item, words.tCheck);
    const said = new URLSearchParams();
    for (const name of ["kind", "copy", "compared_by", "original_at"]) said.set(name, item.said[name]);
    return send(item, "POST", `${words.at}${item.upload}/finish`, said.toString());
  };

  const upload = async (item) => {
    item.tries = 0;
    let anew = false;
    for (;;) {
      try {
        await parts(item);
        state(item, item.renamed ? `${words.tDone}（${words.tRenamed}）` : words.tDone, "done");
        buttons(item, "drop");
        item.upload = "";
        touched = true;
        return;
      } catch (error) {
        if (item.over || error instanceof Stopped) return;
        const lost = error instanceof Lost || (error instanceof Told && error.status === 503 && error.body.reason === "BUSY");
        if (error instanceof Told && error.body.reason === "UPLOAD_GONE" && !anew) { anew = true; item.upload = ""; state(item, words.tAnew); await wait(item, 1); if (item.over) return; continue; }
        if (lost && item.tries < PAUSES.length) { state(item, words.tLost); await wait(item, PAUSES[item.tries]); item.tries += 1; if (item.over) return; continue; }
        if (lost) { state(item, words.tStopped, "failed"); buttons(item, "retry", "drop"); return; }
        const text = error instanceof Told ? error.body.text : "";
        const final = error instanceof Told && Boolean(text) && !error.body.again;
        if (final) item.upload = "";
        state(item, text ? `${words.tFailed}：${text}` : words.tFailed, "failed");
        if (final) buttons(item, "drop"); else buttons(item, "retry", "drop");
        return;
      }
    }
  };

  const facts = () => document.getElementById("facts");
  let edited = false;
  document.addEventListener("input", (event) => { if (event.target.closest?.("#facts")) edited = true; });
  const refresh = () => {
    document.querySelector(".refresh").hidden = true;
    window.htmx.ajax("GET", window.location.pathname, { target: "#files-list", select: "#files-list", swap: "outerHTML" }).then(() => { edited = false; });
  };
  document.getElementById("refresh").addEventListener("click", () => refresh());
  const finished = () => {
    window.deskTools.said(words.tAll);
    if (!touched) return;
    touched = false;
    if (edited && facts()) document.querySelector(".refresh").hidden = false; else refresh();
  };

  const next = () => {
    while (running.size < AT_ONCE && waiting.length) {
      const item = waiting.shift();
      running.add(item);
      upload(item).finally(() => { running.delete(item); if (!running.size && !waiting.length) finished(); next(); });
    }
  };

  // A file that was half sent before a reload is known again by name, size and time of its last change.
  const earlier = (file) => {
    for (const row of queue.querySelectorAll("[data-waiting]")) {
      const kept = row.dataset;
      if (Number(kept.size) === file.size && kept.mark === markOf(file)) { row.remove(); return kept.waiting; }
    }
    return "";
  };
  const take = (files) => {
    for (const file of files) {
      const said = Object.fromEntries(["kind", "copy", "compared_by", "original_at"].map((name) => [name, form.elements[name].value]));
      const item = { file, said, upload: earlier(file), over: false, tries: 0 };
      line(item);
      waiting.push(item);
    }
    next();
  };

  for (const input of form.querySelectorAll('input[type="file"]')) {
    const chosen = () => { if (input.files.length) take([...input.files]); input.value = ""; };
    input.addEventListener("change", chosen);
    chosen(); // before this script ran
  }
  form.addEventListener("submit", (event) => event.preventDefault(), true);
  document.querySelector(".drop-words").hidden = false;
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", (event) => { if (!drop.contains(event.relatedTarget)) drop.classList.remove("over"); });
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files); });
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  for (const row of queue.querySelectorAll("[data-waiting]")) {
    const button = make("button", "", words.tCancel), group = make("div", "buttons");
    button.type = "button";
    button.setAttribute("aria-label", `${words.tCancel} ${row.dataset.name}`);
    button.addEventListener("click", () => { send({}, "POST", `${words.at}${row.dataset.waiting}/cancel`, "").catch(() => {}); row.remove(); });
    group.append(button);
    row.append(group);
  }
  window.addEventListener("beforeunload", (event) => { if (running.size) event.preventDefault(); });
})();
