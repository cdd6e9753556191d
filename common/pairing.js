// A machine that is not connected yet: shows a code, asks whether somebody let it in, and becomes what it was let in as.
import { html, nothing, render } from "lit-html";
import { api } from "./api.js";
import { arrive, ask, deviceKey, keepDevice, keepTold, loseKey, pageOf, takeKeyFromAddress, thisDevice } from "./device.js";
import { clock, languages, page, t, text } from "./i18n.js";
import { follow } from "./live.js";

const DENIED_FOR_MS = 60000;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30000;
const REDRAW_EVERY_MS = 5000;
const KEPT = "pairing";
const root = document.getElementById("app");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let failures = 0;

// ── what the screen shows ──

const spoken = () => languages().map(({ code }) => code).slice(0, 2);
const address = (codes) => codes.verification_uri.replace(/^https?:\/\//, "");

// The same words in the office's first two languages: nobody is there to choose one.
const words = (title, lines) => spoken().map((code, i) => html`<div class="words" lang=${code} ?data-second=${i > 0}>
  ${i ? html`<p class="title">${title(code)}</p>` : html`<h1>${title(code)}</h1>`}${lines(code).map((line) => html`<p>${line}</p>`)}</div>`);

const codeView = (codes) => html`<section>${words(
    (code) => t("device.headline", {}, code),
    (code) => [t("device.how", { address: address(codes) }, code), t("device.until", { time: clock(codes.until, code) }, code)],
  )}</section>
  <img src=${codes.qr_url} width="400" height="400" alt=${t("device.qr")}>
  <p class="code" translate="no">${codes.user_code}</p>`;

const messageView = (name, params = {}) => html`<section class="alone">${words((code) => t(`device.${name}_title`, params, code), (code) => [t(`device.${name}`, params, code)])}</section>`;

function show(state, view) {
  document.title = t("device.page_title");
  root.dataset.state = state;
  render(html`<div class="pairing">${view}</div>`, root);
}

// ── what the machine does ──

// The server is away: say so, and ask again for ever, each machine at moments of its own.
async function retryLater() {
  show("away", messageView("away"));
  const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 1.6 ** failures);
  failures += 1;
  await pause(wait * (0.5 + Math.random()));
}

// The codes of this machine; a reload shows the same ones as long as they are good.
async function codesNow() {
  const before = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (before && Date.now() < before.ends) return before;
  const { status, body } = await ask("pair", {}, null);
  if (status !== 200) return null;
  const ends = Date.now() + body.expires_in * 1000;
  const codes = { ...body, ends, until: new Date(ends).toISOString() };
  sessionStorage.setItem(KEPT, JSON.stringify(codes));
  return codes;
}

async function pair() {
  const codes = await codesNow();
  if (!codes) return retryLater();
  for (let wait = codes.interval; ; ) {
    const { status, body } = await ask("token", { device_code: codes.device_code }, null);
    if (status === 200) keepDevice(body.key, body.device);
    if (body.code === "access_denied") {
      show("denied", messageView("denied"));
      await pause(DENIED_FOR_MS);
    }
    if (status === 200 || (status === 400 && !body.interval)) return sessionStorage.removeItem(KEPT);
    if (status === 400) {
      failures = 0;
      wait = body.interval;
      show("code", codeView(codes));
      await pause(wait * 1000);
    } else {
      await retryLater();
    }
  }
}

// Goes where the device belongs, if the office still knows it.
async function become() {
  const key = deviceKey();
  const { status, body } = await arrive(key);
  if (status === 401) loseKey(key);
  else if (status !== 200) await retryLater();
  else {
    keepTold(body);
    if (pageOf(body) !== location.pathname) location.replace(pageOf(body));
    else stay(body);
  }
  return status === 200;
}

// A device whose page this is, a rating tablet, rests here: the office's name, its own, and whether it is connected.
const restingView = ({ name, hall, link, now }) => html`<section class="resting">
  <img src="/static/common/icon.svg" alt="">
  ${hall ? html`<p class="office">${text(hall.branch.name, spoken()[0])}</p>` : nothing}
  ${words((code) => t("device.paired_title", {}, code), (code) => [t("device.paired", {}, code)])}</section>
  <footer><span>${name}</span>
    <span role="status">${link.isStale ? t("device.not_answering", { time: clock(link.lastSeen.toISOString()) }) : nothing}</span>
    <span class="clock">${clock(new Date(now).toISOString())}</span></footer>`;

// It can be identified and revoked like any other.
function stay({ branch, name }) {
  const shown = { name, hall: null, link: {} };
  const draw = (change) => show("paired", restingView(Object.assign(shown, change, { now: live?.now() ?? Date.now() })));
  let live = null;
  live = follow({
    auth: { branch },
    fetchState: () => api.get(`/branches/${branch}/hall`),
    onState: (hall) => draw({ hall }),
    onConnection: (link) => draw({ link }),
    machine: thisDevice((told) => draw({ name: told.name })),
  });
  setInterval(draw, REDRAW_EVERY_MS);
}

async function run() {
  show("starting", nothing);
  takeKeyFromAddress();
  for (;;) {
    if (!deviceKey()) await pair();
    else if (await become()) return;
  }
}

run();
