// Booking a visit: what for (one service or several), which day, which time, who; a last look, and it is booked. The slot is kept meanwhile.
import { render } from "lit-html";
import { api, newKey } from "/static/common/api.js";
import { dateOf, daysAfter } from "/static/common/days.js";
import { language, onLanguage, page, t } from "/static/common/i18n.js";
import { NEEDS } from "/static/common/words.js";
import { STEPS, bookView } from "./book_views.js";
import { aSearch, look, lookAgain, lookFurther } from "./free_times.js";
import { faultsOf } from "./person.js";
import { worked } from "./proof.js";

const root = document.getElementById("app");
const code = page.branch.code;
const offset = new Date(page.branch.server_time) - Date.now();
// By this the server tells one browser from another: whoever chooses another time lets go of the one before.
const holder = sessionStorage.getItem("holder") ?? newKey();
sessionStorage.setItem("holder", holder);

const visit = {
  step: "service", services: null, draws: [], filter: "", chosen: [], search: null, date: null, hold: null, needs: [],
  person: { name: "", phone: "", email: "" }, faults: {}, problem: null, others: null, isBusy: false, attempt: null,
  now: () => Date.now() + offset,
};

// ── from step to step; the browser's own Back is one step back ──

function show(step, changes = {}) {
  Object.assign(visit, { problem: null, faults: {}, others: null }, changes, { step });
  update();
  scrollTo(0, 0);
  root.querySelector("h1")?.focus();
}

const codes = () => visit.chosen.map((service) => service.code);

function addressOf() {
  const query = new URLSearchParams({ ...(visit.chosen.length ? { service: codes().join(",") } : {}), ...(new URLSearchParams(location.search).has("lang") ? { lang: language() } : {}) });
  return `${location.pathname}${query.size ? `?${query}` : ""}`;
}

function go(step, changes = {}) {
  show(step, changes);
  history.pushState({ step }, "", addressOf());
}

// A step whose choices are not there any more is not gone to.
function reachable(step) {
  if (step !== "service" && !visit.chosen.length) return "service";
  if (step === "draw" && !visit.draws.some(({ service }) => codes().join() === service)) return "day";
  if (["more", "wait", "draw"].includes(step)) return visit.search ? step : "day";
  if (STEPS.indexOf(step) > STEPS.indexOf("time") && !visit.hold) return "day";
  return step === "time" && !visit.date ? "day" : step;
}

async function onBack({ state }) {
  const step = reachable(state?.step ?? "service");
  show(step);
  if (!["day", "time"].includes(step)) return;
  await attempt(async () => {
    await letGo(); // first, so that the time is among the free ones again
    await (step === "time" ? lookAgain(visit.search, visit.date) : look(visit.search));
  });
}

async function letGo() {
  if (!visit.hold) return;
  const { hold } = visit.hold;
  visit.hold = null;
  await api.del(`/slot-holds/${hold}`).catch(() => {}); // it ends by itself as well
}

// Runs one thing at a time; a refusal is said in words. True when it went well.
async function attempt(action) {
  if (visit.isBusy) return false;
  Object.assign(visit, { isBusy: true, problem: null });
  update();
  try {
    await action();
    return true;
  } catch (problem) {
    visit.problem = problem;
    return false;
  } finally {
    visit.isBusy = false;
    update();
  }
}

// ── what a visitor does ──

const newSearch = () => aSearch(code, { services: codes(), needs: visit.needs, language: language() });

async function choose(services) {
  visit.chosen = services;
  visit.search = newSearch();
  go("day", { date: null });
  await attempt(() => look(visit.search));
}

// Only windows that can meet what somebody needs count: the days are looked for anew.
async function changeNeeds({ currentTarget }) {
  visit.needs = checkedNeeds(currentTarget);
  visit.search = newSearch();
  await attempt(() => look(visit.search));
}

const checkedNeeds = (form) => Array.from(form.querySelectorAll("[name=need]:checked"), ({ value }) => value);

function keep(startsAt) {
  const asked = { services: codes(), starts_at: startsAt, needs: visit.needs, language: language(), holder };
  return attempt(async () => { visit.hold = await worked((headers) => api.post(`/branches/${code}/slot-holds`, asked, { headers })); });
}

async function chooseTime({ starts_at }) {
  if (await keep(starts_at)) {
    visit.date = dateOf(starts_at);
    return go("who");
  }
  await taken();
}

