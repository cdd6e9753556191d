// What does the kiosk show at each step? Drawn from the state alone; taps come from the caller.
import { html, nothing, svg } from "lit-html";
import { clock, language, languages, t, text } from "/static/common/i18n.js";
import { opensWords, ownWords } from "/static/common/words.js";
import { backArrow, closedWords, estimateWords, hoursWords, lineWords, onArrow } from "./words.js";
import { pageOf } from "./paging.js";
import { arrivalWords, codeView } from "./code_view.js";
import { needsView, serviceView } from "./service_views.js";

const MANY = 8;
// Steps at which there is a list to choose from.
const CHOOSING = ["start", "more", "needs", "code"];
const person = svg`<svg viewBox="0 0 24 24" width="32" height="32" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="10.5"/><circle cx="12" cy="6.6" r="1.3" fill="currentColor"/><path d="M7 9.6l5 .9 5-.9M12 10.5v4M12 14.5l-2.2 4M12 14.5l2.2 4"/></svg>`;

// ── what brings you here? ──

const serviceButton = (service, { office, now }, act) => html`
  <button class=${service.open ? "" : "closed"} data-service=${service.code} @click=${act.choose(service)}>
    <span class="letter" aria-hidden="true">${service.prefix}</span>
    <span class="words"><span>${text(service.name)}</span> <small>${service.open ? lineWords(service, now) : closedWords(service, office, now)}</small></span>
  </button>`;

const groupButton = (group, services, act) => html`
  <button data-group=${group.code} @click=${act.group(group)}>
    <span class="words"><span>${text(group.name)}</span>
      <small>${services.filter((service) => service.group === group.code).map((service) => text(service.name)).join(" · ")}</small></span>
    <span class="on">${onArrow}</span>
  </button>`;

const isUsed = (group, services) => services.some((service) => service.group === group.code);
const isGrouped = ({ branch, services }) => services.length > MANY && (branch.groups ?? []).some((group) => isUsed(group, services));

// What can be chosen here: everything at first; for one more service, what is open and not chosen yet.
function choices({ visit, office }) {
  const services = visit.step === "more" ? office.services.filter((one) => one.open && !visit.services.some(({ code }) => code === one.code)) : office.services;
  const groups = (office.branch.groups ?? []).filter((group) => isUsed(group, services));
  if (!isGrouped({ ...office, services })) return services;
  if (visit.group) return services.filter((service) => service.group === visit.group.code);
  return [...groups, ...services.filter((service) => !groups.some((group) => group.code === service.group))];
}

export const pagerView = ({ current, total }, act, words = { pages: "pages", previous: "previous", more: "more" }) => html`
  <nav class="pager" aria-label=${t(`kiosk.${words.pages}`)}>
    <button aria-label=${t(`kiosk.${words.previous}`)} ?disabled=${current === 0} @click=${act.turn(current - 1)}>${backArrow}</button>
    <span role="status">${t("kiosk.page", { n: current + 1, total })}</span>
    <button class="more" ?disabled=${current === total - 1} @click=${act.turn(current + 1)}>${t(`kiosk.${words.more}`)}${onArrow}</button>
  </nav>`;

function startView(screen, act) {
  const { visit, office, device, now } = screen;
  if (!office.services) return html`<div class="title" aria-busy="true"><h1 tabindex="-1">${t("kiosk.headline")}</h1></div>`;
  const isMore = visit.step === "more";
  const all = choices(screen);
  const part = pageOf(all, visit.page, device.perPage);
  return html`
    <div class="title"><h1 tabindex="-1" data-spoken>${visit.group ? text(visit.group.name) : t(isMore ? "kiosk.more_headline" : "kiosk.headline")}</h1>
      <p class="hours" data-spoken>${isMore ? t("kiosk.more_means") : hoursWords(office, now)}</p></div>
    <div class="choice">
      <div class="services ${all.length > MANY ? "many" : "few"}">
        ${part.shown.map((one) => ("prefix" in one ? serviceButton(one, screen, act) : groupButton(one, office.services, act)))}
      </div>
      ${part.total > 1 ? pagerView(part, act) : nothing}
      ${visit.group || isMore ? html`<div class="actions"><button data-back @click=${act.back}>${backArrow}${t("common.back")}</button></div>` : nothing}
    </div>`;
}

// ── here is your ticket ──

const thenView = (later) => (later.length ? html`<p data-spoken>${t("kiosk.then", { services: later.map((service) => text(service.name)).join(", ") })}</p>` : nothing);

const opensView = (ticket, now) => (ticket.opens_at ? html`<p data-opens data-spoken>${opensWords(ticket, now)}</p>` : nothing);

