// An appointment on its holder's phone: when and where, the code for the check-in; another time, or not at all.
import { render } from "lit-html";
import { api } from "/static/common/api.js";
import { dateOf, fullDay } from "/static/common/days.js";
import { clock, language, onLanguage, page, t } from "/static/common/i18n.js";
import { appointmentView } from "./appointment_views.js";
import { aSearch, look, lookAgain, lookFurther } from "./free_times.js";
import { pack } from "./packed.js";
import { faultsOf } from "./person.js";

const root = document.getElementById("app");
const LOOK_EVERY_MS = 60_000;
const KEPT_PHONE = "00000"; // none written: the number stays
const path = `/appointments/${page.token}`;
const offset = new Date(page.appointment.server_time) - Date.now();

// `asking`: "cancel", "contact", "day" or "time" while the holder decides; `before`: the time that a move can be taken back to.
const mine = {
  appointment: page.appointment, isNew: new URLSearchParams(location.search).has("new"), asking: null, search: null, date: null,
  before: null, said: "", person: null, faults: {}, problem: null, others: null, isBusy: false, isOffline: false, now: () => Date.now() + offset,
};

const when = ({ starts_at: at }) => `${fullDay(dateOf(at), mine.now())}, ${clock(at)}`;

function change(changes, focus) {
  Object.assign(mine, changes);
  update();
  if (focus) root.querySelector(focus)?.focus();
}

// One thing at a time; a refusal is said in words, and the page shows what is true now. True when it went well.
async function attempt(action) {
  if (mine.isBusy) return false;
  change({ isBusy: true, problem: null, others: null });
  let problem = null;
  try {
    await action();
  } catch (refusal) {
    problem = refusal;
  }
  change({ isBusy: false, problem });
  return !problem;
}

// ── what the holder does ──

async function startMoving() {
  const { appointment } = mine;
  mine.search = aSearch(appointment.branch.code, { services: appointment.services.map(({ code }) => code), needs: appointment.needs, language: appointment.language });
  change({ asking: "day", said: "", before: null }, "#moving");
  await attempt(() => look(mine.search));
}

// At once, wholly or not at all; what was before can be had back while nobody has taken it.
async function moveTo(startsAt, said, before) {
  const moved = async () => { mine.appointment = await api.post(`${path}/move`, { starts_at: startsAt }); };
  if (await attempt(moved)) return change({ asking: null, isNew: false, before, said: t(said, { when: when(mine.appointment) }) }, "h1");
  const { problem } = mine;
  if (mine.asking === "time") await lookAgain(mine.search, mine.date).catch(() => {});
  change({ others: problem.alternatives ?? null, asking: problem.alternatives ? "time" : mine.asking }, "#moving");
}

const ownFields = () => ({ name: mine.appointment.name ?? "", phone: "", email: "" });

// What is left empty stays as it is; the server has the last word, at the field it means.
async function correct(event) {
  event.preventDefault();
  for (const { name, value } of event.target.querySelectorAll("input")) mine.person[name] = value.trim();
  const { name, phone, email } = mine.person;
  const faults = faultsOf({ name, phone: phone || KEPT_PHONE, email });
  if (Object.keys(faults).length) return change({ faults }, "[aria-invalid=true]");
  const body = Object.fromEntries(Object.entries({ name, phone, email }).filter(([field, value]) => value && value !== mine.appointment[field]));
  if (await attempt(async () => { mine.appointment = await api.patch(path, body); })) return change({ asking: null, isNew: false, before: null, said: t("appointment.corrected") }, "h1");
  const told = Object.fromEntries(mine.problem.errors.filter(({ field }) => field in mine.person).map(({ field, message }) => [field, message]));
  if (Object.keys(told).length) change({ faults: told, problem: null }, "[aria-invalid=true]");
}

async function cancel() {
  const gone = async () => { mine.appointment = await api.del(path); };
  await attempt(gone);
  change({ asking: null, said: "", before: null, isNew: false }, "h1");
  if (mine.problem) await refresh();
}

const act = {
  move: startMoving,
  day: (date) => () => change({ asking: "time", date, others: null, problem: null }, "#moving"),
  later: () => attempt(() => lookFurther(mine.search)),
  time: (slot) => () => moveTo(slot.starts_at, "appointment.moved", mine.appointment.starts_at),
  moveBack: () => moveTo(mine.before, "appointment.moved_back", null),
  otherDay: () => change({ asking: "day", others: null, problem: null }, "#moving"),
  keep: () => change({ asking: null, problem: null, others: null }, "[data-move]"),
  askToCorrect: () => change({ asking: "contact", said: "", before: null, person: ownFields(), faults: {} }, "#correcting"),
  correct,
  askToCancel: () => change({ asking: "cancel" }, "[data-keep]"),
  cancel,
  pack: (paper) => ({ target }) => pack(mine.appointment.code, paper, target.checked),
};

// ── what is true now ──

async function refresh() {
  if (mine.isBusy) return;
  const fresh = await api.get(path).catch(() => null);
  if (mine.isBusy) return; // the answer to what was asked meanwhile is newer
  change(fresh ? { appointment: fresh, isOffline: false } : { isOffline: true });
}

function update() {
  document.title = `${t("appointment.page_title")} — ${mine.appointment.code}`;
  render(appointmentView(mine, act), root);
}

const lookIfSeen = () => { if (document.visibilityState === "visible") refresh(); };
onLanguage(update);
document.addEventListener("visibilitychange", lookIfSeen);
addEventListener("online", refresh);
setInterval(lookIfSeen, LOOK_EVERY_MS);
update();
if (mine.isNew) {
  history.replaceState(null, "", `${location.pathname}?lang=${language()}`); // a reload is not a new booking
  root.querySelector("h1").focus();
}
