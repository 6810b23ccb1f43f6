"use strict";
// Regions drawn on a picture with mouse, finger or keys; they stand as numbers in the form, which is what is sent.
(() => {
  document.documentElement.classList.add("js");
  const form = document.getElementById("redact"), canvas = document.getElementById("canvas"), picture = document.getElementById("picture");
  if (!form) return;
  const words = form.dataset, SIDES = ["x", "y", "w", "h"], STEP = 10;
  const rows = () => Array.from(form.querySelectorAll(".box-row"));
  const field = (row, side) => row.querySelector(`[name$=".${side}"]`);
  const read = (row) => SIDES.map((side) => Number.parseInt(field(row, side).value, 10));
  const isSet = (row) => read(row).every((value) => Number.isFinite(value)) && read(row)[2] > 0 && read(row)[3] > 0;
  const isEmpty = (row) => SIDES.every((side) => !field(row, side).value.trim());
  const boxes = new Map();

  const place = (row) => {
    const box = boxes.get(row);
    if (!isSet(row)) { box?.remove(); boxes.delete(row); return; }
    const [x, y, w, h] = read(row), wide = picture.naturalWidth, high = picture.naturalHeight;
    const shown = box ?? fresh(row);
    shown.style.left = `${(x / wide) * 100}%`; shown.style.top = `${(y / high) * 100}%`;
    shown.style.width = `${(w / wide) * 100}%`; shown.style.height = `${(h / high) * 100}%`;
    shown.setAttribute("aria-label", `${words.tArea} ${Number(row.dataset.row) + 1}：${x}, ${y}, ${w} × ${h}`);
  };
  const write = (row, x, y, w, h) => {
    const wide = picture.naturalWidth, high = picture.naturalHeight;
    w = Math.min(Math.max(Math.round(w), 1), wide); h = Math.min(Math.max(Math.round(h), 1), high);
    x = Math.min(Math.max(Math.round(x), 0), wide - w); y = Math.min(Math.max(Math.round(y), 0), high - h);
    [x, y, w, h].forEach((value, at) => { field(row, SIDES[at]).value = value; });
    place(row);
  };
  const clear = (row) => { for (const side of SIDES) field(row, side).value = ""; place(row); window.deskTools.said(words.tRemoved); };
  const free = () => {
    const found = rows().find(isEmpty);
    if (found) return found;
    const all = rows(), last = all[all.length - 1], number = all.length;
    if (number >= Number(words.most)) return null;
    const made = last.cloneNode(true);
    made.querySelectorAll(".fault").forEach((each) => each.remove());
    made.dataset.row = number;
    made.setAttribute("aria-label", `${words.tArea} ${number + 1}`);
    for (const side of SIDES) {
      const input = field(made, side);
      made.querySelector(`label[for="${input.id}"]`).htmlFor = `r-${number}-${side}`;
      input.id = `r-${number}-${side}`; input.name = `r.${number}.${side}`; input.value = "";
      input.removeAttribute("aria-invalid"); input.removeAttribute("aria-describedby");
    }
    last.after(made);
    return made;
  };
  const point = (event) => {
    const at = picture.getBoundingClientRect();
    return [((event.clientX - at.left) / at.width) * picture.naturalWidth, ((event.clientY - at.top) / at.height) * picture.naturalHeight];
  };
  const follow = (event, move) => {
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    const end = () => { target.removeEventListener("pointermove", move); target.removeEventListener("pointerup", end); target.removeEventListener("pointercancel", end); };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", end);
    target.addEventListener("pointercancel", end);
  };
  const fresh = (row) => {
    const box = document.createElement("button");
    box.type = "button"; box.className = "box"; box.title = words.tHelp;
    box.setAttribute("aria-describedby", "redact-help");
    box.addEventListener("keydown", (event) => {
      const [x, y, w, h] = read(row), by = event.ctrlKey ? 1 : STEP;
      const go = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
      if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); clear(row); document.getElementById("add-box").focus(); return; }
      if (!go) return;
      event.preventDefault();
      if (event.shiftKey) write(row, x, y, Math.max(w + go[0], 1), Math.max(h + go[1], 1)); else write(row, x + go[0], y + go[1], w, h);
    });
    box.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      const [x, y, w, h] = read(row), [fromX, fromY] = point(event);
      follow(event, (moved) => { const [nowX, nowY] = point(moved); write(row, x + nowX - fromX, y + nowY - fromY, w, h); });
    });
    boxes.set(row, box);
    canvas.append(box);
    return box;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const [fromX, fromY] = point(event), row = free();
    if (!row) return;
    follow(event, (moved) => {
      const [x, y] = point(moved);
      write(row, Math.min(fromX, x), Math.min(fromY, y), Math.abs(x - fromX), Math.abs(y - fromY));
    });
  });
  document.getElementById("add-box").addEventListener("click", () => {
    const row = free();
    if (!row) return;
    const wide = picture.naturalWidth, high = picture.naturalHeight;
    write(row, wide * 0.4, high * 0.45, wide * 0.2, high * 0.1);
    boxes.get(row).focus();
    window.deskTools.said(words.tAdded);
  });
  form.addEventListener("input", (event) => { const row = event.target.closest(".box-row"); if (row) place(row); });
  const ready = () => {
    document.querySelector(".js-only").hidden = false;
    document.getElementById("picture-size").textContent = `${picture.naturalWidth} × ${picture.naturalHeight}`;
    rows().forEach(place);
  };
  if (picture.complete && picture.naturalWidth) ready(); else picture.addEventListener("load", ready);
})();
