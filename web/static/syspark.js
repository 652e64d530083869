// Pages work without this file. With it, they keep themselves up to date, say when they are stale, and send Open in place.
"use strict";
const root = document.documentElement;
const body = document.body;
let ahead = 0; // seconds our clock is behind the server's

const two = (n) => String(n).padStart(2, "0");
const nowS = () => Date.now() / 1000 + ahead;
const wait = (s) => {
  const whole = Math.max(0, Math.floor(s));
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest.replace(/^0/, "");
};
const age = (s) => {
  const whole = Math.max(0, Math.floor(s));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))}`;
  return null; // days do not change while one looks
};

function tick() {
  const now = nowS();
  for (const e of document.querySelectorAll("[data-since]")) put(e, wait(now - e.dataset.since));
  for (const e of document.querySelectorAll("[data-age]")) { const text = age(now - e.dataset.age); if (text) put(e, text); }
  for (const e of document.querySelectorAll("[data-track]")) e.setAttribute("width", `${Math.min(100, (now - e.dataset.track) / 1.8).toFixed(1)}%`);
}
const put = (e, text) => { if (e.textContent !== text) e.textContent = text; };

// ---- Patching: what is there already stays, with its focus and what is unfolded.
function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) { from.replaceWith(to); return; }
  if (from.nodeType !== Node.ELEMENT_NODE) { if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue; return; }
  if (from.hasAttribute("data-keep")) return;
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && name !== "open" && name !== "data-current") from.removeAttribute(name);
  for (const { name, value } of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  morphChildren(from, to);
}
function morphChildren(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.dataset && child.dataset.key) keyed.set(child.dataset.key, child);
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = wanted.dataset && wanted.dataset.key;
    const same = key ? keyed.get(key) : at && !(at.dataset && at.dataset.key) ? at : null;
    if (same) {
      if (key) keyed.delete(key);
      if (same !== at) from.insertBefore(same, at); else at = at.nextSibling;
      morph(same, wanted);
    } else from.insertBefore(wanted, at);
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}
function patch(name, html) {
  const parts = document.querySelectorAll(`[data-part="${name}"]`);
  if (!parts.length) return;
  for (const part of parts) morphChildren(part, new DOMParser().parseFromString(html, "text/html").body);
  const head = parts[0].querySelector("[data-title]");
  if (head) document.title = head.dataset.title;
  if (head && head.dataset.count !== undefined) for (const n of document.querySelectorAll("[data-waiting]")) { put(n, head.dataset.count); n.hidden = head.dataset.count === "0"; }
  tick();
}

// ---- The stream, and how fresh what it told is.
const mark = document.querySelector("[data-mark]");
let last = null;
let heard = 0;
const format = new Intl.DateTimeFormat("fr-FR", { timeStyle: "medium", timeZone: body.dataset.zone || undefined });
const clock = (at) => format.format(new Date(at * 1000));
function show(state) {
  const stale = state === "stale";
  if (mark && mark.dataset.state !== state) mark.dataset.state = state;
  const text = last === null ? body.dataset.neverMark : body.dataset.staleMark.replace("%", clock(last));
  if (mark) {
    put(mark.querySelector("[data-mark-word]"), stale ? text : body.dataset.liveMark);
    mark.querySelector("[data-mark-at]").hidden = stale;
    mark.querySelector("[data-mark-time]").hidden = stale;
    if (!stale) put(mark.querySelector("[data-mark-time]"), clock(last));
  }
  for (const banner of document.querySelectorAll("[data-stale-banner]")) { banner.hidden = !stale; put(banner.querySelector("[data-stale-text]"), `${text}.`); }
}
function listen() {
  const source = new EventSource(body.dataset.live);
  const hear = () => { heard = Date.now(); };
  source.addEventListener("part", (e) => { hear(); const part = JSON.parse(e.data); patch(part.name, part.html); });
  source.addEventListener("fresh", (e) => { hear(); last = JSON.parse(e.data).at; ahead = last - Date.now() / 1000; show("live"); });
  source.addEventListener("stale", (e) => { hear(); last = JSON.parse(e.data).at ?? last; show("stale"); });
  source.addEventListener("over", () => { source.close(); location.reload(); });
  source.addEventListener("error", () => {
    show("stale");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000); // refused outright: the browser does not retry
  });
  addEventListener("pagehide", () => source.close());
}
if (body.dataset.live && mark) {
  heard = Date.now();
  listen();
  setInterval(() => { if (Date.now() - heard > 4000) show("stale"); }, 1000);
}
addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
setInterval(tick, 1000);

// ---- A driver's page that waits for something asks again until it has come.
if (body.dataset.again) {
  const again = setInterval(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(5000) });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      morphChildren(document.querySelector("main"), page.querySelector("main"));
      document.title = page.title;
      if (!page.body.dataset.again) clearInterval(again);
    } catch { /* the next one may come through */ }
  }, body.dataset.again * 1000);
}

// ---- Open: one tap, once; its answer appears where it was asked.
addEventListener("submit", async (e) => {
  const form = e.target;
  if (!form.matches("[data-open]")) return;
  e.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const data = new URLSearchParams(new FormData(form));
  if (e.submitter) data.set(e.submitter.name, e.submitter.value);
  const place = form.closest(".q, .lane")?.querySelector("[data-answer]") ?? document.querySelector("[data-answers]");
  note(place, body.dataset.sending, "act");
  const details = form.closest("details");
  if (details) { details.open = false; details.querySelector("summary").focus(); }
  try {
    const answer = await ask(form.action, { method: "POST", body: data });
    answered(place, answer);
    for (let tries = 0; answer.state === "pending" && tries < 30; tries += 1) {
      await new Promise((done) => setTimeout(done, 1000));
      const again = await ask(`/requests/${answer.request}`, {});
      if (again.state !== "pending") { answered(place, again); break; }
    }
  } catch { note(place, body.dataset.notSent, "crit"); }
  delete form.dataset.busy;
});
async function ask(address, options) {
  const response = await fetch(address, { ...options, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}
function answered(place, answer) {
  place.replaceChildren(...new DOMParser().parseFromString(answer.html, "text/html").body.childNodes);
  // What was accepted is followed by the fate beside it; only a refusal has to stay.
  if (answer.state === "accepted") { const told = place.firstChild; setTimeout(() => { if (told.isConnected) told.remove(); }, 8000); }
}
function note(place, text, level) {
  const told = document.createElement("p");
  told.className = "note"; told.dataset.level = level; told.textContent = text;
  if (level === "crit") told.setAttribute("role", "alert");
  place.replaceChildren(told);
}

// ---- Keys: J and K walk the queue, O unfolds the reasons, 1 to 8 choose one (in review: decide), S skips, / finds.
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, textarea, select")) return;
  const rows = [...document.querySelectorAll(".q, .lane")];
  const current = rows.find((row) => row.contains(document.activeElement)) ?? rows[0];
  const step = { j: 1, k: -1 }[e.key.toLowerCase()];
  if (step !== undefined && rows.length) {
    const inside = current.contains(document.activeElement);
    const next = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(current) + (inside ? step : 0)))];
    next.querySelector("summary, a")?.focus();
    next.scrollIntoView({ block: "nearest" });
  } else if (e.key.toLowerCase() === "o" && current) {
    const details = current.querySelector("details[data-key=open]");
    if (details) { details.open = true; details.querySelector("button")?.focus(); }
  } else if (/^[1-8]$/.test(e.key)) {
    const open = document.activeElement?.closest("details[open]");
    const choice = document.querySelector(`[data-choice="${e.key}"]`);
    if (!choice) open?.querySelectorAll(".reasons button")[Number(e.key) - 1]?.click();
    else if (choice.matches("input")) choice.focus(); else choice.click();
  } else if (e.key.toLowerCase() === "s") {
    document.querySelector("[data-skip]")?.click();
  } else if (e.key === "/") {
    document.querySelector("#q, #find")?.focus();
  } else return;
  e.preventDefault();
});

if (location.hash === "#wall") root.dataset.view = "wall";
