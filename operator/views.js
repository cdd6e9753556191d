// What does the desk look like? The work screen, the choice of a window, breaks and keys.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { minutesSince, t, text } from "/static/common/i18n.js";
import { actions, desk, mine, possible, update } from "./desk.js";

const OUTCOMES = ["solved", "documents_missing", "to_be_continued", "wrong_service", "refused"];
const PAUSES = ["break", "lunch", "back_office", "technical"];
const serviceName = (code) => text(desk.board.services.find((service) => service.code === code)?.name) || code;

function button(name, window, words, { key, isMain = false, small } = {}) {
  const isOff = desk.pending !== null || !desk.isOnline || !possible(window).includes(name);
  return html`<button class=${isMain ? "main" : ""} data-action=${name} ?disabled=${isOff} @click=${() => actions[name](window)}><span>${words}${key ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}</span>${small ? html`<small>${small}</small>` : nothing}</button>`;
}

const span = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const since = (iso) => Math.max(0, (desk.now() - new Date(iso)) / 1000);

// A time against what was promised: in colour and in words.
function timer(title, seconds, norm) {
  const part = norm ? seconds / norm : 0;
  const level = part >= 1 ? "over" : part >= 0.8 ? "near" : "within";
  return html`<div class=${level}><dt>${title}</dt><dd>${span(seconds)}${norm ? html`<small>${t(`desk.${level}_norm`)}</small>` : nothing}</dd></div>`;
}

function visitorView(window) {
  const { leg } = window;
  const called = leg.state === "called";
  const { calls_before_no_show: needed } = desk.board.branch;
  const pause = Math.ceil((new Date(leg.recall_allowed_at) - desk.now()) / 1000);
  return html`<section class="visitor card" data-leg-state=${leg.state}>
    <div class="top"><div><p class="number">${leg.number}</p><p class="what">${text(leg.service?.name)}</p></div>
      <span class="tag">${called ? t("desk.called_state") : t("desk.serving_state")}</span></div>
    <dl class="facts">
      ${called ? timer(t("desk.since_arrival"), since(leg.issued_at), leg.norm) : nothing}
      ${called ? timer(t("desk.since_call"), since(leg.last_called_at)) : timer(t("desk.in_service"), since(leg.started_at))}
      <div><dt>${t("desk.language")}</dt><dd>${new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(leg.language)}</dd></div>
      <div><dt>${t("desk.channel")}</dt><dd>${t(`desk.channels.${leg.channel}`)}</dd></div>
      ${called ? html`<div><dt>${t("desk.recall")}</dt><dd>${t("desk.called_times", { n: leg.calls, needed })}</dd></div>` : nothing}</dl>
    ${leg.service?.documents.length ? html`<div class="papers"><h2>${t("desk.documents")}</h2>${leg.service.documents.map((paper) => html`<label><input type="checkbox"><span>${text(paper.name)}${paper.required ? nothing : html` <span class="soft">— ${t("desk.optional")}</span>`}</span></label>`)}</div>` : nothing}
    ${called ? html`<div class="actions">${button("start", window, t("desk.start"), { key: "S", isMain: true })}
        ${button("recall", window, t("desk.recall"), { key: "R", small: pause > 0 ? t("desk.recall_in", { n: pause }) : undefined })}
        ${button("no-show", window, t("desk.no_show"), { key: "X", small: leg.calls < needed ? t("desk.no_show_after", { n: needed }) : undefined })}</div>` : finishView(window)}
  </section>`;
}

const finishView = (window) => html`<fieldset class="outcomes"><legend>${t("desk.outcome")}</legend>
    ${OUTCOMES.map((outcome) => html`<label><input type="radio" name="outcome" .checked=${live(desk.outcome === outcome)} @change=${() => { desk.outcome = outcome; update(); }}>${t(`desk.outcomes.${outcome}`)}</label>`)}</fieldset>
  <label>${t("desk.note")}<input maxlength="500" .value=${live(desk.note)} @input=${(event) => { desk.note = event.target.value; }}></label>
  <div class="actions">${button("finish", window, t("desk.finish"), { key: "F", isMain: true })}
    <button ?disabled=${desk.pending !== null || !desk.isOnline} @click=${() => actions.finishAndNext(window)}><span>${t("desk.finish_next")}<kbd aria-hidden="true">⇧N</kbd></span></button></div>`;

