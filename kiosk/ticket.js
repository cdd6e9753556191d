// A ticket on its holder's phone: where am I in line, and is it my turn? Never an old answer as if it were new.
import { html, nothing, render, svg } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, language, languages, onLanguage, page, setLanguage, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";

const root = document.getElementById("app");
const ACTIVE = ["waiting", "called", "serving", "held"];
const arrow = svg`<svg viewBox="0 0 48 32" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 16h40M31 4l13 12-13 12"/></svg>`;
let ticket = page.ticket;
let updatedAt = ticket.server_time;
let isStale = false;
let isChecking = false;
let isAsking = false;
let isUnknown = false;
let problem = null;
let alerted = ticket.status === "called" ? callOf(ticket) : null;
let confirmed = null;
let wakeLock = null;

function callOf(shown) {
  return `${shown.called_at}-${shown.calls}`;
}

function show(fresh) {
  ticket = fresh;
  updatedAt = fresh.server_time;
  isChecking = isStale = isUnknown = false;
  if (ticket.status === "called" && alerted !== callOf(ticket)) {
    alerted = callOf(ticket);
    alarm();
  }
  keepAwake();
  update();
}

// One sound, one buzz, for each call; a browser that forbids it stays silent, the screen says it anyway.
function alarm() {
  navigator.vibrate?.([300, 150, 300]);
  try {
    const audio = new AudioContext();
    for (const [at, pitch] of [[0, 660], [0.25, 880]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.25, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.5);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.5);
    }
  } catch { /* no sound on this phone */ }
}

async function keepAwake() {
  const isSoon = ticket.status === "called" || (ticket.status === "waiting" && ticket.people_ahead <= 1);
  if (isSoon && !wakeLock) wakeLock = await navigator.wakeLock?.request("screen").catch(() => null);
  if (!isSoon && wakeLock) { wakeLock.release(); wakeLock = null; }
}

async function cancel() {
  isAsking = false;
  try {
    show(await api.post(`/tickets/${page.token}/cancel`));
  } catch (refusal) {
    problem = refusal;
    live.refresh();
    update();
  }
}

const aheadWords = () => (ticket.people_ahead ? t("ticket.ahead", { n: ticket.people_ahead }) : t("ticket.nobody_ahead"));

// "Go to window 3", with the 3 as large as the phone allows.
function goView() {
  const [before, after] = t("ticket.go_to", { window: "\n" }).split("\n");
  return html`<p class="go"><span>${before}</span> <span class="window number">${arrow}${ticket.window}</span>${after ? html` <span>${after}</span>` : nothing}</p>`;
}

const calledView = () => html`<section class="turn" data-call=${callOf(ticket)}><h1>${t("ticket.called")}</h1>
  <p class="number">${ticket.number}</p>${goView()}
  ${confirmed === callOf(ticket) ? nothing : html`<p>${t("ticket.not_coming")}</p>
    <button data-coming @click=${() => { confirmed = callOf(ticket); update(); }}>${t("ticket.understood")}</button>`}</section>`;

function waitingView() {
  const windows = ticket.windows_open ? t("ticket.windows_open", { n: ticket.windows_open }) : t("ticket.no_window_open");
  return html`<section class="now card"><h1>${t("ticket.waiting")}</h1><p class="place">${aheadWords()}</p><p class="number">${ticket.number}</p>
    <p>${t("ticket.no_estimate")}</p><p>${windows}</p><p class="soft">${t("ticket.where")}</p></section>`;
}

// What cannot be vouched for now is not told as if it were so: a call is "your turn" only while the link is alive.
const isCalledNow = () => ticket.status === "called" && !isChecking && !isStale && !isUnknown;

function nowView() {
  const state = (title, ...more) => html`<section class="now card"><h1>${title}</h1><p class="number">${ticket.number}</p>${more}</section>`;
  if (isUnknown) return html`<section class="now card"><h1>${t("ticket.unknown")}</h1></section>`;
  if (ticket.status === "called") {
    const before = html`<p>${t("ticket.called_before", { window: ticket.window, time: clock(ticket.called_at) })}</p>`;
    return isStale ? state(t("ticket.waiting"), before) : state(t("ticket.checking"));
  }
  if (ticket.status === "waiting") return waitingView();
  if (ticket.status === "serving") return state(t("ticket.serving"), html`<p class="place">${t("ticket.at_window", { window: ticket.window })}</p>`);
  return state(t(`ticket.${ticket.status}`), html`<p>${t(`ticket.${ticket.status}_text`)}</p>`);
}

function bringView() {
  const papers = ticket.status === "waiting" || ticket.status === "held" ? ticket.services.flatMap((service) => service.documents) : [];
  return papers.length === 0 ? nothing : html`<section class="bring card"><h2>${t("ticket.bring")}</h2>
    ${papers.map((paper) => html`<label><input type="checkbox"><span>${text(paper.name)}${text(paper.note) ? html` <span class="soft">— ${text(paper.note)}</span>` : nothing}</span></label>`)}</section>`;
}

function cancelView() {
  if (!["waiting", "held", "missed"].includes(ticket.status)) return nothing;
  if (!isAsking) return html`<button data-cancel @click=${() => { isAsking = true; update(); root.querySelector("[data-keep]").focus(); }}>${t("ticket.cancel")}</button>`;
  return html`<div class="confirm card" role="group" aria-label=${t("ticket.cancel")}><p>${t("ticket.cancel_sure")}</p>
    <div><button data-keep @click=${() => { isAsking = false; update(); }}>${t("ticket.cancel_no")}</button><button class="alarm" data-cancel-yes @click=${cancel}>${t("ticket.cancel_yes")}</button></div></div>`;
}

const languageButton = ({ code, name }) => html`
  <button lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${() => setLanguage(code)}>${name}</button>`;

function update() {
  const isCall = isCalledNow();
  document.title = isCall ? `${t("ticket.go_to", { window: ticket.window })} — ${ticket.number}` : `${ticket.number} — ${t("ticket.page_title")}`;
  document.documentElement.classList.toggle("called", isCall);
  render(html`<div class="ticket" data-status=${ticket.status} data-version=${ticket.version}>
    <header><strong>${text(ticket.branch.name)}</strong><nav class="languages" aria-label=${t("common.language")}>${languages().map(languageButton)}</nav></header>
    <div role="status">${isStale ? html`<p class="notice warn">${t("ticket.stale", { time: clock(updatedAt) })}</p>` : nothing}${isCall ? nothing : nowView()}</div>
    <div role="alert">${isCall ? calledView() : nothing}${problem ? html`<p class="notice alarm">${problem.words}</p>` : nothing}</div>
    <p class="service">${ticket.services.map((service) => text(service.name)).join(", ")}</p>
    ${bringView()}
    <div class="foot">${cancelView()}<p class="soft">${t("ticket.updated", { time: clock(updatedAt) })}</p></div></div>`, root);
}

onLanguage(update);
// A phone that slept may hold an old "your turn": it is hidden until the server has answered.
function onReturn() {
  if (document.visibilityState !== "visible" || !ACTIVE.includes(ticket.status)) return;
  isChecking = true;
  update();
}
document.addEventListener("visibilitychange", onReturn);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  onReturn();
  live.refresh();
});
update();
const live = follow({
  auth: { ticket: page.token },
  fetchState: () => api.get(`/tickets/${page.token}`),
  onState: show,
  onConnection: (link) => {
    isStale = link.isStale;
    isUnknown = link.problem?.status === 404;
    update();
  },
});
