// What does the holder of an appointment see? The answer first: when and where; then the code, the papers, the choices.
import { html, nothing } from "lit-html";
import { dateOf, fullDay } from "/static/common/days.js";
import { clock, language, page, t, text } from "/static/common/i18n.js";
import { refusalWords } from "/static/common/words.js";
import { field, headerView } from "./book_views.js";
import { isPacked } from "./packed.js";
import { daysView, noteOf, othersView, papersOf, timesView } from "./time_views.js";

const names = ({ services }) => services.map(({ name }) => text(name)).join(" + ");
const here = (url) => new URL(url).pathname;

const placeView = ({ branch, windows }) => html`<p>${[text(branch.name), text(branch.address)].filter(Boolean).join(", ")}${windows.length ? html`<br><span class="soft">${t("appointment.window", { n: windows.length, windows: windows.join(", ") })}</span>` : nothing}</p>`;

function nowView({ appointment, now }) {
  const { status } = appointment;
  const day = fullDay(dateOf(appointment.starts_at), now());
  return html`<section class="now card"><h1 tabindex="-1">${t(`appointment.${status}`)}</h1>
    ${status === "arrived" ? html`<p class="number">${appointment.number}</p><p>${t("appointment.arrived_text")}</p>`
      : html`<p class="when">${day},<br>${clock(appointment.starts_at)}</p>`}
    <p><b>${names(appointment)}</b></p>
    ${status === "booked" ? html`${placeView(appointment)}<p class="soft">${t("appointment.no_later_than", { time: clock(appointment.late_after) })}</p>` : nothing}
    ${["cancelled", "absent"].includes(status) ? html`<p>${t(`appointment.${status}_text`)}</p>` : nothing}</section>`;
}

const entryView = ({ code, qr_url: qr, ics_url: ics, status }) => html`<section class="entry card"><h2>${t("appointment.code")}</h2><p class="number code">${code}</p>
  <p>${t("appointment.check_in")}</p><img width="240" height="240" alt=${t("appointment.qr")} src=${here(qr)}>
  ${status === "booked" ? html`<a class="button wide" data-calendar href=${here(ics)} download="appointment.ics">${t("appointment.calendar")}</a>` : nothing}</section>`;

function packView({ code, services }, act) {
  const papers = papersOf(services);
  return papers.length ? html`<section class="bring card"><h2>${t("appointment.bring")}</h2><p class="soft">${t("appointment.bring_tick")}</p>
    ${papers.map((paper) => html`<label><input type="checkbox" ?checked=${isPacked(code, paper)} @change=${act.pack(paper)}><span>${text(paper.name)}${noteOf(paper) ? html` <span class="soft">— ${noteOf(paper)}</span>` : nothing}</span></label>`)}
    ${services.filter(({ fee }) => text(fee)).map(({ fee }) => html`<p>${t("booking.fee", { fee: text(fee) })}</p>`)}</section>` : nothing;
}

function movingView(mine, act) {
  const slots = mine.search.days.find(({ date }) => date === mine.date)?.slots ?? [];
  const isDay = mine.asking === "day";
  return html`<section class="moving" aria-labelledby="moving"><h2 id="moving" tabindex="-1">${t(isDay ? "appointment.move_title" : "appointment.move_time")}</h2>
    ${isDay ? html`<p class="soft">${t("appointment.move_means")}</p>${daysView({ ...mine, search: { ...mine.search, elsewhere: null } }, act)}`
      : html`<p class="chosen">${mine.date ? fullDay(mine.date, mine.now()) : nothing}</p>${mine.others ? othersView(mine.others, mine.isBusy, mine.now(), act) : nothing}${timesView(slots, mine.isBusy, act)}
        <button data-other-day @click=${act.otherDay}>${t("appointment.other_day")}</button>`}
    <button class="quiet" data-keep @click=${act.keep}>${t("appointment.keep")}</button></section>`;
}

