// What does a hall screen look like? One layout for each purpose, and what takes the whole screen.
import { html, nothing, svg } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { clock, dayAndClock, language, page, t, text } from "/static/common/i18n.js";
import { isNight } from "./care.js";
import { mediaView } from "./media.js";
import { NEW_FOR_MS } from "./places.js";

const FRESH_FOR_MS = 4500;
const AT_WINDOW = ["called", "serving"];
const arrow = svg`<svg viewBox="0 0 48 32" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 16h40M31 4l13 12-13 12"/></svg>`;

const age = (call, now) => now - new Date(call.called_at);
export const isNew = (call, now) => AT_WINDOW.includes(call.state) && age(call, now) < NEW_FOR_MS;

// The letters of a number stand a little apart: O017 is not 0017.
const numberView = (number) => {
  const [, letters, digits] = number.match(/^(\D*)(.*)$/s);
  return letters && digits ? html`<span class="letters">${letters}</span>${digits}` : number;
};

/* screenView({hall, settings, sizes, newest, rows, now, link, second})
   `newest` and `rows` are calls, `second` the code of the second language or undefined. */
export function screenView(screen) {
  if (!screen.hall) return noServerView(screen);
  if (Object.values(screen.hall.emergency ?? {}).some(Boolean)) return emergencyView(screen);
  if (screen.settings.night_saver && isNight(screen.hall, screen.now)) return nightView(screen);
  return LAYOUTS[screen.settings.layout](screen);
}

const LAYOUTS = { all: callsView, zone: callsView, window: windowView, media: besideMediaView };

const both = (key, second) => html`${t(key)}${second ? html`<i lang=${second}>${t(key, {}, second)}</i>` : nothing}`;
const inLanguages = (second, words) => [language(), second].filter(Boolean).map((code) => html`<p lang=${code}>${words(code)}</p>`);

function callsView(screen) {
  return html`${headView(screen)}${newestView(screen)}${listView(screen)}${newsLine(screen)}${footView(screen)}`;
}

function besideMediaView(screen) {
  return html`${headView(screen)}${newestView(screen)}${listView(screen)}<aside class="media">${mediaView(screen) ?? newsPanel(screen) ?? waitingPanel(screen)}</aside>${footView(screen)}`;
}

function windowView(screen) {
  const code = screen.settings.windows[0];
  const state = screen.hall.windows.find((one) => one.window === code)?.state ?? "closed";
  const call = [screen.newest, ...screen.rows].find((one) => one && AT_WINDOW.includes(one.state));
  const told = { open: "display.no_calls", paused: "display.paused", closed: "display.window_closed" }[call ? "open" : state];
  return html`${headView(screen)}<section class="hero ${call ? marks(call, screen.now) : ""}" data-call=${call?.call ?? nothing} data-state=${state}>
    <p class="word place" data-fit>${t("display.window")} <b class="number">${code}</b>${screen.second ? html`<i lang=${screen.second}>${t("display.window", {}, screen.second)}</i>` : nothing}</p>
    ${call ? html`${againView(call, screen.now)}<p class="number" data-fit>${numberView(call.number)}</p>` : html`<div class="quiet">${inLanguages(screen.second, (language) => t(told, {}, language))}</div>`}
    </section>${footView(screen)}`;
}

const headView = ({ link, now }) => html`<header><span>${text(page.branch.name)}</span>${staleView(link)}<span class="clock">${clock(new Date(now).toISOString())}</span></header>`;

const staleView = (link) => (link.isStale ? html`<span class="stale" role="status">${t("display.not_current", { time: clock(link.lastSeen.toISOString()) })}</span>` : nothing);

const marks = (call, now) => (!isNew(call, now) ? "" : age(call, now) < FRESH_FOR_MS ? "new fresh" : "new");
const againView = (call, now) => (call.recall && isNew(call, now) ? html`<span class="again">${t("display.again")}</span>` : nothing);

// A new element for a new call: its animation begins anew.
function newestView({ hall, newest, now, second }) {
  if (!newest || (!hall.open && !isNew(newest, now))) return quietView(hall, now, second);
  return html`${repeat([newest], (call) => call.call, (call) => html`<section class="hero ${marks(call, now)}" data-call=${call.call}>
    ${againView(call, now)}<p class="word">${both("display.ticket", second)}</p><p class="number" data-fit>${numberView(call.number)}</p>
    <p class="word">${both("display.window", second)}</p><p class="to number" data-fit>${arrow}<span>${call.window}</span></p></section>`)}`;
}

