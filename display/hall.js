// The hall screen: the newest call large, four more, who waits. Shown at once, spoken in order, each once.
import { html, nothing, render, svg } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, dayAndClock, language, page, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { announce, isSoundOn, turnSoundOn } from "./voice.js";

const NEW_FOR_MS = 20000;
const FRESH_FOR_MS = 4500;
const ROWS = 4;
const root = document.getElementById("app");
const branch = page.branch;
const second = page.languages.map(({ code }) => code).find((code) => code !== language());
const arrow = svg`<svg viewBox="0 0 48 32" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 16h40M31 4l13 12-13 12"/></svg>`;

let hall = null;
let link = { isStale: false, lastSeen: new Date() };
let known = null; // ids of calls that were on the screen when it started, or announced since

// "A 17": letters apart, leading zeros silent, as people say a number.
const spokenNumber = (number) => number.replace(/^(\D*)0*(\d+)$/, "$1 $2");

function show(state) {
  const isFirst = known === null;
  known ??= new Set();
  const fresh = state.calls.filter((call) => !known.has(call.call)).reverse();
  for (const call of fresh) {
    known.add(call.call);
    if (!isFirst) speakOf(call);
  }
  hall = state;
  update();
}

function speakOf(call) {
  const languages = [...new Set([call.language, branch.default_language])].filter((code) => page.texts[code]);
  announce(call, {
    now: live.now,
    languages,
    words: (code) => t("display.spoken", { number: spokenNumber(call.number), window: call.window }, code),
  });
}

const both = (key) => html`${t(key)}${second ? html`<i lang=${second}>${t(key, {}, second)}</i>` : nothing}`;
const age = (call) => live.now() - new Date(call.called_at);
const isNew = (call) => ["called", "serving"].includes(call.state) && age(call) < NEW_FOR_MS;

function heroView(call) {
  if (!hall.open && !(call && isNew(call))) {
    return html`<section class="hero"><p class="quiet">${t("display.closed")}</p>${hall.opens_at ? html`<p class="word">${t("display.opens", { time: dayAndClock(hall.opens_at, live.now()) })}</p>` : nothing}</section>`;
  }
  if (!call) return html`<section class="hero"><p class="quiet">${t("display.no_calls")}</p>${second ? html`<p class="word" lang=${second}>${t("display.no_calls", {}, second)}</p>` : nothing}</section>`;
  const isFresh = isNew(call) && age(call) < FRESH_FOR_MS;
  return html`<section class="hero ${isNew(call) ? "new" : ""} ${isFresh ? "fresh" : ""}" data-call=${call.call}>
    ${call.recall && isNew(call) ? html`<span class="again">${t("display.again")}</span>` : nothing}
    <p class="word">${both("display.ticket")}</p><p class="number">${call.number}</p>
    <p class="word">${both("display.window")}</p><p class="to number">${arrow}<span>${call.window}</span></p></section>`;
}

const rowView = (call) => html`<li class=${isNew(call) ? "new" : ""} data-call=${call.call}><span class="number">${call.number}</span><span class="to number">${arrow}${call.window}</span></li>`;

function update() {
  document.title = t("display.page_title");
  if (!hall) return render(html`<div class="hall"><section class="hero"><p class="quiet">${text(branch.name)}</p><p class="word">${t("display.ask_desk")}</p></section></div>`, root);
  const [hero, ...others] = hall.calls;
  const lines = hall.waiting.filter((line) => line.waiting > 0);
  root.dataset.version = hall.version;
  root.dataset.stale = link.isStale;
  render(html`<div class="hall">
    <header><span>${text(branch.name)}</span>${link.isStale ? html`<span class="stale" role="status">${t("display.not_current", { time: clock(link.lastSeen.toISOString()) })}</span>` : nothing}<span class="clock">${clock(new Date(live.now()).toISOString())}</span></header>
    ${heroView(hero)}
    <section class="list"><h2>${both("display.last_calls")}</h2><ol>${others.slice(0, ROWS).map(rowView)}</ol></section>
    <footer><span>${both("display.waiting")}</span><ul>${lines.map((line) => html`<li><b>${line.prefix}</b> ${text(line.name)} <b>${line.waiting}</b></li>`)}</ul></footer></div>
    <div class="hidden-text" role="log" aria-live="assertive">${hero && isNew(hero) ? t("display.spoken", { number: spokenNumber(hero.number), window: hero.window }) : ""}</div>
    ${isSoundOn() ? nothing : html`<button class="sound-off" @click=${() => turnSoundOn(update)}>${t("display.sound_off")}<small>${t("display.turn_on")}</small></button>`}`, root);
}

const live = follow({
  auth: { branch: branch.code },
  fetchState: () => api.get(`/branches/${branch.code}/hall`),
  onState: show,
  onConnection: (now) => { link = now; update(); },
});
update();
turnSoundOn(update);
setInterval(update, 1000);
