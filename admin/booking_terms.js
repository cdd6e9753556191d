// How may a service be booked? Its terms, as a part of the form of a service.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { t } from "/static/common/i18n.js";
import { edited, fault } from "./admin.js";
import { check, field, invalid, wrong } from "./forms.js";

// What the server takes when nothing else is said (rules/booking.py); shown so that an admin sees what applies.
const USUAL = {
  bookable: true, minutes: 15, every_minutes: null, buffer_minutes: 0, walk_in_percent: 0, lead_minutes: 0, horizon_days: 30, opens_at: "00:00", quotas: {},
  overbooking_percent: 0, hold_minutes: 10, reminder_hours: [24, 2], offer_minutes: 60,
};
const NUMBERS = [["minutes", 1, 480], ["buffer_minutes", 0, 120], ["walk_in_percent", 0, 100], ["lead_minutes", 0, 43200], ["horizon_days", 0, 366], ["hold_minutes", 1, 60], ["offer_minutes", 10, 1440], ["overbooking_percent", 0, 100]];
const QUOTAS = ["web", "phone", "reception"];
const LIMITS = [["bookings_per_contact", 100], ["bookings_per_address", 1000], ["holds_per_address", 1000], ["proof_of_work", 10_000_000], ["draw_minutes", 1440]];
const PROTECTIONS = ["one_hold", "name_fixed", "delayed_release", "waiting_list"];

const number = (booking, [name, min, max]) => field(booking, name, t(`rosters.terms.${name}`), { path: `booking.${name}`, type: "number", min, max });

// Several, as "24, 2"; what is no number is sent as it is, so that the server says what is wrong.
function remindersView(booking) {
  const words = fault("booking.reminder_hours") ?? booking.reminder_hours.map((_, i) => fault(`booking.reminder_hours.${i}`)).find(Boolean);
  const set = ({ target }) => { booking.reminder_hours = target.value.split(/[\s,;]+/).filter(Boolean).map((part) => (/^\d+$/.test(part) ? Number(part) : part)); edited(); };
  return html`<label>${t("rosters.terms.reminder_hours")}<input name="booking.reminder_hours" autocomplete="off" .value=${live(booking.reminder_hours.join(", "))} @change=${set} aria-invalid=${invalid(words)}>${wrong(words)}</label>`;
}

// Empty means no limit: then nothing is named for the channel.
function quotasView(booking) {
  const set = (name) => ({ target }) => {
    const { [name]: _, ...others } = booking.quotas;
    booking.quotas = target.value.trim() ? { ...others, [name]: Number(target.value) } : others;
    edited();
  };
  const quota = (name) => { const words = fault(`booking.quotas.${name}`); return html`<label>${t(`rosters.terms.quota.${name}`)}<input type="number" min="0" max="100" name=${`booking.quotas.${name}`} autocomplete="off" .value=${live(String(booking.quotas[name] ?? ""))} @change=${set(name)} aria-invalid=${invalid(words)}>${wrong(words)}</label>`; };
  return html`<fieldset data-quotas><legend>${t("rosters.terms.quotas")}</legend><div class="pair">${QUOTAS.map(quota)}</div></fieldset>`;
}

function protectionsView(booking) {
  const { protections } = booking;
  return protections ? html`<fieldset><legend>${t("rosters.terms.protections")}</legend>${PROTECTIONS.map((name) => check(protections, name, t(`rosters.terms.${name}`), { path: `booking.protections.${name}` }))}
    <p class="soft">${t("rosters.terms.no_limit")}</p><div class="pair">${LIMITS.map(([name, max]) => field(protections, name, t(`rosters.terms.${name}`), { path: `booking.protections.${name}`, type: "number", min: 0, max }))}</div></fieldset>` : nothing;
}

export function bookingView(draft) {
  const { booking } = draft;
  const isOn = Boolean(booking?.bookable);
  const set = ({ target }) => { draft.booking = { ...USUAL, ...(booking ?? {}), bookable: target.checked }; edited(); };
  return html`<fieldset data-booking><legend>${t("rosters.terms.title")}</legend><label class="check"><input type="checkbox" name="booking.bookable" .checked=${live(isOn)} @change=${set}>${t("rosters.terms.bookable")}</label>${wrong(fault("booking"))}
    ${isOn ? html`<div class="pair">${NUMBERS.map((one) => number(booking, one))}${field(booking, "opens_at", t("rosters.terms.opens_at"), { path: "booking.opens_at" })}${remindersView(booking)}</div>${quotasView(booking)}${protectionsView(booking)}` : nothing}</fieldset>`;
}
