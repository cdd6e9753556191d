// What can the holder of a ticket choose? To come later, to add a service, to give the ticket back.
import { html, nothing } from "lit-html";
import { clock, t, text } from "/static/common/i18n.js";

const MINUTES = [5, 10, 15];
const MINUTE_MS = 60_000;

function deferrals({ defer_minutes: longest }) {
  const fitting = MINUTES.filter((minutes) => minutes <= longest);
  return fitting.length || !longest ? fitting : [longest];
}

export function lateView({ ticket, isBusy, isUnknown, now }, act) {
  const choices = ticket.status === "waiting" && !isUnknown ? deferrals(ticket.may) : [];
  if (!choices.length) return nothing;
  const until = (minutes) => clock(new Date(now() + minutes * MINUTE_MS).toISOString());
  return html`<section class="late card" aria-labelledby="late"><h2 id="late">${t("ticket.late")}</h2>
    <p id="late-means">${t("ticket.late_means")}</p>
    <div class="minutes">${choices.map((minutes) => html`<button data-defer=${minutes} ?disabled=${isBusy} @click=${act.defer(minutes)}>
      <span>${t("ticket.late_by", { n: minutes })}</span><small>${t("ticket.late_until", { time: until(minutes) })}</small></button>`)}</div>
    <p class="soft">${t("ticket.late_left", { n: ticket.may.deferrals_left })}</p></section>`;
}

// ── one more service ──

const openServices = ({ ticket, services }) => services.filter(({ code, open }) => open && !ticket.services.some((service) => service.code === code));

function listView(phone, act) {
  if (!phone.services) return html`<p class="soft">${t("ticket.loading")}</p>`;
  const choices = openServices(phone);
  if (!choices.length) return html`<p>${t("ticket.more_none")}</p>`;
  return html`<ul>${choices.map((service) => html`<li><button data-add=${service.code} @click=${act.choose(service)}>${text(service.name)}</button></li>`)}</ul>`;
}

const sureView = ({ adding, isBusy }, act) => html`<div role="group" aria-labelledby="add-sure"><p id="add-sure"><strong>${t("ticket.more_sure", { service: text(adding.name) })}</strong></p>
  <p>${t("ticket.more_means")}</p>
  ${adding.documents.length ? html`<p>${t("ticket.bring")}: ${adding.documents.map((paper) => text(paper.name)).join("; ")}.</p>` : nothing}
  <div class="pair"><button class="main" data-add-yes ?disabled=${isBusy} @click=${act.add}>${t("ticket.more_yes")}</button><button data-add-no @click=${act.chooseNone}>${t("ticket.more_no")}</button></div></div>`;

export function moreView(phone, act) {
  const { ticket } = phone;
  if (!ticket.may.add_service || !["waiting", "held", "serving"].includes(ticket.status) || phone.isUnknown) return nothing;
  return html`<details class="more card" data-more @toggle=${act.loadServices}><summary>${t("ticket.more")}</summary>
    ${phone.adding ? sureView(phone, act) : listView(phone, act)}</details>`;
}

// ── giving the ticket back ──

export function cancelView({ ticket, isCancelling }, act) {
  if (!["waiting", "held", "missed"].includes(ticket.status)) return nothing;
  if (!isCancelling) return html`<button data-cancel @click=${act.askToCancel}>${t("ticket.cancel")}</button>`;
  return html`<div class="confirm card" role="group" aria-label=${t("ticket.cancel")}><p>${t("ticket.cancel_sure")}</p>
    <div class="pair"><button data-keep @click=${act.keep}>${t("ticket.cancel_no")}</button><button class="alarm" data-cancel-yes @click=${act.cancel}>${t("ticket.cancel_yes")}</button></div></div>`;
}
