// What can be done with a time, or with an appointment? Booked for somebody, checked in, moved, cancelled.
import { html, nothing } from "lit-html";
import { api } from "/static/common/api.js";
import { dateOf, fullDay } from "/static/common/days.js";
import { clock, languages, t } from "/static/common/i18n.js";
import { cancelView, change, closeDialog, openDialog, titleView } from "./dialog.js";
import { calendar, load, today, wanted } from "./calendar_state.js";
import { act, canAct, desk, fieldProblem, serviceName, update } from "./state.js";
import { languageName, needWords } from "./words.js";

const CHANNELS = ["phone", "reception"];
export const whenOf = ({ starts_at: at }) => `${fullDay(dateOf(at), desk.now())}, ${clock(at)}`;
export const namesOf = ({ services }) => services.map(serviceName).join(" + ");

// ── a new booking ──

export const openBooking = (slot) => openDialog("book", { slot, language: desk.board.branch.default_language, channel: calendar.channel });

// Kept first, then booked: whoever is faster on the web meanwhile has the time, and this page says so.
async function book(event) {
  event.preventDefault();
  const { name, phone, email } = Object.fromEntries(new FormData(event.target));
  const { slot, language, channel } = desk.dialog;
  const order = { services: wanted(), starts_at: slot.starts_at, language, channel };
  const held = await act("hold", `/branches/${desk.branch}/slot-holds`, order);
  if (!held) return load();
  const who = { name, phone, ...(email.trim() ? { email } : {}) };
  const booked = await act("book", "/appointments", { hold: held.hold, ...who, language }, (one) => t("calendar.booked_said", { code: one.code, when: whenOf(one) }));
  if (booked) closeDialog();
  else await api.del(`/slot-holds/${held.hold}`).catch(() => {}); // so that the next try finds the time free
  await load();
}

function field(name, type) {
  const words = fieldProblem(name);
  return html`<label>${t(`calendar.${name}`)}<input name=${name} type=${type} maxlength="200" autocomplete="off" ?autofocus=${name === "name"} aria-invalid=${words ? "true" : "false"} aria-describedby=${words ? `${name}-fault` : nothing}>
    ${words ? html`<span class="field-error" id=${`${name}-fault`}>${words}</span>` : nothing}</label>`;
}

function chosen(name, value) {
  change({ [name]: value });
  if (name !== "channel") return;
  calendar.channel = value;
  load();
}

const radio = (name, value, words) => html`<label><input type="radio" name=${name} value=${value} .checked=${desk.dialog[name] === value} @change=${() => chosen(name, value)}><span>${words}</span></label>`;

export const bookView = () => html`${titleView(t("calendar.book_title", { when: whenOf(desk.dialog.slot) }))}<p><b>${wanted().map(serviceName).join(" + ")}</b></p>
  <form class="stack" novalidate @submit=${book}>${field("name", "text")}${field("phone", "tel")}${field("email", "email")}
    <fieldset class="segments"><legend>${t("reception.channel")}</legend>${CHANNELS.map((code) => radio("channel", code, t(`reception.channels.${code}`)))}</fieldset>
    <fieldset class="segments"><legend>${t("reception.language")}</legend>${languages().map(({ code, name }) => radio("language", code, html`<span lang=${code}>${name}</span>`))}</fieldset>
    <div class="ends"><button class="main" data-book ?disabled=${!canAct()}>${t("calendar.book")}</button>${cancelView()}</div></form>`;

// ── one that there is ──

export const openAppointment = (appointment) => openDialog("appointment", { appointment, isSure: false });

async function does(name, path, body, said) {
  const answer = await act(name, path, body, said);
  if (answer) closeDialog();
  await load();
}

const checkIn = ({ code }) => does("check-in", `/branches/${desk.branch}/check-in`, { code }, ({ number }) => t("calendar.checked_in", { number }));
const cancel = ({ id, name }) => does("cancel", `/branches/${desk.branch}/appointments/${id}/cancel`, {}, () => t("calendar.cancelled_said", { name: name ?? "" }));

function startMoving(appointment) {
  closeDialog();
  Object.assign(calendar, { moving: appointment, found: null });
  update();
  load();
}

export async function moveTo(appointment, startsAt) {
  const moved = await act("move", `/branches/${desk.branch}/appointments/${appointment.id}/move`, { starts_at: startsAt }, (one) => t("calendar.moved_said", { name: one.name ?? "", when: whenOf(one) }));
  if (moved) calendar.moving = null;
  await load();
}

const row = (name, value) => (value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : nothing);

export function appointmentView() {
  const { appointment, isSure } = desk.dialog;
  const { status } = appointment;
  const isOpen = status === "booked";
  const canCheckIn = ["booked", "absent"].includes(status) && dateOf(appointment.starts_at) === today();
  return html`${titleView(whenOf(appointment))}
    <dl class="facts">${row(t("calendar.who"), appointment.name)}${row(t("calendar.what"), namesOf(appointment))}${row(t("calendar.phone"), appointment.phone)}${row(t("calendar.email_short"), appointment.email)}
      ${row(t("calendar.code"), appointment.code)}${row(t("calendar.state"), t(`calendar.states.${status}`, { number: appointment.number ?? "" }))}${row(t("desk.language"), languageName(appointment.language))}
      ${row(t("calendar.needs"), appointment.needs.map((need) => needWords(need, appointment)).join(", "))}</dl>
    ${isSure ? html`<p>${t("calendar.cancel_sure")}</p><div class="ends"><button type="button" class="alarm" data-cancel-yes ?disabled=${!canAct()} @click=${() => cancel(appointment)}>${t("calendar.cancel_yes")}</button><button type="button" data-keep @click=${() => change({ isSure: false })}>${t("calendar.cancel_no")}</button></div>`
      : html`<div class="ends">${canCheckIn ? html`<button type="button" class="main" data-check-in ?disabled=${!canAct()} @click=${() => checkIn(appointment)}>${t("calendar.check_in")}</button>` : nothing}
        ${isOpen ? html`<button type="button" data-move @click=${() => startMoving(appointment)}>${t("calendar.move")}</button><button type="button" class="alarm" data-cancel @click=${() => change({ isSure: true })}>${t("calendar.cancel")}</button>` : nothing}${cancelView(t("common.close"))}</div>`}`;
}