const ticketView = ({ visit: { ticket, isExtended }, device, secondsLeft, now }, act) => html`
  <div class="ticket ${ticket.appointment ? "was-booked" : ""}">
    <div class="title"><h1 tabindex="-1" data-spoken>${t("kiosk.your_number")}</h1>
      <p class="number" data-spoken>${ticket.number}</p>
      <p class="ahead" data-spoken>${ticket.people_ahead ? t("kiosk.ahead", { n: ticket.people_ahead }) : t("kiosk.nobody_ahead")}</p>
      ${ticket.estimate?.high ? html`<p data-wait data-spoken>${estimateWords(ticket)}</p>` : nothing}${opensView(ticket, now)}${thenView(ticket.services.slice(1))}
      ${ticket.appointment ? html`<p class="arrival" data-spoken>${arrivalWords(ticket, clock(ticket.appointment.starts_at))}</p>` : nothing}
      <p data-spoken>${t("kiosk.watch")}</p></div>
    <figure class="card"><img class="qr" width="300" height="300" alt="" src=${new URL(ticket.qr_url).pathname}><figcaption data-spoken>${t("kiosk.follow")}</figcaption></figure>
  </div>
  <div class="actions three">
    ${device.canPrint ? html`<button data-print @click=${act.print}>${t("kiosk.print")}</button>` : nothing}
    ${isExtended ? nothing : html`<button data-more-time @click=${act.moreTime}>${t("kiosk.more_time")}</button>`}
    <button class="main" data-done @click=${act.startOver}>${t("kiosk.done")} <small>${t("kiosk.closes_in", { n: secondsLeft })}</small></button>
  </div>`;

const messageView = (title, words, act, canGoBack = false) => html`
  <div class="message" role="alert"><h1 tabindex="-1" data-spoken>${title}</h1><p data-spoken>${words}</p></div>
  ${act ? html`<div class="actions">${canGoBack ? html`<button data-back @click=${act.back}>${backArrow}${t("common.back")}</button>` : nothing}
    <button class="main" @click=${act.startOver}>${t("kiosk.start_over")}</button></div>` : nothing}`;

function problemView({ problem, needs }, act) {
  const words = ownWords(problem, needs) || html`${problem.words} ${t("kiosk.ask_desk")}`;
  return messageView(t("kiosk.refused"), words, act, problem.code === "need_not_met");
}

function stepView(screen, act) {
  const { visit, office } = screen;
  if (visit.step === "ticket") return ticketView(screen, act);
  if (office.isOffline) return messageView(t("kiosk.offline_title"), t("kiosk.offline_text"));
  if (visit.step === "problem") return problemView(visit, act);
  if (visit.step === "code") return codeView(screen, act);
  if (visit.step === "needs") return needsView(screen, act);
  return visit.step === "service" ? serviceView(screen, act) : startView(screen, act);
}

// ── around every step ──

const languageButton = ({ code, name }, act) => html`
  <button lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${act.language(code)}>${name}</button>`;

const calendar = svg`<svg viewBox="0 0 24 24" width="32" height="32" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><rect x="2.5" y="4" width="19" height="17.5" rx="2"/><path d="M2.5 9.500h19M8 1.500v5M16 1.500v5M8.500 15.500l2.500 2.500 4.500-5"/></svg>`;
const canCheckIn = ({ visit, office }) => visit.step === "start" && !office.isOffline && office.services?.some((service) => service.bookable);

const idleView = (secondsLeft, act) => html`
  <div class="idle" role="alertdialog" aria-modal="true" aria-labelledby="idle-title" aria-describedby="idle-words">
    <div class="card"><h2 id="idle-title">${t("kiosk.still_there")}</h2><p id="idle-words">${t("kiosk.resets_in", { n: secondsLeft })}</p>
      <button class="main" data-more-time @click=${act.stay}>${t("kiosk.more_time")}</button></div></div>`;

export const kioskView = (screen, act) => html`
  <div class="kiosk" ?inert=${screen.isAsking}>
    <header><span class="office">${text(screen.office.branch.name)}</span><span class="clock">${clock(new Date(screen.now).toISOString())}</span></header>
    <div class="body ${CHOOSING.includes(screen.visit.step) ? "choosing" : ""}" data-step=${screen.visit.step}>${stepView(screen, act)}</div>
    <footer>
      <nav class="languages" aria-label=${t("common.language")}>${languages().map((one) => languageButton(one, act))}</nav>
      ${canCheckIn(screen) ? html`<button class="booked" data-booked @click=${act.booked}>${calendar}${t("kiosk.i_have_booked")}</button>` : nothing}
      ${screen.device.isAccessible ? html`<button data-read @click=${act.readAloud}>${t("kiosk.read_aloud")}</button>` : nothing}
      <button data-accessible @click=${act.accessible}>${person}${screen.device.isAccessible ? t("kiosk.accessible_off") : t("kiosk.accessible")}</button>
    </footer>
  </div>
  ${screen.isAsking ? idleView(screen.secondsLeft, act) : nothing}`;
