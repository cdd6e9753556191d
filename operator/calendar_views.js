// How do days look? One day by time, a week side by side; beside them who is looked for, and who needs another time.
import { html, nothing } from "lit-html";
import { dateOf, dayName, daysAfter, fullDay } from "/static/common/days.js";
import { clock, t, text } from "/static/common/i18n.js";
import { moveTo, namesOf, openAppointment, openBooking, whenOf } from "./calendar_dialogs.js";
import { calendar, find, firstDay, freeOn, show, today } from "./calendar_state.js";
import { canAct, desk } from "./state.js";

const VIEWS = { day: 1, week: 7 };

export const toolsView = () => html`<div class="tools card">
  <div class="ends"><button type="button" data-before aria-label=${t("calendar.before")} @click=${() => show({ date: daysAfter(calendar.date, -VIEWS[calendar.view]) })}>←</button>
    <button type="button" data-today @click=${() => show({ date: today() })}>${t("calendar.today")}</button>
    <button type="button" data-after aria-label=${t("calendar.after")} @click=${() => show({ date: daysAfter(calendar.date, VIEWS[calendar.view]) })}>→</button>
    <label class="date"><span class="hidden-text">${t("calendar.date")}</span><input type="date" name="date" .value=${calendar.date} @change=${({ target }) => target.value && show({ date: target.value })}></label></div>
  <fieldset class="segments" aria-label=${t("calendar.view")}>${Object.keys(VIEWS).map((view) => html`<label><input type="radio" name="view" value=${view} .checked=${calendar.view === view} @change=${() => show({ view })}><span>${t(`calendar.views.${view}`)}</span></label>`)}</fieldset>
  ${calendar.moving ? nothing : html`<label class="service">${t("calendar.free_for")}<select name="service" @change=${({ target }) => show({ service: target.value })}>${calendar.services.map(({ code, name }) => html`<option value=${code} ?selected=${code === calendar.service}>${text(name)}</option>`)}</select></label>`}</div>`;

export const movingView = () => (calendar.moving ? html`<div class="notice moving" role="status"><p>${t("calendar.moving", { name: calendar.moving.name ?? "", when: whenOf(calendar.moving) })}</p>
  <button type="button" data-stop-moving @click=${() => show({ moving: null })}>${t("calendar.stop_moving")}</button></div>` : nothing);

// ── a day: by time, who is booked and what is free ──

