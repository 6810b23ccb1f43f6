"use strict";
// Something changed at the node: parts of the page that care listen to desk-changed, soon for the first of a row and
// then at most every two seconds; never while such a part is on its way. What asks is replaced by what comes, and would
// take a second wish with it: the page would go on showing what was before it.
//
// All tabs of a browser share one stream of changes: the tab that has the lock holds it and tells the others; when it
// goes, the next one opens a stream, which begins with a hint. Where no stream is to be had (too many of one account, a
// server that stops), the page looks by itself from time to time and says so.
(() => {
  const address = document.body.dataset.changes;
  if (!address || !document.querySelector("[data-live]")) return;
  const LOOK = 30000, AGAIN = 60000, PATIENCE = 10000; // milliseconds
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("desk-changes") : null;
  let waiting = 0, told = 0, asking = 0, missed = false, looking = 0, source = null, letGo = null, again = 0, doubt = 0, asked = null;

  const tell = () => {
    if (waiting) return;
    const pause = Math.max(250, told + 2000 - Date.now());
    waiting = window.setTimeout(() => {
      waiting = 0;
      if (asking) { missed = true; return; }
      told = Date.now();
      document.body.dispatchEvent(new CustomEvent("desk-changed"));
    }, pause);
  };
  const isLive = (event) => event.detail.requestConfig?.triggeringEvent?.type === "desk-changed";
  document.addEventListener("htmx:beforeSend", (event) => { if (isLive(event)) asking += 1; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isLive(event)) return;
    asking = Math.max(0, asking - 1);
    if (missed && !asking) { missed = false; tell(); }
  });
  const slow = (is) => {
    const notice = document.getElementById("slow");
    if (is && !looking) {
      looking = window.setInterval(tell, LOOK);
      tell(); // whoever is signed out learns it by this
      if (notice) { notice.hidden = false; window.deskTools?.said(notice.textContent); }
    } else if (!is && looking) {
      window.clearInterval(looking);
      looking = 0;
      if (notice) notice.hidden = true;
    }
  };
  const spread = (word) => {
    if (word === "changed") tell(); else slow(word === "slow");
    channel?.postMessage(word);
  };
  const open = () => {
    window.clearTimeout(again);
    source?.close();
    const mine = source = new EventSource(address);
    const sound = () => { window.clearTimeout(doubt); doubt = 0; if (looking) spread("live"); };
    mine.addEventListener("open", sound);
    mine.addEventListener("change", () => { sound(); spread("changed"); });
    mine.addEventListener("error", () => {
      if (mine !== source) return;
      if (mine.readyState === EventSource.CLOSED) { spread("slow"); again = window.setTimeout(open, AGAIN); }
      else if (!doubt) doubt = window.setTimeout(() => { doubt = 0; if (mine === source && mine.readyState !== EventSource.OPEN) spread("slow"); }, PATIENCE);
    });
  };
  const stop = () => {
    window.clearTimeout(again);
    window.clearTimeout(doubt);
    doubt = 0;
    source?.close();
    source = null;
    asked?.abort();
    letGo?.();
    asked = letGo = null;
  };
  const follow = () => {
    if (!("EventSource" in window)) { slow(true); return; }
    if (!channel || !navigator.locks) { open(); return; } // a page of its own: old browsers, plain addresses
    asked = new AbortController();
    navigator.locks.request("desk-changes", { signal: asked.signal }, () => new Promise((done) => { letGo = done; open(); })).catch(() => {});
    channel.postMessage("how");
  };
  channel?.addEventListener("message", (event) => {
    if (event.data === "how") { if (source && looking) channel.postMessage("slow"); }
    else if (event.data === "changed") tell();
    else slow(event.data === "slow");
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { follow(); tell(); } });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tell(); });
  follow();
})();