function quietView(hall, now, second) {
  const opens = (code) => (hall.opens_at && !hall.open ? html`<small>${t("display.opens", { time: dayAndClock(hall.opens_at, now, code) }, code)}</small>` : nothing);
  const words = (code) => html`${t(hall.open ? "display.no_calls" : "display.closed", {}, code)}${opens(code)}`;
  return html`<section class="hero" data-closed=${String(!hall.open)}><div class="quiet">${inLanguages(second, words)}</div></section>`;
}

function listView({ rows, now, second }) {
  if (!rows.length) return nothing;
  const row = (call) => html`<li class=${isNew(call, now) ? "new" : ""} data-call=${call.call}><span class="row" data-fit><span class="number">${numberView(call.number)}</span><span class="to number">${arrow}<span>${call.window}</span></span></span></li>`;
  return html`<section class="list"><h2>${both("display.last_calls", second)}</h2><ol>${repeat(rows, (call) => call.call, row)}</ol></section>`;
}

// How many wait, and how long it may take where somebody has worked that out.
function footView({ hall, settings, second, now }) {
  const lines = settings.shows_waiting ? hall.waiting.filter((line) => line.waiting > 0) : [];
  if (!lines.length) return html`<footer></footer>`;
  const start = Math.floor(now / 10000) % lines.length; // more services than fit take turns at the front
  const turned = [...lines.slice(start), ...lines.slice(0, start)];
  return html`<footer><span>${both("display.waiting", second)}</span><ul class=${lines.length > 4 ? "turning" : ""}>${(lines.length > 4 ? turned : lines).map((line) => html`<li><b>${line.prefix}</b> ${text(line.name)} <b class="number">${line.waiting}</b>${rangeView(line)}</li>`)}</ul></footer>`;
}

function rangeView({ estimate }) {
  if (!estimate?.high) return nothing;
  const [low, high] = [estimate.low, estimate.high].map((seconds) => Math.round(seconds / 60));
  return html` <span class="range">${t(low ? "display.range" : "display.range_up_to", { low, high })}</span>`;
}

function waitingPanel({ hall, second }) {
  return html`<div class="panel" data-fit-box><h2>${both("display.waiting", second)}</h2><ul>${hall.waiting.map((line) => html`<li><b>${line.prefix}</b><span>${text(line.name)}${line.waiting ? rangeView(line) : nothing}</span><b class="number">${line.waiting}</b></li>`)}</ul></div>`;
}

// News stand still and are replaced, one language after the other; a touch (or the space bar) stops them.
const news = { isStopped: false, at: 0 };

function newsView({ hall, settings, now, second }, name) {
  const inWhich = (piece) => [language(), second].filter((code) => code && piece[code]);
  const pieces = settings.shows_news ? (hall.news ?? []).flatMap((piece) => inWhich(piece).map((code) => ({ code, words: piece[code] }))) : [];
  if (!pieces.length) return null;
  if (!news.isStopped && settings.news_seconds) news.at = Math.floor(now / 1000 / settings.news_seconds);
  const { code, words } = pieces[news.at % pieces.length];
  const view = html`<span lang=${code} data-fit-box>${words}</span>`;
  if (pieces.length === 1 || !settings.news_seconds) return html`<p class=${name}>${view}</p>`;
  const toggle = () => { news.isStopped = !news.isStopped; };
  return html`<button class=${name} aria-pressed=${String(news.isStopped)} @click=${toggle}>${view}<span class="hidden-text">${t("display.stop_news")}</span></button>`;
}

const newsLine = (screen) => newsView(screen, "news") ?? nothing;
const newsPanel = (screen) => newsView(screen, "news panel");

function emergencyView({ hall, link, second }) {
  const codes = [...new Set([language(), second, ...Object.keys(hall.emergency)])].filter((code) => hall.emergency[code]);
  return html`<section class="emergency" role="alert"><div data-fit-box>${codes.map((code) => html`<p lang=${code}>${hall.emergency[code]}</p>`)}</div>${staleView(link)}</section>`;
}

function nightView({ hall, now, link }) {
  return html`<section class="night"><p class="clock">${clock(new Date(now).toISOString())}</p><p>${hall.opens_at ? t("display.opens", { time: dayAndClock(hall.opens_at, now) }) : t("display.closed")}</p>${staleView(link)}</section>`;
}

const noServerView = ({ second }) => html`<section class="hero alone"><img src="/static/common/icon.svg" alt=""><p class="name">${text(page.branch.name)}</p><div class="quiet">${inLanguages(second, (code) => t("display.ask_desk", {}, code))}</div></section>`;
