// The kiosk: choose a service, see what to bring, take a ticket. Two taps; nothing of a visitor stays behind.
import { html, nothing, render } from "lit-html";
import { api, newKey } from "/static/common/api.js";
import { clock, dayAndClock, language, languages, onLanguage, page, setLanguage, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";

const branch = page.branch;
const MANY = 8;
const LOW_ROOM = 5; // buttons that fit the lower half of the screen, besides "more"
const root = document.getElementById("app");
const initial = () => ({ step: "start", group: null, service: null, more: 0, key: null, ticket: null, problem: null, busy: false });

let state = initial();
let services = [];
let office = branch;
let isOffline = false;
let isAccessible = false;
let idleSeconds = 0;
let lastTap = 0;
let live = null;

const limits = () => (isAccessible ? { warn: 90, reset: 150, slip: 40 } : { warn: 30, reset: 50, slip: 8 });

function go(step, changes = {}) {
  state = { ...state, ...changes, step };
  idleSeconds = 0;
  update();
  root.querySelector("h1")?.focus();
}

// Everything of the last visitor goes: state, language, view, and what the printer page held.
function startOver() {
  state = initial();
  idleSeconds = 0;
  isAccessible = false;
  document.documentElement.classList.remove("accessible");
  document.querySelector("iframe.slip")?.remove();
  speechSynthesis?.cancel();
  sessionStorage.clear();
  setLanguage(branch.default_language);
  update();
  scrollTo(0, 0);
}

// A shaking finger taps twice: the second tap within 700 ms is not meant.
const tap = (action) => (event) => {
  if (event.timeStamp - lastTap < 700) return;
  lastTap = event.timeStamp;
  action();
};

async function load() {
  try {
    [services, office] = await Promise.all([api.get(`/branches/${branch.code}/services`), api.get(`/branches/${branch.code}`)]);
    isOffline = false;
    if (state.service) state.service = services.find((service) => service.code === state.service.code) ?? state.service;
  } catch {
    isOffline = true;
  }
  update();
}

function choose(service) {
  if (service.open) go("service", { service, key: newKey(), problem: null });
}

async function take() {
  if (state.busy) return;
  state.busy = true;
  update();
  try {
    const order = { services: [state.service.code], language: language(), channel: "kiosk" };
    const ticket = await api.post(`/branches/${branch.code}/tickets`, order, { key: state.key });
    go("ticket", { ticket, busy: false });
    if (new URLSearchParams(location.search).get("print") === "auto") print();
  } catch (problem) {
    go("problem", { problem, busy: false });
  }
}

function print() {
  const frame = Object.assign(document.createElement("iframe"), { className: "slip", title: t("kiosk.print"), src: `/t/${state.ticket.token}/slip?print=auto&lang=${language()}` });
  document.querySelector("iframe.slip")?.remove();
  document.body.append(frame);
}

function toggleAccessible() {
  isAccessible = !isAccessible;
  document.documentElement.classList.toggle("accessible", isAccessible);
  idleSeconds = 0;
  update();
  if (isAccessible) readAloud();
}

function readAloud() {
  if (!window.speechSynthesis) return;
  speechSynthesis.cancel();
  const words = [...root.querySelectorAll("[data-spoken], .services button, .actions button")].map((part) => part.innerText).join(". ");
  const utterance = new SpeechSynthesisUtterance(words);
  utterance.lang = language();
  speechSynthesis.speak(utterance);
}

function tick() {
  idleSeconds += 1;
  const { warn, reset, slip } = limits();
  if (state.step === "ticket" && idleSeconds >= slip) return startOver();
  const isUntouched = state.step === "start" && !state.group && !isAccessible && language() === branch.default_language;
  if (isUntouched) idleSeconds = 0;
  if (idleSeconds >= reset) return startOver();
  update(warn);
}

const waitingWords = (service) => (service.waiting ? t("kiosk.waiting", { n: service.waiting }) : t("kiosk.nobody_waiting"));
const closedWords = (service) => t(`kiosk.closed_${service.reason_closed}`) + (service.reason_closed === "branch_closed" && office.opens_at ? `. ${t("kiosk.opens_at", { time: dayAndClock(office.opens_at, now()) })}` : "");
const now = () => live?.now() ?? Date.now();

const serviceButton = (service) => html`
  <button data-service=${service.code} aria-disabled=${service.open ? "false" : "true"} @click=${tap(() => choose(service))}>
    <span class="letter" aria-hidden="true">${service.prefix}</span>
    <span>${text(service.name)}<small>${service.open ? waitingWords(service) : closedWords(service)}</small></span>
  </button>`;

function startView() {
  const groups = (office.groups ?? []).filter((group) => services.some((service) => service.group === group.code));
  const isGrouped = services.length > MANY && groups.length > 0;
  const all = !isGrouped ? services : services.filter((service) => (state.group ? service.group === state.group.code : !service.group));
  const pages = isAccessible && all.length > LOW_ROOM + 1 ? Math.ceil(all.length / LOW_ROOM) : 1;
  const from = (state.more % pages) * LOW_ROOM;
  const shown = pages > 1 ? all.slice(from, from + LOW_ROOM) : all;
  return html`
    <div class="spoken"><h1 tabindex="-1" data-spoken>${state.group ? text(state.group.name) : t("kiosk.headline")}</h1>
      <p class="hours soft" data-spoken>${office.open ? t("kiosk.closes_at", { time: clock(office.closes_at) }) : office.opens_at ? `${t("kiosk.closed_branch_closed")}. ${t("kiosk.opens_at", { time: dayAndClock(office.opens_at, now()) })}` : t("kiosk.closed_branch_closed")}</p></div>
    <div class="services ${shown.length > MANY ? "many" : ""}">
      ${isGrouped && !state.group ? groups.map((group) => html`<button data-group=${group.code} @click=${tap(() => go("start", { group }))}><span>${text(group.name)}</span></button>`) : nothing}
      ${shown.map(serviceButton)}
      ${pages > 1 ? html`<button data-more @click=${tap(() => go("start", { more: (state.more + 1) % pages }))}><span>${t("kiosk.more")}<small>${t("kiosk.page", { n: (state.more % pages) + 1, total: pages })}</small></span></button>` : nothing}
    </div>`;
}

function serviceView() {
  const { service } = state;
  return html`
    <div class="spoken"><h1 tabindex="-1" data-spoken>${text(service.name)}</h1>
      <div class="facts card">
        ${text(service.description) ? html`<p data-spoken>${text(service.description)}</p>` : nothing}
        <p class="people" data-spoken>${waitingWords(service)}</p>
        <p class="soft" data-spoken>${t("kiosk.no_estimate")} ${office.closes_at ? t("kiosk.closes_at", { time: clock(office.closes_at) }) : ""}</p>
        ${text(service.fee) ? html`<p data-spoken><strong>${t("kiosk.fee")}:</strong> ${text(service.fee)}</p>` : nothing}
        ${service.documents.length ? html`<div><h2 data-spoken>${t("kiosk.bring")}</h2><ul class="documents">
          ${service.documents.map((paper) => html`<li class=${paper.required ? "required" : ""} data-spoken><span>${text(paper.name)} <span class="soft">— ${paper.required ? t("kiosk.required") : t("kiosk.optional")}${text(paper.note) ? `, ${text(paper.note)}` : ""}</span></span></li>`)}
        </ul></div>` : html`<p data-spoken>${t("kiosk.nothing_to_bring")}</p>`}
      </div></div>
    <div class="actions">
      <button @click=${tap(() => go("start", { service: null }))}>${t("common.back")}</button>
      <button class="main" data-take ?disabled=${state.busy} @click=${tap(take)}>${state.busy ? t("kiosk.taking") : t("kiosk.take")}</button>
    </div>`;
}

function ticketView() {
  const { ticket } = state;
  return html`
    <div class="spoken"><h1 tabindex="-1" data-spoken>${t("kiosk.your_number")}</h1>
      <p class="number" data-spoken>${ticket.number}</p>
      <p class="ahead" data-spoken>${ticket.people_ahead ? t("kiosk.ahead", { n: ticket.people_ahead }) : t("kiosk.nobody_ahead")}</p>
      <p class="soft" data-spoken>${t("kiosk.watch")}</p></div>
    <figure><img class="qr" width="300" height="300" alt=${t("kiosk.follow")} src=${new URL(ticket.qr_url).pathname}><figcaption>${t("kiosk.follow")}</figcaption></figure>
    <div class="actions"><button data-print @click=${tap(print)}>${t("kiosk.print")}</button><button class="main" data-done @click=${tap(startOver)}>${t("kiosk.done")}</button></div>`;
}

const messageView = (title, words) => html`
  <div class="spoken"><h1 tabindex="-1" data-spoken>${title}</h1><p data-spoken role="alert">${words}</p></div>
  <div class="actions"><button class="main" @click=${tap(startOver)}>${t("kiosk.start_over")}</button></div>`;

function bodyView() {
  if (isOffline && state.step !== "ticket") return ["message", messageView(t("kiosk.offline_title"), t("kiosk.offline_text"))];
  if (state.step === "problem") return ["message", messageView(t("kiosk.refused"), html`${state.problem.words} ${t("kiosk.ask_desk")}`)];
  if (state.step === "ticket") return ["result", ticketView()];
  return ["", state.step === "service" ? serviceView() : startView()];
}

function update() {
  const [kind, view] = bodyView();
  const { warn, reset } = limits();
  const isIdle = state.step !== "ticket" && idleSeconds >= warn;
  document.title = t("kiosk.page_title");
  render(html`<div class="kiosk" ?inert=${isIdle}>
    <header><span class="office">${text(branch.name)}</span><span class="clock">${clock(new Date(now()).toISOString())}</span></header>
    <div class="body ${kind}" data-step=${state.step}>${view}</div>
    <footer>
      <nav class="languages" aria-label=${t("common.language")}>
        ${languages().map(({ code, name }) => html`<button lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${tap(() => { idleSeconds = 0; setLanguage(code); })}>${name}</button>`)}
      </nav>
      ${state.step !== "start" || state.group ? html`<button class="quiet" @click=${tap(startOver)}>${t("kiosk.start_over")}</button>` : nothing}
      ${isAccessible ? html`<button @click=${tap(readAloud)}>${t("kiosk.read_aloud")}</button>` : nothing}
      <button data-accessible aria-pressed=${isAccessible ? "true" : "false"} @click=${tap(toggleAccessible)}>${isAccessible ? t("kiosk.accessible_off") : t("kiosk.accessible")}</button>
    </footer></div>
    ${isIdle ? html`<div class="idle" role="alertdialog" aria-modal="true" aria-labelledby="idle-title"><div class="card kiosk-card">
      <h2 id="idle-title">${t("kiosk.still_there")}</h2><p>${t("kiosk.resets_in", { n: reset - idleSeconds })}</p>
      <div class="kiosk-actions"><button class="main" data-more-time @click=${() => { idleSeconds = 0; update(); }}>${t("kiosk.more_time")}</button></div></div></div>` : nothing}`, root);
  root.dataset.services = services.length;
}

onLanguage(update);
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => { if (idleSeconds < limits().warn && state.step !== "ticket") idleSeconds = 0; });
}
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("keydown", (event) => {
  if (event.key === "Escape") startOver();
  if (event.key === "F9") toggleAccessible(); // the hardware key of an accessible key pad
});
addEventListener("offline", () => { isOffline = true; update(); });
addEventListener("online", load);
setInterval(tick, 1000);

live = follow({
  auth: { branch: branch.code },
  fetchState: () => api.get(`/branches/${branch.code}/hall`),
  onState: load,
  onConnection: ({ isStale }) => { if (isStale !== isOffline) { isOffline = isStale; if (!isStale) load(); update(); } },
});
load();
