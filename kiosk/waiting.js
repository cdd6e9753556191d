// A place on the waiting list, on its holder's phone: how many are before me, and what is offered to me now?
import { html, nothing, render } from "lit-html";
import { api } from "/static/common/api.js";
import { dateOf, dayName, fullDay, plainDay } from "/static/common/days.js";
import { clock, dayAndClock, language, onLanguage, page, t, text } from "/static/common/i18n.js";
import { headerView } from "./book_views.js";

const root = document.getElementById("app");
const path = `/waiting-list/${page.token}`;
const LOOK_EVERY_MS = 30_000;
const offset = new Date(page.entry.server_time) - Date.now();
const mine = { entry: page.entry, isSure: false, isBusy: false, problem: null };
const now = () => Date.now() + offset;

function change(changes, focus) {
  Object.assign(mine, changes);
  update();
  if (focus) root.querySelector(focus)?.focus();
}

// One thing at a time; a refusal is said in words, and the page shows what is true now.
async function attempt(action) {
  if (mine.isBusy) return;
  change({ isBusy: true, problem: null });
  let problem = null;
  await action().catch((refusal) => { problem = refusal; });
  const entry = await api.get(path).catch(() => mine.entry);
  change({ entry, problem, isBusy: false, isSure: false }, "h1");
}

const accept = () => attempt(async () => {
  const booked = await api.post(`${path}/accept`);
  location.replace(`${new URL(booked.status_url).pathname}?new&lang=${language()}`);
});
const decline = () => attempt(() => api.post(`${path}/decline`));
const leave = () => attempt(() => api.del(path));

const names = ({ services }) => services.map(({ name }) => text(name)).join(" + ");
const daysWords = ({ first, last }) => (first === last ? dayName(first, now()) : t("waiting.between", { first: dayName(first, now()), last: plainDay(last, now()) }));

const offerView = ({ offer }) => html`<p class="when">${fullDay(dateOf(offer.starts_at), now())},<br>${clock(offer.starts_at)}</p>
  <p>${t("waiting.until", { time: dayAndClock(offer.until, now()) })}</p>
  <button class="main step" data-accept ?disabled=${mine.isBusy} @click=${accept}>${t("waiting.accept")}</button>
  <button class="wide" data-decline ?disabled=${mine.isBusy} @click=${decline}>${t("waiting.decline")}</button>`;

const bookedView = ({ starts_at: at, status_url: url }) => html`<p class="when">${fullDay(dateOf(at), now())},<br>${clock(at)}</p>
  <a class="button main step" data-see href=${`${new URL(url).pathname}?lang=${language()}`}>${t("waiting.see")}</a>`;

// What is to be said first: where somebody stands.
function nameOf({ offer, status, kind, drawn }) {
  if (offer) return "offered";
  if (status === "ended") return drawn ? "not_drawn" : "ended";
  if (status === "booked") return "booked";
  return kind === "draw" ? "signed_up" : "waiting";
}

function stateView(entry) {
  if (entry.offer) return offerView(entry);
  if (entry.status === "waiting" || entry.status === "offered") {
    if (entry.kind === "draw") return html`<p class="when">${entry.draw_at ? t("waiting.draw_at", { time: dayAndClock(entry.draw_at, now()) }) : t("waiting.draw_soon")}</p><p>${t("waiting.draw_means")}</p>`;
    const place = entry.ahead ? t("waiting.ahead", { n: entry.ahead }) : t("waiting.first");
    return html`${entry.drawn ? html`<p>${t("waiting.waits_on")}</p>` : nothing}<p class="when">${place}</p><p>${t("waiting.means")}</p>`;
  }
  if (entry.booked?.status_url) return bookedView(entry.booked);
  return html`<p>${t(nameOf(entry) === "not_drawn" ? "waiting.not_drawn_text" : `waiting.${entry.status}_text`)}</p>`;
}

const leaveView = () => (mine.isSure ? html`<div class="confirm card" role="group" aria-labelledby="sure"><p id="sure">${t("waiting.leave_sure")}</p>
    <div class="pair"><button data-keep @click=${() => change({ isSure: false }, "[data-leave]")}>${t("waiting.keep")}</button><button class="alarm" data-leave-yes ?disabled=${mine.isBusy} @click=${leave}>${t("waiting.leave_yes")}</button></div></div>`
  : html`<button class="wide" data-leave @click=${() => change({ isSure: true }, "[data-keep]")}>${t(mine.entry.kind === "draw" ? "waiting.leave_draw" : "waiting.leave")}</button>`);

function update() {
  const { entry, problem } = mine;
  const isLive = ["waiting", "offered"].includes(entry.status);
  const title = t(`waiting.titles.${nameOf(entry)}`);
  document.title = `${title} — ${t("waiting.page_title")}`;
  render(html`<div class="book" data-status=${entry.status} data-busy=${mine.isBusy}>${headerView()}
    <section class="now card" role="status"><h1 tabindex="-1">${title}</h1>${stateView(entry)}<p><b>${names(entry)}</b>${entry.booked ? nothing : html`<br>${daysWords(entry)}`}</p></section>
    <div role="alert">${problem ? html`<p class="notice alarm">${problem.words}</p>` : nothing}</div>
    ${isLive ? leaveView() : entry.booked?.status_url ? nothing : html`<a class="button main step" data-again href=${`/book/${entry.branch.code}?lang=${language()}`}>${t("waiting.book")}</a>`}
    <footer class="soft">${t("appointment.updated", { time: clock(entry.server_time) })}<br>${t("booking.by_phone", { address: text(page.branch.address) })}</footer></div>`, root);
}

async function look() {
  if (document.visibilityState !== "visible" || mine.isBusy) return;
  const entry = await api.get(path).catch(() => null);
  if (entry && !mine.isBusy) change({ entry });
}

onLanguage(update);
document.addEventListener("visibilitychange", look);
setInterval(look, LOOK_EVERY_MS);
update();
