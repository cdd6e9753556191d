// A ticket on its holder's phone: where am I in line, and is it my turn? Never an old answer as if it were new.
import { html, nothing, render } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, language, languages, onLanguage, page, setLanguage, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { refusalWords } from "/static/common/words.js";
import { alarm, keepAwake } from "./alarm.js";
import { cancelView, lateView, moreView } from "./ticket_choices.js";
import { callOf, calledView, isCalledNow, nextStepView, nowView } from "./ticket_now.js";
import { bringView, servicesView, whyView } from "./ticket_visit.js";

const root = document.getElementById("app");
const ACTIVE = ["waiting", "called", "serving", "held"];
let live = null;
let alerted = page.ticket.status === "called" ? callOf(page.ticket) : null;

const phone = {
  ticket: page.ticket, updatedAt: page.ticket.server_time, isStale: false, isChecking: false, isUnknown: false,
  confirmed: null, isCancelling: false, isBusy: false, problem: null, services: null, adding: null,
  now: () => live?.now() ?? Date.now(),
};

function show(fresh) {
  Object.assign(phone, { ticket: fresh, updatedAt: fresh.server_time, isChecking: false, isStale: false, isUnknown: false });
  if (fresh.status === "called" && alerted !== callOf(fresh)) {
    alerted = callOf(fresh);
    alarm();
  }
  keepAwake(fresh);
  update();
}

// ── what the holder can do ──

// One press, one action; a refusal is said in words, and the page shows what is true now.
async function ask(path, body) {
  if (phone.isBusy) return;
  Object.assign(phone, { isBusy: true, isCancelling: false, problem: null });
  update();
  try {
    const fresh = await api.post(`/tickets/${page.token}/${path}`, body);
    phone.adding = null;
    if (path === "services") root.querySelector("[data-more]").open = false;
    show(fresh);
  } catch (refusal) {
    phone.problem = refusal;
    live.refresh();
  }
  phone.isBusy = false;
  update();
  if (!root.contains(document.activeElement)) root.querySelector("h1")?.focus();
}

async function loadServices(event) {
  if (!event.target.open || phone.services) return;
  try {
    phone.services = await api.get(`/branches/${phone.ticket.branch.code}/services`);
  } catch (problem) {
    phone.problem = problem;
  }
  update();
}

function change(changes, focus) {
  Object.assign(phone, changes);
  update();
  if (focus) root.querySelector(focus)?.focus();
}

const act = {
  confirm: () => change({ confirmed: callOf(phone.ticket) }),
  defer: (minutes) => () => ask("defer", { minutes }),
  rejoin: () => ask("rejoin"),
  askToCancel: () => change({ isCancelling: true }, "[data-keep]"),
  keep: () => change({ isCancelling: false }, "[data-cancel]"),
  cancel: () => ask("cancel"),
  loadServices,
  choose: (service) => () => change({ adding: service, problem: null }, "[data-add-yes]"),
  chooseNone: () => change({ adding: null }, "[data-more] summary"),
  add: () => ask("services", { code: phone.adding.code }),
};

// ── what the page shows ──

const languageButton = ({ code, name }) => html`
  <button lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${() => setLanguage(code)}>${name}</button>`;

function update() {
  const { ticket, problem, isStale } = phone;
  const isCall = isCalledNow(phone);
  const updated = { time: clock(phone.updatedAt) };
  document.title = isCall ? `${t("ticket.go_to", { window: ticket.window })} — ${ticket.number}` : `${ticket.number} — ${t("ticket.page_title")}`;
  document.documentElement.classList.toggle("called", isCall);
  render(html`<div class="ticket" data-status=${ticket.status} data-version=${ticket.version}>
    <header><strong>${text(ticket.branch.name)}</strong><nav class="languages" aria-label=${t("common.language")}>${languages().map(languageButton)}</nav></header>
    <div role="status">${isStale ? html`<p class="notice warn">${t("ticket.stale", updated)}</p>` : nothing}${isCall ? nothing : nowView(phone)}</div>
    <div role="alert">${isCall ? calledView(phone, act) : nothing}${problem ? html`<p class="notice alarm">${refusalWords(problem, ticket.needs)}</p>` : nothing}</div>
    ${nextStepView(phone, act)}${whyView(phone)}${lateView(phone, act)}
    ${servicesView(phone)}${bringView(phone)}
    <div class="foot">${moreView(phone, act)}${cancelView(phone, act)}<p class="soft">${t("ticket.updated", updated)}</p></div></div>`, root);
}

onLanguage(update);
// A phone that slept may hold an old "your turn": it is hidden until the server has answered.
function onReturn() {
  if (document.visibilityState === "visible" && ACTIVE.includes(phone.ticket.status)) change({ isChecking: true });
}
document.addEventListener("visibilitychange", onReturn);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  onReturn();
  live.refresh();
});
update();
live = follow({
  auth: { ticket: page.token },
  fetchState: () => api.get(`/tickets/${page.token}`),
  onState: show,
  onConnection: (link) => change({ isStale: link.isStale, isUnknown: link.problem?.status === 404 }),
});
