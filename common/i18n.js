// In which words? Texts of the page in the language chosen; multilingual data with its fallbacks; times of the branch.
export const page = JSON.parse(document.getElementById("page-data").textContent);
const listeners = new Set();
let current = page.language;

export const language = () => current;
export const languages = () => page.languages;

export function setLanguage(code) {
  if (!page.texts[code] || code === current) return;
  current = code;
  document.documentElement.lang = code;
  document.documentElement.dir = ["ar", "he", "fa"].includes(code) ? "rtl" : "ltr";
  listeners.forEach((listener) => listener(code));
}

export function onLanguage(listener) {
  listeners.add(listener);
}

// t("kiosk.waiting", {n: 4}): {n} is filled in; an object of plural forms is chosen by n.
export function t(key, params = {}, code = current) {
  const found = look(key, code) ?? look(key, page.fallback) ?? "";
  const words = typeof found === "object" ? plural(found, params.n, code) : found;
  return words.replace(/\{(\w+)\}/g, (all, name) => params[name] ?? all);
}

const look = (key, code) => key.split(".").reduce((part, name) => part?.[name], page.texts[code]);
const plural = (forms, n, code) => forms[new Intl.PluralRules(code).select(n)] ?? forms.other;

// A text that an admin entered, {"ru": …, "en": …}: in this language, else the branch's own, else whatever there is.
export function text(byLanguage, code = current) {
  const texts = byLanguage ?? {};
  return texts[code] || texts[page.branch?.default_language] || Object.values(texts).find(Boolean) || "";
}

const zone = () => (page.branch?.time_zone ? { timeZone: page.branch.time_zone } : {});

// HH:MM in the branch's time zone.
export function clock(iso, code = current) {
  if (!iso) return "";
  return new Intl.DateTimeFormat(code, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone() }).format(new Date(iso));
}

// When something closes: the end of the day is 24:00, not the beginning of the next.
export const closing = (iso, code = current) => clock(iso, code).replace("00:00", "24:00");

// HH:MM for today, with the weekday for another day.
export function dayAndClock(iso, now = Date.now(), code = current) {
  const day = (at) => new Intl.DateTimeFormat("en-CA", zone()).format(at);
  const at = new Date(iso);
  if (day(at) === day(new Date(now))) return clock(iso, code);
  const weekday = new Intl.DateTimeFormat(code, { weekday: "long", ...zone() }).format(at);
  return `${weekday}, ${clock(iso, code)}`;
}

// A measured figure with its decimal sign, and a minus that is no hyphen.
export const oneDecimal = (value, code = current) => value.toLocaleString(code, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).replace("-", "−");

export const minutesSince = (iso, now) => Math.max(0, Math.floor((now - new Date(iso)) / 60000));