const sureView = ({ isBusy }, act) => html`<div class="confirm card" role="group" aria-labelledby="sure"><p id="sure">${t("appointment.cancel_sure")}</p>
  <div class="pair"><button data-keep @click=${act.keep}>${t("appointment.cancel_no")}</button><button class="alarm" data-cancel-yes ?disabled=${isBusy} @click=${act.cancel}>${t("appointment.cancel_yes")}</button></div></div>`;

// A wrong letter, another number. Where times must not be passed on, the page says so and leads to cancelling.
function correctingView(mine, act) {
  const { name, may } = mine.appointment;
  const form = { person: mine.person, faults: mine.faults };
  return html`<section class="moving" aria-labelledby="correcting"><h2 id="correcting" tabindex="-1">${t("appointment.correct_title")}</h2>
    <form novalidate @submit=${act.correct}>${may.rename ? field(form, "name", { type: "text", autocomplete: "name" }) : html`<p class="notice" data-name-fixed>${t("appointment.name_fixed", { name })}</p>`}
      ${field(form, "phone", { type: "tel", autocomplete: "tel", hint: t("appointment.correct_phone_hint") })}
      ${field(form, "email", { type: "email", autocomplete: "email", hint: t("appointment.correct_email_hint") })}
      <button class="main step" data-save aria-disabled=${mine.isBusy ? "true" : "false"}>${t("appointment.correct_save")}</button></form>
    ${may.rename ? nothing : html`<button class="wide" data-cancel @click=${act.askToCancel}>${t("appointment.cancel")}</button>`}
    <button class="quiet" data-keep @click=${act.keep}>${t("appointment.correct_not")}</button></section>`;
}

function choicesView(mine, act) {
  const { may, services, branch } = mine.appointment;
  if (mine.asking === "cancel") return sureView(mine, act);
  const again = `/book/${branch.code}?service=${encodeURIComponent(services[0]?.code ?? "")}&lang=${language()}`;
  return html`<div class="foot">${may.move ? html`<button class="wide" data-move @click=${act.move}>${t("appointment.move")}</button>` : nothing}
    ${may.correct ? html`<button class="wide" data-correct @click=${act.askToCorrect}>${t("appointment.correct")}</button>` : nothing}
    ${may.cancel ? html`<button class="wide" data-cancel @click=${act.askToCancel}>${t("appointment.cancel")}</button>` : nothing}
    ${["cancelled", "absent"].includes(mine.appointment.status) ? html`<a class="button main step" data-again href=${again}>${t("appointment.book_new")}</a>` : nothing}</div>`;
}

const saidView = ({ said, isNew, before, isBusy }, act) => (said || isNew ? html`<div class="notice kept"><p>${said || t("appointment.new")}</p>
  ${before ? html`<button data-move-back ?disabled=${isBusy} @click=${act.moveBack}>${t("appointment.move_back")}</button>` : nothing}</div>` : nothing);

export function appointmentView(mine, act) {
  const { appointment, asking, problem } = mine;
  const isMoving = asking === "day" || asking === "time";
  const hasEntry = ["booked", "absent"].includes(appointment.status);
  const time = { time: clock(new Date(appointment.server_time).toISOString()) };
  return html`<div class="book" data-status=${appointment.status} data-starts-at=${appointment.starts_at} data-busy=${mine.isBusy}>${headerView()}
    <div role="status">${saidView(mine, act)}</div>
    ${nowView(mine)}
    <div role="alert">${problem ? html`<p class="notice alarm">${refusalWords(problem, appointment.needs)}</p>` : nothing}</div>
    ${isMoving ? movingView(mine, act) : asking === "contact" ? correctingView(mine, act) : html`${hasEntry ? entryView(appointment) : nothing}
      ${appointment.status === "booked" ? packView(appointment, act) : nothing}${choicesView(mine, act)}`}
    <footer class="soft">${t(mine.isOffline ? "appointment.offline" : "appointment.updated", time)}<br>${t("booking.by_phone", { address: text(page.branch.address) })}</footer></div>`;
}
