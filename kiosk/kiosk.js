// The kiosk: choose a service, see what to bring, take a ticket. Two taps; nothing of a visitor stays behind.
import { render } from "lit-html";
import { api } from "/static/common/api.js";
import { language, onLanguage, page, setLanguage, t } from "/static/common/i18n.js";
import { thisDevice } from "/static/common/device.js";
import { follow } from "/static/common/live.js";
import { fit, isLong, readOn } from "./paging.js";
import { readAloud, silence } from "./speech.js";
import { CODE_LENGTH, signOf } from "./code_view.js";
import { scanner } from "./scanner.js";
import { kioskView } from "./views.js";
import { aVisit, orderOf, stepBack, withNeed, withPriority } from "./visit.js";

const root = document.getElementById("app");
const home = page.language;
const code = page.branch.code;
const DOUBLE_TAP_MS = 700;
const BOUNCE_MS = 200;
const RELOAD_EVERY_S = 60;
// Seconds without a touch: when to ask is set for each kiosk, 20 s later it starts over; how long a ticket stays.
const ANSWER_WITHIN_S = 20;
const TICKET_S = { usual: 8, accessible: 40 };
const SLOWER_IN_ACCESSIBLE = 3;
const MORE_TIME_S = 60;

let visit = aVisit();
let untouched = 0;
let sinceLoad = 0;
let lastTap = -Infinity;
let live = null;
const office = { branch: page.branch, services: null, setupVersion: null, isOffline: false };
const device = {
  isAccessible: false, perPage: Infinity, isLong: false, isAutomatic: new URLSearchParams(location.search).get("print") === "auto", canPrint: true,
};
const settings = { idle: 30, isAccessible: false }; // of the paired device, or as usual

function limits() {
  const slower = device.isAccessible ? SLOWER_IN_ACCESSIBLE : 1;
  const ticket = TICKET_S[device.isAccessible ? "accessible" : "usual"];
  return { warn: settings.idle * slower, reset: (settings.idle + ANSWER_WITHIN_S) * slower, ticket };
}
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
  device.isAccessible = settings.isAccessible;
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
    const ticket = await api.post(`/branches/${code}/tickets`, orderOf(visit, language()), { as: live.key() });
    if (visit !== asked) return; // this visitor has left; the next one must not see the ticket
    go("ticket", { ticket, isBusy: false });
    if (device.isAutomatic) print();
  } catch (problem) {
    if (visit === asked) go("problem", { problem, isBusy: false });
  }
}

// The appointment behind a code or a scanned square becomes a ticket; in its own language, unless another was chosen.
async function checkIn(typed) {
  if (visit.isBusy) return;
  if (["ticket", "problem"].includes(visit.step)) startOver(); // the next visitor did not wait for the page to end
  const asked = visit;
  visit.isBusy = true;
  untouched = 0;
  update();
  try {
    const ticket = await api.post(`/branches/${code}/check-in`, { code: typed, ...(language() === home ? {} : { language: language() }) });
    if (visit !== asked) return;
    if (language() === home) setLanguage(ticket.language);
    go("ticket", { ticket, code: "", isBusy: false });
    if (device.isAutomatic) print();
  } catch (problem) {
    if (visit === asked) go("code", { problem, isBusy: false, code: typed.length === CODE_LENGTH ? typed : "" });
  }
}

function type(code) {
  Object.assign(visit, { code: code.slice(0, CODE_LENGTH), problem: null });
  untouched = 0;
  update();
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

// Signs are typed as fast as one likes; only the same key at once again is a shaking hand.
let lastSign = { name: "", at: -Infinity };
const bounce = (name, action) => ({ timeStamp: at }) => {
  const isShaking = lastSign.name === name && at - lastSign.at < BOUNCE_MS;
  lastSign = { name, at };
  if (!isShaking && !visit.isBusy) action();
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
  booked: tap(() => go("code", { code: "", problem: null })),
  sign: (sign) => bounce(sign, () => type(visit.code + sign)),
  erase: bounce("erase", () => type(visit.code.slice(0, -1))),
  checkIn: tap(() => { if (visit.code.length === CODE_LENGTH) checkIn(visit.code); }),
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

const isAtRest = () => visit.step === "start" && !visit.group && !visit.page && device.isAccessible === settings.isAccessible && language() === home;

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

// The hall's picture has the counts and ranges; only a changed set-up or opening needs the services anew.
function show(hall) {
  const isChanged = !office.services || office.isOffline || hall.setup_version !== office.setupVersion || hall.open !== office.branch.open;
  office.setupVersion = hall.setup_version;
  for (const line of hall.waiting) {
    const service = office.services?.find((one) => one.code === line.service);
    if (service) Object.assign(service, { waiting: line.waiting, estimate: line.estimate });
  }
  if (isChanged) load();
  else update();
}

// What the office sets for this kiosk; whoever stands there keeps the view they chose.
function use({ settings: { idle_seconds: idle, is_accessible: isAccessible, prints } }) {
  const wasAtRest = isAtRest();
  Object.assign(settings, { idle, isAccessible });
  Object.assign(device, { isAutomatic: prints, canPrint: prints });
  if (wasAtRest) device.isAccessible = isAccessible;
  update();
}

onLanguage(() => { if (root.firstElementChild) update(); });
addEventListener("pointerdown", () => { if (untouched < limits().warn) untouched = 0; });
const hear = scanner((text) => { if (!office.isOffline) checkIn(text); });
// An attached keyboard types the code as well.
function typeByKeyboard({ key, ctrlKey, metaKey, target }) {
  if (visit.step !== "code" || visit.isBusy || ctrlKey || metaKey) return;
  if (key === "Backspace") type(visit.code.slice(0, -1));
  else if (key === "Enter" && !target.closest("button")) visit.code.length === CODE_LENGTH && checkIn(visit.code);
  else if (key.length === 1 && signOf(key)) type(visit.code + signOf(key));
}

addEventListener("keydown", (event) => {
  if (hear(event)) return;
  typeByKeyboard(event);
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
  machine: thisDevice(use),
});
load();
