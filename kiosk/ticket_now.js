// What is true of the ticket now, and what is the one thing to do about it?
import { html, nothing, svg } from "lit-html";
import { clock, t } from "/static/common/i18n.js";
import { opensWords, waitWords } from "/static/common/words.js";

const arrow = svg`<svg viewBox="0 0 48 32" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 16h40M31 4l13 12-13 12"/></svg>`;

export const callOf = (ticket) => `${ticket.called_at}-${ticket.calls}`;

// What cannot be vouched for now is not told as if it were so: a call is "your turn" only while the link is alive.
export const isCalledNow = ({ ticket, isChecking, isStale, isUnknown }) => ticket.status === "called" && !isChecking && !isStale && !isUnknown;

// "Go to window 3", with the 3 as large as the phone allows.
function goView({ window }) {
  const [before, after] = t("ticket.go_to", { window: "\n" }).split("\n");
  return html`<p class="go"><span>${before}</span> <span class="window number">${arrow}${window}</span>${after ? html` <span>${after}</span>` : nothing}</p>`;
}

export const calledView = ({ ticket, confirmed }, act) => html`<section class="turn" data-call=${callOf(ticket)}><h1 tabindex="-1">${t("ticket.called")}</h1>
  <p class="number">${ticket.number}</p>${goView(ticket)}
  ${confirmed === callOf(ticket) ? nothing : html`<p>${t("ticket.not_coming")}</p>
    <button data-coming @click=${act.confirm}>${t("ticket.understood")}</button>`}</section>`;

const card = (title, ...more) => html`<section class="now card"><h1 tabindex="-1">${title}</h1>${more}</section>`;
const number = (ticket) => html`<p class="number">${ticket.number}</p>`;

// Before it begins, a long range says little without the hour at which it does.
function windowsWords(ticket, now) {
  if (ticket.windows_open) return t("ticket.windows_open", { n: ticket.windows_open });
  return [t("ticket.no_window_open"), opensWords(ticket, now)].filter(Boolean).join(" ");
}

function waitingView(ticket, now) {
  const ahead = ticket.people_ahead ? t("ticket.ahead", { n: ticket.people_ahead }) : t("ticket.nobody_ahead");
  const wait = waitWords(ticket.estimate);
  return card(t("ticket.waiting"), html`<p class="place">${ahead}</p>`, number(ticket),
    ticket.booked_at ? html`<p class="booked">${t("ticket.booked_at", { time: clock(ticket.booked_at) })}</p>` : nothing,
    html`<p data-wait>${wait ? t("ticket.estimate", { range: wait }) : t("ticket.no_estimate")}</p><p>${windowsWords(ticket, now)}</p><p class="soft">${t("ticket.where")}</p>`);
}

// Put off by the holder, or paused by the office: either way, until when?
function heldView(ticket) {
  const time = clock(ticket.returns_at);
  if (ticket.may.come_back) return card(t("ticket.put_off"), html`<p class="place">${t("ticket.not_before", { time })}</p>`, number(ticket), html`<p>${t("ticket.then_again")}</p>`);
  return card(t("ticket.held"), time ? html`<p class="place">${t("ticket.goes_on", { time })}</p>` : nothing, number(ticket), html`<p>${t("ticket.held_text")}</p>`);
}

const mayRejoin = ({ ticket, now }) => ticket.status === "missed" && ticket.may.rejoin_until && new Date(ticket.may.rejoin_until) > now();

export function nowView(phone) {
  const { ticket } = phone;
  if (phone.isUnknown) return card(t("ticket.unknown"));
  if (ticket.status === "called") {
    const before = html`<p>${t("ticket.called_before", { window: ticket.window, time: clock(ticket.called_at) })}</p>`;
    return phone.isStale ? card(t("ticket.waiting"), number(ticket), before) : card(t("ticket.checking"), number(ticket));
  }
  if (ticket.status === "waiting") return waitingView(ticket, phone.now());
  if (ticket.status === "held") return heldView(ticket);
  if (ticket.status === "serving") return card(t("ticket.serving"), number(ticket), html`<p class="place">${t("ticket.at_window", { window: ticket.window })}</p>`);
  const words = mayRejoin(phone) ? t("ticket.rejoin_means") : t(`ticket.${ticket.status}_text`);
  return card(t(`ticket.${ticket.status}`), number(ticket), html`<p>${words}</p>`);
}

// The one button that matters now, if there is one.
export function nextStepView(phone, act) {
  const { ticket, isBusy, isUnknown } = phone;
  if (isUnknown) return nothing;
  if (mayRejoin(phone)) return html`<button class="main step" data-rejoin ?disabled=${isBusy} @click=${act.rejoin}><span>${t("ticket.rejoin")}</span><small>${t("ticket.rejoin_until", { time: clock(ticket.may.rejoin_until) })}</small></button>`;
  if (ticket.status === "held" && ticket.may.come_back) return html`<button class="main step" data-here ?disabled=${isBusy} @click=${act.defer(0)}>${t("ticket.here")}</button>`;
  return nothing;
}