function rowsOf(day) {
  const rows = new Map();
  const row = (at) => rows.get(at) ?? rows.set(at, { at, booked: [], slot: null }).get(at);
  for (const one of day.appointments) row(one.starts_at).booked.push(one);
  for (const slot of freeOn(day.date)) row(slot.starts_at).slot = slot;
  return [...rows.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
}

const stateOf = (one) => (one.status === "booked" ? nothing : html` <span class="state-of">${t(`calendar.states.${one.status}`, { number: one.number ?? "" })}</span>`);
const fitOf = (one) => (one.fits === false && one.status === "booked" ? html` <span class="state-of warn">${t("calendar.does_not_fit")}</span>` : nothing);

const bookedButton = (one) => html`<button type="button" class="booked ${one.status}" data-appointment=${one.code} @click=${() => openAppointment(one)}><span><b>${one.name ?? one.code}</b> ${namesOf(one)}${stateOf(one)}${fitOf(one)}</span></button>`;

const freeWords = (slot) => (calendar.moving ? t("calendar.move_here") : t("calendar.free", { n: slot.free }));
const freeButton = (slot) => html`<button type="button" class="free" data-free=${slot.starts_at} ?disabled=${!canAct()} @click=${() => (calendar.moving ? moveTo(calendar.moving, slot.starts_at) : openBooking(slot))}><span class="hidden-text">${clock(slot.starts_at)}</span>${freeWords(slot)}</button>`;

const windowsView = ({ windows }) => {
  const staffed = windows.filter((window) => window.staffed.length);
  const spans = ({ staffed: all }) => all.map(([from, to]) => `${clock(from)}–${clock(to)}`).join(", ");
  if (!staffed.length) return html`<p class="soft">${t("calendar.nobody_staffed")}</p>`;
  return html`<details><summary>${t("calendar.windows", { n: staffed.length })}</summary><ul>${staffed.map((window) => html`<li>${t("calendar.staffed", { window: window.window, spans: spans(window) })}</li>`)}</ul></details>`;
};

function dayView(day) {
  const rows = rowsOf(day);
  return html`<section class="card" data-date=${day.date}><h2 tabindex="-1">${fullDay(day.date, desk.now())}</h2>${windowsView(day)}
    ${rows.length ? html`<ol class="day">${rows.map(({ at, booked, slot }) => html`<li><span class="at number">${clock(at)}</span><div>${booked.map(bookedButton)}${slot ? freeButton(slot) : nothing}</div></li>`)}</ol>` : html`<p>${t("calendar.empty")}</p>`}</section>`;
}

function weekDayView(day) {
  const free = freeOn(day.date);
  return html`<section class="card ${day.date === today() ? "today" : ""}" data-date=${day.date}><h2><button type="button" class="quiet" data-open=${day.date} @click=${() => show({ view: "day", date: day.date })}>${dayName(day.date, desk.now())}</button></h2>
    <p class="soft">${t("calendar.counts", { booked: day.appointments.length, free: free.reduce((sum, slot) => sum + slot.free, 0) })}</p>
    <ol>${day.appointments.map((one) => html`<li><span class="at number">${clock(one.starts_at)}</span>${bookedButton(one)}</li>`)}</ol>
    ${free.length ? html`<details><summary>${t("calendar.first_free", { time: clock(free[0].starts_at) })}</summary><ol>${free.map((slot) => html`<li><span class="at number">${clock(slot.starts_at)}</span>${freeButton(slot)}</li>`)}</ol></details>` : nothing}</section>`;
}

export function daysView() {
  if (!calendar.isLoaded) return html`<p class="soft" role="status">${t("calendar.loading")}</p>`;
  return calendar.view === "day" ? html`${calendar.days.filter(({ date }) => date === firstDay()).map(dayView)}` : html`<div class="week">${calendar.days.map(weekDayView)}</div>`;
}

// ── at the side ──

// On the day of the appointment the time says enough.
function offerButton(one, slot) {
  const words = dateOf(slot.starts_at) === dateOf(one.starts_at) ? clock(slot.starts_at) : whenOf(slot);
  return html`<button type="button" class="small" data-offer=${slot.starts_at} aria-label=${whenOf(slot)} ?disabled=${!canAct()} @click=${() => moveTo(one, slot.starts_at)}>${words}</button>`;
}

export const conflictsView = () => (calendar.conflicts.length ? html`<section class="card conflicts" data-conflicts><h2>${t("calendar.conflicts", { n: calendar.conflicts.length })}</h2><p class="soft">${t("calendar.conflicts_mean")}</p>
  <ul>${calendar.conflicts.map((one) => html`<li data-conflict=${one.code}><button type="button" class="booked" @click=${() => openAppointment(one)}><span><b>${one.name ?? one.code}</b> ${namesOf(one)}<br>${whenOf(one)}${one.phone ? html`<br>${one.phone}` : nothing}</span></button>
    ${one.alternatives.length ? html`<div class="ends" role="group" aria-label=${t("calendar.move_to")}><span>${t("calendar.move_to")}</span>${one.alternatives.map((slot) => offerButton(one, slot))}</div>` : html`<p class="soft">${t("calendar.no_offer")}</p>`}</li>`)}</ul></section>` : nothing);

function submit(event) {
  event.preventDefault();
  find(event.target.elements.find.value);
}

export const searchView = () => html`<section class="card"><h2>${t("calendar.find")}</h2>
  <form class="find" role="search" @submit=${submit}><label class="hidden-text" for="find">${t("calendar.find_what")}</label><input id="find" name="find" maxlength="100" autocomplete="off" placeholder=${t("calendar.find_what")}><button>${t("reception.find_now")}</button></form>
  <div role="status">${calendar.found ? (calendar.found.length ? t("calendar.found", { n: calendar.found.length }) : t("calendar.nobody_found")) : nothing}</div>
  ${calendar.found?.length ? html`<ul class="results">${calendar.found.map((one) => html`<li>${bookedButton(one)}<small class="soft">${whenOf(one)} · ${one.code}</small></li>`)}</ul>` : nothing}</section>`;
