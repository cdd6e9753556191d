// The hall screen: what the server says is shown at once and announced in order, each call once.
import { html, nothing, render } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, language, page, setLanguage, t } from "/static/common/i18n.js";
import { thisDevice } from "/static/common/device.js";
import { follow } from "/static/common/live.js";
import { remember, remembered } from "./announced.js";
import { isTimeToReload, placeAtNight, reloadIfServed, shiftAt } from "./care.js";
import { fitAll } from "./fit.js";
import { tellOffice } from "./heard.js";
import { holdFilms } from "./media.js";
import { countShown, places } from "./places.js";
import { isSoundOn, turnSoundOn } from "./sound.js";
import { isNew, screenView } from "./views.js";
import { announce, isSpeaking } from "./voice.js";

const TICK_MS = 1000;
const root = document.getElementById("app");
const branch = page.branch;
const isPortrait = matchMedia("(max-aspect-ratio: 1/1)");
const startedAt = Date.now();

let settings = page.display;
let hall = null;
let link = { isStale: false, lastSeen: new Date() };
let announced = remembered(branch.code);
let known = new Set(announced); // announced, or in line to be

// "A 17": letters apart, leading zeros silent, as people say a number.
const spokenNumber = (number) => number.replace(/^(\D*)0*(\d+)$/, "$1 $2");
const spoken = (call, code) => t("display.spoken", { number: spokenNumber(call.number), window: call.window }, code);

// The calls that are this screen's business.
const mine = (calls) => (settings.layout === "all" || !settings.windows.length ? calls : calls.filter((call) => settings.windows.includes(call.window)));

function show(state) {
  const calls = mine(state.calls);
  if (!announced) know(calls); // a screen that has just been set up does not repeat what was called before
  hall = state;
  for (const call of calls.filter(({ call: id }) => !known.has(id)).reverse()) {
    known.add(call.call);
    sayCall(call);
  }
  update();
}

function know(calls) {
  announced = new Set(calls.map((call) => call.call));
  known = new Set(announced);
  remember(branch.code, announced);
}

function sayCall(call) {
  const languages = !settings.voice ? [] : [...new Set([call.language, second()])].filter((code) => page.texts[code]);
  announce(call, {
    now: live.now,
    languages,
    address: (code) => `/api/v1/speech/${[branch.code, code, call.number, call.window].map(encodeURIComponent).join("/")}.wav`,
    words: (code) => spoken(call, code),
    volume,
    chimes: settings.chime,
    isWanted: () => hall.calls.some((one) => one.call === call.call),
    onStart: () => { announced.add(call.call); remember(branch.code, announced); },
  });
}

// The language that a call is said in after the ticket's own.
const second = () => (settings.second_language === "office" ? branch.default_language : settings.second_language);

function volume() {
  const time = localTime();
  const isQuiet = settings.quiet_hours.some(([from, until]) => from <= time && time < until);
  return (isQuiet ? settings.quiet_volume : settings.volume) / 100;
}

// Whether the browser keeps in what should be heard.
const isSilenced = () => (settings.chime || settings.voice) && !isSoundOn();

const localTime = () => clock(new Date(live.now()).toISOString(), "en");

// The language shown after the first one: as set, or the next that the office speaks.
function secondShown() {
  const codes = settings.languages.length ? settings.languages : page.languages.map(({ code }) => code);
  return codes.find((code) => code !== language() && page.texts[code]);
}

// Settings changed by the office while the page is open.
function use(changed) {
  if (!changed?.sizes) return; // said by an older version, and kept in the browser since
  settings = changed;
  setLanguage(settings.languages[0] ?? page.language);
  update();
}

function update() {
  const now = live.now();
  countShown([...root.querySelectorAll("[data-call]")].map((element) => element.dataset.call));
  const sizes = settings.sizes[isPortrait.matches ? "portrait" : "landscape"];
  const { newest, rows } = places(hall ? mine(hall.calls) : [], sizes.rows, now);
  document.title = t("display.page_title");
  document.documentElement.className = `${settings.theme} ${settings.motion ? "" : "still"}`;
  if (hall) Object.assign(root.dataset, { version: hall.version, stale: link.isStale });
  root.dataset.sound = isSoundOn() ? "on" : "off";
  render(html`<div class="hall ${settings.layout}">${screenView({ hall, settings, newest, rows, now, link, second: secondShown() })}</div>
    <div class="hidden-text" role="log" aria-live="assertive">${newest && isNew(newest, now) ? spoken(newest) : ""}</div>
    ${!isSilenced() ? nothing : html`<button class="sound-off" @click=${() => turnSoundOn(update)}>${t("display.sound_off")}<small>${t("display.turn_on")}</small></button>`}`, root);
  place(sizes, now);
  holdFilms(root, isSpeaking() || Boolean(newest && isNew(newest, now) && now - new Date(newest.called_at) < 5000));
}

// Sizes and places that depend on the screen; the page's policy allows no style in the markup.
function place(sizes, now) {
  const frame = root.querySelector(".hall");
  const [x, y] = shiftAt(now);
  const [left, top] = placeAtNight(now);
  const values = { newest: sizes.newest, earlier: sizes.earlier, rows: sizes.rows, "shift-x": `${x}px`, "shift-y": `${y}px`, left: `${left}%`, top: `${top}%` };
  for (const [name, value] of Object.entries(values)) frame.style.setProperty(`--${name}`, value);
  fitAll(frame);
}

function tick() {
  if (machine) tellOffice(isSilenced());
  if (hall && isTimeToReload(hall, localTime(), Date.now(), startedAt)) reloadIfServed();
  update();
}

const machine = thisDevice((device) => use(device.settings));
const live = follow({
  auth: { branch: branch.code },
  fetchState: () => api.get(`/branches/${branch.code}/hall`),
  onState: show,
  onConnection: (now) => { link = now; update(); },
  machine,
});
update();
turnSoundOn(update);
document.fonts.ready.then(update);
isPortrait.addEventListener("change", update);
addEventListener("resize", update);
setInterval(tick, TICK_MS);
