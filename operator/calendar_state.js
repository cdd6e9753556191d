// What does the calendar know? The days shown, who is booked, what is free for the service chosen, what does not fit.
import { api } from "/static/common/api.js";
import { dateOf, daysAfter } from "/static/common/days.js";
import { desk, root, update } from "./state.js";

const WEEK = 7;

// `channel` is how those to be booked ask: by phone or at the reception, each with slots of its own where quotas are set.
// `moving` is the appointment for which another time is looked for: then free times are those that it may go to.
export const calendar = {
  view: "day", date: null, days: [], slots: [], services: [], service: null, conflicts: [], found: null, moving: null, problem: null, isLoaded: false,
  channel: "phone",
};
let loads = 0;

const isoWeekday = (date) => (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;
export const firstDay = () => (calendar.view === "day" ? calendar.date : daysAfter(calendar.date, -isoWeekday(calendar.date)));
export const today = () => dateOf(desk.now());
export const wanted = () => calendar.moving?.services ?? (calendar.service ? [calendar.service] : []);

// Only the newest look counts.
export async function load() {
  const turn = (loads += 1);
  const base = `/branches/${desk.branch}`;
  const from = firstDay();
  const days = new URLSearchParams({ from, to: calendar.view === "day" ? from : daysAfter(from, WEEK - 1) });
  const search = new URLSearchParams([...days, ["service", wanted().join(",")], ["channel", calendar.moving ? "reception" : calendar.channel], ...(calendar.moving?.needs.length ? [["needs", calendar.moving.needs.join(",")], ["language", calendar.moving.language]] : [])]);
  try {
    const [shown, slots, conflicts] = await Promise.all([
      api.get(`${base}/calendar?${days}`), wanted().length ? api.get(`${base}/slots?${search}`) : [], api.get(`${base}/appointment-conflicts`),
    ]);
    if (turn === loads) Object.assign(calendar, { days: shown, slots, conflicts, problem: null, isLoaded: true });
  } catch (problem) {
    if (turn === loads) calendar.problem = problem;
  }
  update();
}

export async function loadServices() {
  calendar.services = (await api.get(`/branches/${desk.branch}/services`)).filter(({ bookable }) => bookable);
  calendar.service = calendar.services[0]?.code ?? null;
}

export function show(changes, focus) {
  Object.assign(calendar, changes);
  Object.assign(desk, { said: "", problem: null });
  update();
  if (focus) root.querySelector(focus)?.focus();
  return load();
}

export async function find(text) {
  try {
    calendar.found = text.trim().length < 2 ? null : await api.get(`/branches/${desk.branch}/appointments?${new URLSearchParams({ q: text.trim() })}`);
    calendar.problem = null;
  } catch (problem) {
    Object.assign(calendar, { found: null, problem });
  }
  update();
}

export const freeOn = (date) => calendar.slots.filter((slot) => dateOf(slot.starts_at) === date);
