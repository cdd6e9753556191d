// Which times are free? By day, the nearest first, a week at a time; and whether another office is sooner.
import { api } from "/static/common/api.js";
import { dateOf, daysAfter } from "/static/common/days.js";
import { worked } from "./proof.js";

const WEEK = 7;
const MONTH = 31;

/* branch: its code; wish: {services: [code], needs: [code], language}. Then `days` is [{date, slots}], `elsewhere` the
   sooner offer of another office, `isOver` that no later day is free yet. */
export const aSearch = (branch, wish) => ({ branch, wish, days: [], next: null, elsewhere: null, isOver: false });

function queryOf({ services, needs, language }, more = {}) {
  return new URLSearchParams({ service: services.join(","), ...(needs.length ? { needs: needs.join(","), language } : {}), ...more });
}

const between = (search, from, days) => worked((proof) => api.get(`/branches/${search.branch}/slots?${queryOf(search.wish, { from, to: daysAfter(from, days - 1) })}`, proof));

function add(search, slots) {
  for (const slot of slots) {
    const date = dateOf(slot.starts_at);
    const day = search.days.find((one) => one.date === date);
    if (day) day.slots.push(slot);
    else search.days.push({ date, slots: [slot] });
  }
}

// The week that begins with the first free day.
export async function look(search) {
  const offers = await api.get(`/nearest-slots?${queryOf(search.wish)}`);
  const here = offers.find(({ branch }) => branch.code === search.branch);
  const other = offers.find(({ branch }) => branch.code !== search.branch);
  search.elsewhere = other && (!here || dateOf(other.starts_at) < dateOf(here.starts_at)) ? other : null;
  search.days = [];
  search.isOver = !here;
  if (!here) return;
  const first = dateOf(here.starts_at);
  add(search, await between(search, first, WEEK));
  search.next = daysAfter(first, WEEK);
}

// One more week; where it has nothing, the month after it.
export async function lookFurther(search) {
  for (const days of [WEEK, MONTH]) {
    const slots = await between(search, search.next, days);
    search.next = daysAfter(search.next, days);
    if (slots.length) return add(search, slots);
  }
  search.isOver = true;
}

// One day as it is now: times go while somebody reads.
export async function lookAgain(search, date) {
  const slots = await between(search, date, 1);
  search.days = search.days.filter((day) => day.date !== date || slots.length);
  for (const day of search.days) if (day.date === date) day.slots = slots;
}
