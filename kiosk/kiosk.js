// The kiosk: choose a service, see what to bring, take a ticket. Two taps; nothing of a visitor stays behind.
import { render } from "lit-html";
import { api } from "/static/common/api.js";
import { language, onLanguage, page, setLanguage, t } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { fit, isLong, readOn } from "./paging.js";
import { readAloud, silence } from "./speech.js";
import { kioskView } from "./views.js";
import { aVisit, orderOf, stepBack, withNeed, withPriority } from "./visit.js";

const root = document.getElementById("app");
const home = page.language;
const code = page.branch.code;
const DOUBLE_TAP_MS = 700;
const RELOAD_EVERY_S = 60;
// Seconds without a touch: when to ask, when to start over, how long a ticket stays on the screen.
const LIMITS = { usual: { warn: 30, reset: 50, ticket: 8 }, accessible: { warn: 90, reset: 150, ticket: 40 } };
const MORE_TIME_S = 60;

let visit = aVisit();
let untouched = 0;
let sinceLoad = 0;
let lastTap = -Infinity;
let live = null;
const office = { branch: page.branch, services: null, setupVersion: null, isOffline: false };
const device = {
  isAccessible: false, perPage: Infinity, isLong: false, isAutomatic: new URLSearchParams(location.search).get("print") === "auto",
};

const limits = () => LIMITS[device.isAccessible ? "accessible" : "usual"];
const ticketSeconds = () => (visit.isExtended ? MORE_TIME_S : limits().ticket);
const now = () => live?.now() ?? Date.now();

// ── what a visitor can do ──

function go(step, changes = {}) {
  visit = { ...visit, ...changes, step };
  untouched = 0;
  update();
  if (!root.contains(document.activeElement)) root.querySelector("h1")?.focus();
}

// Everything of the last visitor goes: choices, ticket, language, view, the printed frame, the voice.
function startOver() {
  visit = aVisit();
  untouched = 0;
  device.isAccessible = false;
  silence();
  document.querySelector("iframe.slip")?.remove();
  sessionStorage.clear();
  setLanguage(home);
  update();
  document.activeElement?.blur();
  scrollTo(0, 0);
}

// The first service, or one more on the same ticket.
const choose = (service) => go("service", { services: [...visit.services, service], page: 0 });

// However often it is sent, one ticket comes of one press.
async function take() {
  if (visit.isBusy) return;
  const asked = visit;
  visit.isBusy = true;
  update();
  try {
    const ticket = await api.post(`/branches/${code}/tickets`, orderOf(visit, language()));
    if (visit !== asked) return; // this visitor has left; the next one must not see the ticket
    go("ticket", { ticket, isBusy: false });
    if (device.isAutomatic) print();
  } catch (problem) {
    if (visit === asked) go("problem", { problem, isBusy: false });
  }
}

function print() {
  document.querySelector("iframe.slip")?.remove();
  const src = `/t/${visit.ticket.token}/slip?print=auto&lang=${language()}`;
  document.body.append(Object.assign(document.createElement("iframe"), { className: "slip", title: t("kiosk.print"), src }));
}

function back() {
  const before = stepBack(visit);
  if (before) go(...before);
  else startOver();
}

function toggleAccessible() {
  device.isAccessible = !device.isAccessible;
  untouched = 0;
  visit.page = 0;
  update();
  if (device.isAccessible) readAloud(root);
  else silence();
}

// A shaking hand taps twice: the second tap within 700 ms is not meant.
const tap = (action) => (event) => {
  if (event.timeStamp - lastTap < DOUBLE_TAP_MS) return;
  lastTap = event.timeStamp;
  untouched = 0;
  action();
};

const act = {
  choose: (service) => tap(() => choose(service)),
  group: (group) => tap(() => go(visit.step, { group, page: 0 })),
  turn: (number) => tap(() => go(visit.step, { page: number })),
  needs: tap(() => go("needs", { page: 0 })),
  need: (need) => tap(() => go("needs", withNeed(visit, need))),
  priority: (category) => tap(() => go("needs", withPriority(visit, category))),
  more: tap(() => go("more", { group: null, page: 0 })),
  language: (chosen) => tap(() => setLanguage(chosen)),
  take: tap(take),
  print: tap(print),
  back: tap(back),
  startOver: tap(startOver),
  stay: tap(() => update()),
  accessible: tap(toggleAccessible),
  readAloud: tap(() => readAloud(root)),
  readOn: tap(() => readOn(root)),
  moreTime: tap(() => { visit.isExtended = true; update(); }),
};

// ── what the screen shows ──

function draw() {
  document.documentElement.classList.toggle("accessible", device.isAccessible);
  const { warn, reset } = limits();
  const isAsking = visit.step !== "ticket" && untouched >= warn;
  const secondsLeft = (visit.step === "ticket" ? ticketSeconds() : reset) - untouched;
  render(kioskView({ visit, office, device, isAsking, secondsLeft, now: now() }, act), root);
}

function update() {
  document.title = t("kiosk.page_title");
  const words = [language(), device.isAccessible, visit.step, visit.group?.code, office.services?.length, document.fonts.status];
  fit(root, device, [innerWidth, innerHeight, ...words].join(" "), draw);
  if (device.isLong !== isLong(root)) {
    device.isLong = !device.isLong;
    draw();
  }
  root.querySelector("[role=alertdialog]:not(:focus-within) [data-more-time]")?.focus();
}

const isAtRest = () => visit.step === "start" && !visit.group && !visit.page && !device.isAccessible && language() === home;

function tick() {
  sinceLoad += 1;
  untouched = isAtRest() || visit.isBusy ? 0 : untouched + 1;
  if (sinceLoad >= RELOAD_EVERY_S) load();
  if (untouched >= (visit.step === "ticket" ? ticketSeconds() : limits().reset)) startOver();
  else update();
}

// ── what the office says ──

async function load() {
  sinceLoad = 0;
  try {
    [office.services, office.branch] = await Promise.all([api.get(`/branches/${code}/services`), api.get(`/branches/${code}`)]);
    office.isOffline = false;
    visit.services = visit.services.map((chosen) => office.services.find((service) => service.code === chosen.code) ?? chosen);
  } catch {
    office.isOffline = true;
  }
  update();
}

// The hall's picture has the counts; only a changed set-up or opening needs the services anew.
function show(hall) {
  const isChanged = !office.services || office.isOffline || hall.setup_version !== office.setupVersion || hall.open !== office.branch.open;
  office.setupVersion = hall.setup_version;
  for (const line of hall.waiting) {
    const service = office.services?.find((one) => one.code === line.service);
    if (service) service.waiting = line.waiting;
  }
  if (isChanged) load();
  else update();
}

onLanguage(() => { if (root.firstElementChild) update(); });
addEventListener("pointerdown", () => { if (untouched < limits().warn) untouched = 0; });
addEventListener("keydown", (event) => {
  if (untouched < limits().warn) untouched = 0;
  if (event.repeat && event.key === "Enter") event.preventDefault(); // a key held down is one press
  if (event.key === "Escape") act.back(event);
  if (event.key === "F9") act.accessible(event); // the key of a key pad for people who do not see the screen
});
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("resize", update);
addEventListener("offline", () => { office.isOffline = true; update(); });
addEventListener("online", load);
document.fonts.ready.then(update);
setInterval(tick, 1000);

live = follow({
  auth: { branch: code },
  fetchState: () => api.get(`/branches/${code}/hall`),
  onState: show,
  onConnection: ({ isStale }) => { if (isStale) { office.isOffline = true; update(); } else if (office.isOffline) load(); },
});
load();
