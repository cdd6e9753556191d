// What will the next hour be like, what if a window opened, and what does a usual day need? Beside the hall.
import { html, nothing, svg } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, t, text } from "/static/common/i18n.js";
import { waitWords } from "/static/common/words.js";
import { desk, serviceName, update } from "./state.js";

const LOOK_EVERY_MS = 20000;
const DAY_EVERY_MS = 1500; // while it is being worked out
const SLOW_MS = 2000;
const ahead = { branch: null, found: null, problem: null, lookAt: 0, isLooking: false };
const trial = { window: "", services: null, answer: null, problem: null, beganAt: 0, isBusy: false };

const percent = (value) => (value === null ? "—" : t("forecast.percent", { n: Math.round(value) }));
const names = (codes) => codes.map(serviceName).join(", ");
const windowNow = (code) => desk.board.windows.find((window) => window.code === code);

// ── asking the server ──

async function look() {
  if (ahead.isLooking || Date.now() < ahead.lookAt || document.visibilityState !== "visible") return;
  ahead.isLooking = true;
  try {
    ahead.found = await api.get(`/branches/${desk.branch}/windows-needed`);
    ahead.problem = null;
  } catch (problem) {
    ahead.problem = problem.words;
  }
  const isGrowing = ahead.found?.day && !ahead.found.day.is_complete;
  Object.assign(ahead, { isLooking: false, lookAt: Date.now() + (isGrowing ? DAY_EVERY_MS : LOOK_EVERY_MS) });
  update();
}

async function tryIt() {
  const { window, services } = trial;
  const query = new URLSearchParams({ open: window, ...(services ? { services: services.join(",") } : {}) });
  Object.assign(trial, { isBusy: true, beganAt: Date.now(), answer: null, problem: null });
  update();
  try {
    const answer = await api.get(`/branches/${desk.branch}/what-if?${query}`);
    if (trial.window === window) trial.answer = answer;
  } catch (problem) {
    trial.problem = problem.words;
  }
  trial.isBusy = false;
  update();
}

function choose(code, services = null) {
  Object.assign(trial, { window: code, services, answer: null, problem: null });
  if (code) tryIt();
  else update();
}

function toggle(code) {
  const all = windowNow(trial.window).services;
  const chosen = trial.services ?? all;
  const next = all.filter((one) => (one === code ? !chosen.includes(one) : chosen.includes(one)));
  if (next.length) choose(trial.window, next.length === all.length ? null : next);
}

// ── the next hour ──

const adviceView = ({ add, spare, is_kept: isKept, reaches_percent: reaches }) => html`
  ${add.map(({ window, services }) => html`<li><span><b>${t("forecast.open", { window })}</b> <span class="soft">${names(services)}</span></span>
    <button type="button" class="small" data-try=${window} @click=${() => choose(window)}>${t("forecast.try")}</button></li>`)}
  ${add.length ? html`<li class="reaches ${isKept ? "" : "short"}">${t(isKept ? "forecast.then_kept" : "forecast.then_reaches", { percent: percent(reaches) })}</li>` : nothing}
  ${!add.length && !isKept ? html`<li>${t("forecast.nothing_helps")}</li>` : nothing}
  ${spare.length ? html`<li class="soft">${t("forecast.spare", { n: spare.length, windows: spare.join(", ") })}</li>` : nothing}`;

function hourView({ promise_percent: promise, next_hour: hour }) {
  const isEmpty = hour.within_percent === null;
  const isKept = isEmpty || hour.within_percent >= promise;
  return html`<section class="card ahead ${isKept ? "kept" : "short"}" data-hour><h2>${t("forecast.next_hour")}</h2>
    ${isEmpty ? html`<p class="calm">${t("forecast.nobody")}</p>` : html`<p class="figure"><b data-within>${percent(hour.within_percent)}</b> <span>${t("forecast.within", { n: Math.round(hour.people), promise: percent(promise) })}</span></p>`}
    <ul class="advice">${isEmpty ? nothing : adviceView(hour)}</ul></section>`;
}

// ── what if? ──

const WIDTH = 220;
const bar = (estimate, longest, y, name) => {
  if (!estimate.high) return nothing;
  const [x, end] = [estimate.low, estimate.high].map((seconds) => (seconds / longest) * WIDTH);
  return svg`<rect class=${name} x=${x} y=${y} width=${Math.max(3, end - x)} height="9" rx="4.5"/>`;
};

// The words stand beside it: the plot is for the quick eye.
const plotView = (now, then, longest) => html`<svg class="plot" viewBox="0 0 ${WIDTH} 28" aria-hidden="true"><path d="M0 27.5H${WIDTH}"/>${bar(now, longest, 3, "now")}${bar(then, longest, 15, "then")}</svg>`;
const rangeWords = (estimate) => waitWords(estimate) || t(estimate.basis === "no_window" ? "forecast.no_window" : "forecast.cannot_say");