function emptyView(window) {
  const count = desk.board.services.filter((service) => window.serves.includes(service.code)).reduce((sum, service) => sum + service.waiting, 0);
  return html`<section class="visitor empty card"><p>${window.state === "paused" ? `${t("desk.paused")}: ${t(`desk.pause_reasons.${window.pause_reason}`)}` : count ? t("desk.nobody") : t("desk.nobody_waits")}</p>
    <div class="actions">${window.state === "paused" ? button("resume", window, t("desk.resume"), { isMain: true }) : button("next", window, t("desk.next"), { key: "N", isMain: true })}</div></section>`;
}

export function workView(window) {
  const now = desk.now();
  const lines = desk.board.services.filter((service) => window.serves.includes(service.code));
  const total = lines.reduce((sum, line) => sum + line.waiting, 0);
  const upcoming = desk.board.waiting.filter((leg) => window.serves.includes(leg.service)).slice(0, 6);
  return html`<div class="work">${window.leg ? visitorView(window) : emptyView(window)}
    <aside>
      <section class="card"><h2>${t("desk.waiting")} <span class="soft">${t("desk.for_you")}</span></h2><p class="total" data-waiting>${total}</p>
        <ul class="lines">${lines.filter((line) => line.waiting).map((line) => html`<li><span>${text(line.name)}</span><span><b>${line.waiting}</b><br><small class="soft">${t("desk.longest", { n: minutesSince(line.oldest_ready_at, now) })}</small></span></li>`)}</ul></section>
      ${upcoming.length ? html`<section class="card"><ol class="lines">${upcoming.map((leg) => html`<li><span class="number">${leg.number}</span><span class="soft">${t("desk.minutes", { n: minutesSince(leg.ready_at, now) })}</span></li>`)}</ol></section>` : nothing}
      <section class="card"><h2>${t("desk.windows")}</h2><ul class="windows">${desk.board.windows.map((one) => html`<li class=${one.state}>${one.code} · ${one.leg ? one.leg.number : t(`desk.states.${one.state}`)}</li>`)}</ul></section>
    </aside></div>`;
}

export const choiceView = () => html`<div><h2>${t("desk.choose_window")}</h2><div class="choose">${desk.board.windows.map((window) => html`
  <article class="card"><h2>${t("desk.window", { window: window.code })}</h2>
    <p class="soft">${window.operator_id ? t("desk.taken_by", { name: window.operator ?? "—" }) : t("desk.free")}</p>
    <p><small>${t("desk.serves")}: ${window.services.map(serviceName).join(", ") || "—"}</small></p>
    <button class=${window.operator_id ? "" : "main"} data-open=${window.code} ?disabled=${Boolean(window.operator_id) || desk.pending !== null || !desk.isOnline} @click=${() => actions.open(window)}>${t("desk.open_window", { window: window.code })}</button></article>`)}</div></div>`;

function lastServed(window) {
  if (!window) return "";
  const others = desk.board.windows.filter((one) => one.state === "open" && one.id !== window.id);
  return window.serves.filter((code) => !others.some((one) => one.serves.includes(code))).map(serviceName).join(", ");
}

export const pauseView = (window) => html`<dialog id="pause" aria-labelledby="pause-title"><h2 id="pause-title">${t("desk.pause_title")}</h2>
  ${lastServed(window) ? html`<p class="notice warn">${t("desk.last_window", { services: lastServed(window) })}</p>` : nothing}
  <div class="list">${PAUSES.map((reason) => html`<button data-pause=${reason} @click=${() => actions.pauseFor(mine(), reason)}>${t(`desk.pause_reasons.${reason}`)}</button>`)}
  <form method="dialog"><button class="quiet">${t("common.cancel")}</button></form></div></dialog>`;

const KEYS = [["N", "F2", "next"], ["S", "F3", "start"], ["R", "F4", "recall"], ["X", "F6", "no_show"], ["F", "F7", "finish"], ["⇧N", "", "finish_next"], ["B", "F8", "pause"], ["?", "", "help"]];

export const helpView = () => html`<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">${t("desk.help_title")}</h2>
  <div class="keys">${KEYS.map(([letter, f, name]) => html`<span><kbd>${letter}</kbd> ${f ? html`<kbd>${f}</kbd>` : nothing}</span><span>${t(`desk.${name}`)}</span>`)}</div>
  <label class="check"><input type="checkbox" .checked=${live(desk.hasLetters)} @change=${(event) => { desk.hasLetters = event.target.checked; localStorage.setItem("desk.letters", event.target.checked ? "on" : "off"); }}>${t("desk.help_letters")}</label>
  <p class="soft">${t("desk.help_note")}</p><form method="dialog"><button>${t("common.close")}</button></form></dialog>`;
