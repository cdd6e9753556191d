// Who is at the window? Number and state always at the same place, then what the operator needs to know.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { clock, t, text } from "/static/common/i18n.js";
import { draft, keepDraft } from "./drafts.js";
import { choiceName, choices, desk, fieldProblem, serviceName } from "./state.js";
import { choose } from "./moves.js";
import { languageName, level, minutes, secondsSince, span, visitorChips } from "./words.js";

// The head of the card has one height, whoever is there or not.
export function stageView(window) {
  const { leg } = window;
  if (!leg) return html`<div class="stage"><div><p class="idle">${idleWords(window)}</p><p class="what">${idleDetail(window)}</p></div></div>`;
  return html`<div class="stage"><div><p class="number">${leg.number}</p><p class="what">${text(leg.service?.name)}</p></div>
    <span class="tag ${leg.state}">${t(`desk.${leg.state}_state`)}</span></div>`;
}

function idleWords(window) {
  if (window.state === "paused") return `${t("desk.paused")}: ${choiceName("pause", window.pause_reason)}`;
  return window.waiting ? t("desk.nobody") : t("desk.nobody_for_you");
}

function idleDetail(window) {
  if (window.state !== "paused") return window.waiting ? t("desk.wait_for_you", { n: window.waiting }) : nothing;
  return html`${window.paused_at ? t("desk.paused_for", { time: span(secondsSince(window.paused_at)) }) : nothing} ${coverWords(window)}`;
}

// Who serves the same while this window does not.
export function coverWords(window) {
  const others = desk.board.windows.filter((one) => one.id !== window.id && one.state === "open" && one.serves.some((code) => window.serves.includes(code)));
  return others.length ? t("desk.cover", { windows: others.map(({ code }) => code).join(", ") }) : "";
}

export function lastServed(window) {
  const others = desk.board.windows.filter((one) => one.state === "open" && one.id !== window.id);
  return window.serves.filter((code) => !others.some((one) => one.serves.includes(code))).map(serviceName).join(", ");
}

export function visitorView(window) {
  const { leg } = window;
  const isServing = leg.state === "serving";
  return html`<div class="details" data-leg-state=${leg.state}>
    ${visitorChips(leg)}
    <dl class="facts">${factsOf(leg)}</dl>
    ${leg.route.length ? html`<p class="then"><b>${t("desk.then")}</b> ${leg.route.map(serviceName).join(" → ")}</p>` : nothing}
    <div class="columns">${isServing ? finishView(leg) : nothing}
      <div class="stack">${leg.earlier.length ? earlierView(leg.earlier) : nothing}${papersView(leg)}</div></div></div>`;
}

function factsOf(leg) {
  const isServing = leg.state === "serving";
  const waited = isServing ? secondsSince(leg.issued_at, leg.first_called_at) : secondsSince(leg.issued_at);
  return html`${timer(t(isServing ? "desk.waited" : "desk.since_arrival"), waited, leg.norm)}
    ${isServing ? timer(t("desk.in_service"), secondsSince(leg.started_at)) : timer(t("desk.since_call"), secondsSince(leg.last_called_at))}
    <div><dt>${t("desk.language")}</dt><dd>${languageName(leg.language)}</dd></div>
    <div><dt>${t("desk.channel")}</dt><dd>${t(`desk.channels.${leg.channel}`)}<small>${clock(leg.issued_at)}</small></dd></div>
    ${isServing ? nothing : html`<div><dt>${t("desk.calls")}</dt><dd>${leg.calls}<small>${t("desk.calls_needed", { n: desk.board.branch.calls_before_no_show })}</small></dd></div>`}`;
}

// A time against what was promised: in colour, in words and by a sign.
function timer(title, seconds, norm) {
  const reached = norm ? level(seconds, norm) : "none";
  const sign = { over: "!", near: "◔" }[reached];
  return html`<div class=${reached}><dt>${title}</dt><dd>${span(seconds)}${norm ? html`<small>${sign ? html`<b aria-hidden="true">${sign}</b> ` : nothing}${t(`desk.${reached}_norm`, { n: minutes(norm) })}</small>` : nothing}</dd></div>`;
}

const earlierView = (stops) => html`<section class="earlier"><h3>${t("desk.earlier")}</h3><ul>${stops.map((stop) => html`<li>
  <span>${text(stop.name)}${stop.window ? `, ${t("desk.window", { window: stop.window })}` : ""} — ${stop.outcome ? choiceName("outcome", stop.outcome) : t(`desk.stop_states.${stop.state}`)}</span>
  ${stop.note ? html`<q>${stop.note}</q>` : nothing}</li>`)}</ul></section>`;

function papersView(leg) {
  const papers = leg.service?.documents ?? [];
  const { papers: ticked } = draft(leg.leg);
  const tick = (i, isOn) => keepDraft(leg.leg, { papers: isOn ? [...ticked, i] : ticked.filter((one) => one !== i) });
  return papers.length ? html`<fieldset class="papers"><legend>${t("desk.documents")}</legend>${papers.map((paper, i) => html`<label><input type="checkbox" .checked=${live(ticked.includes(i))} @change=${(event) => tick(i, event.target.checked)}>
    <span>${text(paper.name)}${paper.required ? nothing : html` <span class="soft">— ${t("desk.optional")}</span>`}${text(paper.note) ? html`<small class="soft">${text(paper.note)}</small>` : nothing}</span></label>`)}</fieldset>` : nothing;
}

function finishView(leg) {
  const { outcome, note } = draft(leg.leg);
  const needsNote = choices("outcome").find(({ code }) => code === outcome).needs_note;
  const problem = fieldProblem("note");
  return html`<div class="ending"><fieldset class="outcomes"><legend>${t("desk.outcome")}</legend>${choices("outcome").map(({ code, name }, i) => html`
      <label><input type="radio" name="outcome" value=${code} .checked=${live(outcome === code)} @change=${() => choose.outcome(code)}><span>${text(name)}</span>${i < 9 ? html`<kbd aria-hidden="true">${i + 1}</kbd>` : nothing}</label>`)}</fieldset>
    <label for="note">${t(needsNote ? "desk.note_required" : "desk.note")}
      <textarea id="note" rows="2" maxlength="500" .value=${live(note)} ?required=${needsNote} aria-invalid=${problem ? "true" : nothing} aria-describedby=${problem ? "note-problem" : "note-hint"} @input=${(event) => keepDraft(leg.leg, { note: event.target.value })}></textarea>
      ${problem ? html`<span class="field-error" id="note-problem" role="alert">${problem}</span>` : html`<small class="soft" id="note-hint">${t("desk.note_kept")}</small>`}</label></div>`;
}