function resultView({ now, then, promise_percent: promise }) {
  const rows = now.services.map((one, i) => ({ code: one.service, now: one, then: then.services[i] })).filter((row) => row.now.estimate.high || row.then.estimate.high || row.now.people);
  const longest = Math.max(1, ...rows.flatMap((row) => [row.now.estimate.high ?? 0, row.then.estimate.high ?? 0]));
  return html`<div class="result" role="status"><p class="figure"><b data-now>${percent(now.within_percent)}</b><span class="to" aria-hidden="true">→</span><span class="hidden-text">${t("forecast.becomes")}</span><b class="then" data-then>${percent(then.within_percent)}</b> <span>${t("forecast.within_short", { promise: percent(promise) })}</span></p>
    <div class="table" tabindex="0" role="region" aria-label=${t("forecast.ranges")}><table><caption>${t("forecast.ranges")}</caption><thead><tr><th scope="col">${t("forecast.service")}</th><th scope="col"><span class="key now"></span>${t("forecast.now")}</th><th scope="col"><span class="key then"></span>${t("forecast.then")}</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr data-service=${row.code}><th scope="row">${serviceName(row.code)}${plotView(row.now.estimate, row.then.estimate, longest)}</th><td>${rangeWords(row.now.estimate)}</td><td>${rangeWords(row.then.estimate)}</td></tr>`)}</tbody></table></div></div>`;
}

const serviceBoxes = (window) => html`<fieldset><legend>${t("forecast.services")}</legend>${window.services.map((code) => html`<label class="check"><input type="checkbox" .checked=${(trial.services ?? window.services).includes(code)} @change=${() => toggle(code)}><span>${serviceName(code)}</span></label>`)}</fieldset>`;

function whatIfView() {
  const window = trial.window ? windowNow(trial.window) : null;
  const isSlow = trial.isBusy && Date.now() - trial.beganAt > SLOW_MS;
  return html`<section class="card what-if" data-what-if><h2>${t("forecast.what_if")}</h2>
    <label for="what-if">${t("forecast.window")}</label><select id="what-if" @change=${({ target }) => choose(target.value)}><option value="" ?selected=${!window}>${t("forecast.choose")}</option>
      ${desk.board.windows.filter((one) => one.services.length).map((one) => html`<option value=${one.code} ?selected=${one.code === trial.window}>${one.code} · ${t(`desk.states.${one.state}`)}</option>`)}</select>
    ${window ? serviceBoxes(window) : html`<p class="soft">${t("forecast.what_if_means")}</p>`}
    ${trial.isBusy ? html`<p role="status">${t("forecast.working")}</p>${isSlow ? html`<progress aria-label=${t("forecast.working")}></progress>` : nothing}` : nothing}
    ${trial.problem ? html`<p class="notice warn" role="alert">${trial.problem}</p>` : nothing}${trial.answer ? resultView(trial.answer) : nothing}</section>`;
}

// ── a usual day ──

const COLUMN = 26;
const TALL = 90;

function columnView(hour, i, most) {
  const height = most ? (hour.needed / most) * TALL : 0;
  return svg`<g><rect x=${i * COLUMN + 3} y=${TALL + 16 - height} width=${COLUMN - 6} height=${height} rx="3" class=${hour.is_kept ? "" : "short"}/>
    <text x=${i * COLUMN + COLUMN / 2} y=${TALL + 11 - height}>${hour.needed || ""}</text><text class="hour" x=${i * COLUMN + COLUMN / 2} y=${TALL + 30}>${clock(hour.from).slice(0, 2)}</text></g>`;
}

const hourRow = (hour) => html`<tr><th scope="row">${clock(hour.from)}–${clock(hour.to)}</th><td>${Math.round(hour.people)}</td><td>${hour.needed}</td><td>${hour.windows.join(", ") || "—"}</td><td>${percent(hour.reaches_percent)}</td></tr>`;

// Without the quiet hours before and after.
function busyHours(hours) {
  const busy = hours.map(({ needed }) => needed > 0);
  return busy.includes(true) ? hours.slice(busy.indexOf(true), busy.lastIndexOf(true) + 1) : hours;
}

function dayView({ promise_percent: promise, day }) {
  if (!day) return html`<section class="card usual" data-day><h2>${t("forecast.day")}</h2><p class="soft">${t("forecast.day_none")}</p></section>`;
  const hours = busyHours(day.hours);
  const most = Math.max(1, ...hours.map(({ needed }) => needed));
  const words = t("forecast.day_means", { promise: percent(promise) });
  return html`<section class="card usual" data-day><h2>${t("forecast.day")}</h2><p class="soft">${words}</p>
    ${day.is_complete ? nothing : html`<p><label for="worked-out">${t("forecast.worked_out", { n: day.hours.length, of: day.of })}</label><progress id="worked-out" max=${day.of} value=${day.hours.length}></progress></p>`}
    <svg class="columns-plot" viewBox="0 0 ${Math.max(hours.length, 8) * COLUMN} ${TALL + 34}" aria-hidden="true">${hours.map((hour, i) => columnView(hour, i, most))}</svg>
    ${hours.some((hour) => !hour.is_kept) ? html`<p class="soft"><span class="key short"></span>${t("forecast.day_short")}</p>` : nothing}
    <details><summary>${t("forecast.as_table")}</summary><div class="table" tabindex="0" role="region" aria-label=${t("forecast.day")}><table><thead><tr>${["hour", "visitors", "needed", "which", "reaches"].map((name) => html`<th scope="col">${t(`forecast.of.${name}`)}</th>`)}</tr></thead><tbody>${hours.map(hourRow)}</tbody></table></div></details></section>`;
}

export function forecastView() {
  if (ahead.branch !== desk.branch) Object.assign(ahead, { branch: desk.branch, found: null, lookAt: 0 });
  look();
  const { found } = ahead;
  if (!found) return html`<section class="card ahead" aria-busy="true"><h2>${t("forecast.next_hour")}</h2><p class="soft">${ahead.problem ?? t("forecast.working")}</p></section>`;
  return html`${hourView(found)}${whatIfView()}${dayView(found)}`;
}