// Somebody was faster: what else is there? The page shows the times as they are now.
async function taken() {
  const { problem } = visit;
  if (!problem.alternatives) return root.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
  if (visit.step !== "time") go("time", { hold: null });
  await lookAgain(visit.search, visit.date).catch(() => {});
  Object.assign(visit, { problem, others: problem.alternatives });
  update();
  root.querySelector("h1").focus();
  scrollTo(0, 0);
}

// What the form says; false when something of it is plainly wrong, which is told at its field then.
function isWritten(event) {
  event.preventDefault();
  for (const name of ["name", "phone", "email"]) visit.person[name] = event.target.elements[name].value.trim();
  visit.needs = checkedNeeds(event.target);
  visit.faults = faultsOf(visit.person);
  if (!Object.keys(visit.faults).length) return true;
  showFaults();
  return false;
}

const personFields = ({ name, phone, email }) => ({ name, phone, ...(email ? { email } : {}), language: language(), needs: visit.needs });

// To be told when a time comes free before the first day that has one; where none has, within a month.
function join(event) {
  const [first] = visit.search.days;
  return enter(event, "waiting-list", first ? { to: daysAfter(first.date, -1) } : {});
}

async function enter(event, where, days = {}) {
  if (!isWritten(event)) return;
  const body = { services: codes(), ...personFields(visit.person), ...days };
  let entry;
  if (await attempt(async () => { entry = await worked((headers) => api.post(`/branches/${code}/${where}`, body, { headers })); })) {
    return location.replace(`${new URL(entry.status_url).pathname}?lang=${language()}`);
  }
  if (!tellAtFields()) root.querySelector("[role=alert]").scrollIntoView({ block: "center" });
}

function showFaults() {
  update();
  root.querySelector("[aria-invalid=true]")?.focus();
}

// However often it is sent, one appointment comes of one form.
async function book() {
  const body = { hold: visit.hold.hold, ...personFields(visit.person) };
  const sent = JSON.stringify(body);
  if (visit.attempt?.sent !== sent) visit.attempt = { sent, key: newKey() };
  let booked;
  if (await attempt(async () => { booked = await api.post("/appointments", body, { key: visit.attempt.key }); })) {
    return location.replace(`${new URL(booked.status_url).pathname}?new&lang=${language()}`);
  }
  if (!tellAtFields()) await taken();
}

// What the server found wrong with a field is told there; false when it was something else.
function tellAtFields() {
  const faults = Object.fromEntries(visit.problem.errors.filter(({ field }) => field in visit.person).map(({ field, message }) => [field, message]));
  if (!Object.keys(faults).length) return false;
  if (visit.step === "review") go("who", { faults });
  else Object.assign(visit, { faults, problem: null });
  showFaults();
  return true;
}

async function keepLonger() {
  if (!(await keep(visit.hold.starts_at)) && visit.problem.alternatives) await taken();
  root.querySelector("h1").focus();
}

const act = {
  service: (service) => () => choose(visit.step === "more" ? [...visit.chosen, service] : [service]),
  more: () => go("more", { filter: "" }),
  without: (service) => () => choose(visit.chosen.filter((one) => one !== service)),
  needs: changeNeeds,
  filter: ({ target }) => { visit.filter = target.value; update(); },
  day: (date) => () => go("time", { date }),
  later: () => attempt(() => lookFurther(visit.search)),
  time: (slot) => () => chooseTime(slot),
  allTimes: () => show("time"),
  review: (event) => isWritten(event) && go("review"),
  wait: () => go("wait"),
  join,
  draw: () => go("draw"),
  signUp: (event) => enter(event, "draws"),
  book,
  keepLonger,
  back: () => history.back(),
};

// ── what the page shows ──

function update() {
  document.title = `${t(`booking.titles.${visit.step}`)} — ${t("booking.page_title")}`;
  render(bookView(visit, act), root);
}

async function loadServices() {
  visit.services = (await api.get(`/branches/${code}/services`)).filter(({ bookable }) => bookable);
  if (visit.services.some(({ draw }) => draw)) visit.draws = await api.get(`/branches/${code}/draws`);
}

async function begin() {
  update();
  if (!(await attempt(loadServices))) return;
  const query = new URLSearchParams(location.search);
  const wanted = (query.get("service") ?? "").split(",").map((one) => visit.services.find((service) => service.code === one)).filter(Boolean);
  visit.needs = (query.get("needs") ?? "").split(",").filter((need) => NEEDS.includes(need));
  history.replaceState({ step: "service" }, "");
  if (wanted.length) await choose([...new Set(wanted)]);
}

onLanguage(update);
addEventListener("popstate", onBack);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
setInterval(() => { if (visit.hold) update(); }, 5000);
begin();
