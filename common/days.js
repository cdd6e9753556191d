// Which day is that? Dates of the branch, by name: "tomorrow", "Thursday, 26 November".
import { language, page } from "./i18n.js";

const DAY_MS = 86_400_000;
const zone = () => (page.branch?.time_zone ? { timeZone: page.branch.time_zone } : {});
const noon = (date) => new Date(`${date}T12:00:00Z`);
const capital = (words) => words.charAt(0).toLocaleUpperCase(language()) + words.slice(1);

// The date of a moment where the office is, as 2026-11-26.
export const dateOf = (moment) => new Intl.DateTimeFormat("en-CA", { ...zone(), year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(moment));

export const daysAfter = (date, days) => new Date(noon(date).getTime() + days * DAY_MS).toISOString().slice(0, 10);

// As it stands within a sentence.
export function plainDay(date, now = Date.now()) {
  const year = date.slice(0, 4) === dateOf(now).slice(0, 4) ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(language(), { weekday: "long", day: "numeric", month: "long", ...year, timeZone: "UTC" }).format(noon(date));
}

// "Thursday, 26 November", of a date; with the year where it is not this one.
export const dayName = (date, now = Date.now()) => capital(plainDay(date, now));

// "Today", "Tomorrow", or nothing.
export function nearName(date, now = Date.now()) {
  const away = Math.round((noon(date) - noon(dateOf(now))) / DAY_MS);
  return away === 0 || away === 1 ? capital(new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(away, "day")) : "";
}

// "Tomorrow, Thursday, 26 November"
export const fullDay = (date, now) => capital([nearName(date, now), plainDay(date, now)].filter(Boolean).join(", "));

// Whether the times shown are not those of the clock beside the visitor.
export const isElsewhere = (moment) => {
  const at = new Date(moment);
  const hour = (options) => new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", day: "2-digit", ...options }).format(at);
  return hour(zone()) !== hour({});
};
