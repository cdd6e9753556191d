// How are days and times offered? Large, the nearest first, one tap each.
import { html, nothing } from "lit-html";
import { dateOf, dayName, fullDay, isElsewhere, nearName, plainDay } from "/static/common/days.js";
import { clock, language, page, t, text } from "/static/common/i18n.js";

const NOON = 12;
const EVENING = 17;
const partOf = ({ starts_at: at }) => (parseInt(clock(at), 10) < NOON ? "morning" : parseInt(clock(at), 10) < EVENING ? "afternoon" : "evening");

function dayView({ date, slots }, now, act) {
  const near = nearName(date, now);
  return html`<li><button data-day=${date} @click=${act.day(date)}><span>${near ? html`<b>${near}</b>, ${plainDay(date, now)}` : dayName(date, now)}</span>
    <small>${t(`booking.${slots.length > 1 ? "free_between" : "free_at"}`, { from: clock(slots[0].starts_at), to: clock(slots.at(-1).starts_at) })}</small></button></li>`;
}

const linkTo = (branch, { services, needs }) => `/book/${branch.code}?${new URLSearchParams({ service: services.join(","), ...(needs.length ? { needs: needs.join(",") } : {}), lang: language() })}`;

const elsewhereView = ({ branch, starts_at: at }, wish, now) => html`<a class="card elsewhere" data-elsewhere=${branch.code} href=${linkTo(branch, wish)}>
  <strong>${t("booking.elsewhere")}</strong><span>${fullDay(dateOf(at), now)}, ${clock(at)} — ${text(branch.name)}, ${text(branch.address)}</span></a>`;

export const daysView = ({ search, isBusy, now }, act) => html`
  ${search.days.length ? html`<ul class="days">${search.days.map((day) => dayView(day, now(), act))}</ul>`
    : isBusy ? html`<p class="soft" role="status">${t("booking.looking")}</p>` : html`<p class="notice">${t("booking.no_days")}</p>`}
  ${search.elsewhere ? elsewhereView(search.elsewhere, search.wish, now()) : nothing}
  ${search.days.length && !search.isOver ? html`<button data-later ?disabled=${isBusy} @click=${act.later}>${t("booking.later_days")}</button>` : nothing}
  ${search.days.length && search.isOver ? html`<p class="soft">${t("booking.no_later_days")}</p>` : nothing}`;

const timeButton = (slot, isBusy, act) => html`<button data-time=${slot.starts_at} ?disabled=${isBusy} @click=${act.time(slot)}>${clock(slot.starts_at)}</button>`;

export function timesView(slots, isBusy, act) {
  const parts = ["morning", "afternoon", "evening"].map((name) => ({ name, slots: slots.filter((slot) => partOf(slot) === name) }));
  return html`${slots.length && isElsewhere(slots[0].starts_at) ? html`<p class="notice">${t("booking.office_time", { zone: page.branch.time_zone })}</p>` : nothing}
    ${parts.filter((part) => part.slots.length).map((part) => html`<section class="times"><h2>${t(`booking.${part.name}`)}</h2>
      <div>${part.slots.map((slot) => timeButton(slot, isBusy, act))}</div></section>`)}`;
}

// Times near one that was taken: with their days.
export const othersView = ({ others, isBusy, now }, act) => html`<section class="others"><h2>${t("booking.others")}</h2>
  <ul class="days">${others.map((slot) => html`<li><button data-time=${slot.starts_at} ?disabled=${isBusy} @click=${act.time(slot)}><span><b>${clock(slot.starts_at)}</b> ${fullDay(dateOf(slot.starts_at), now())}</span></button></li>`)}</ul></section>`;

export function papersOf(services) {
  const all = services.flatMap(({ documents }) => documents);
  return all.filter((paper, i) => all.findIndex((other) => text(other.name) === text(paper.name)) === i);
}
export const noteOf = (paper) => [paper.required ? "" : t("booking.if_you_have_it"), text(paper.note)].filter(Boolean).join(", ");
