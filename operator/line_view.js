// Who waits, who is aside, who works where? The side of the desk.
import { html, nothing } from "lit-html";
import { clock, minutesSince, t, text } from "/static/common/i18n.js";
import { waitWords } from "/static/common/words.js";
import { button } from "./actions_view.js";
import { aside, moves, possible } from "./moves.js";
import { canAct, choiceName, desk, serviceName } from "./state.js";
import { lineChips, waitLevel } from "./words.js";

const SHOWN = 7;

export function lineView(window) {
  const forMe = desk.board.waiting.filter((leg) => leg.windows.includes(window.code));
  return html`<aside aria-label=${t("desk.line")}>
    <section class="card"><div class="head"><h2>${t("desk.waiting")}<span class="soft">${t("desk.for_you")}</span></h2><p class="total" data-waiting>${window.waiting}</p></div>
      <ol class="line">${forMe.slice(0, SHOWN).map((leg, i) => waitingView(leg, window, i === 0))}</ol>
      ${button("walk-in", window, t("desk.walk_in"), { key: "W" })}</section>
    ${asideView("held", desk.board.held, window)}${asideView("missed", desk.board.missed, window)}
    <section class="card"><h2>${t("desk.services")}</h2>${linesView(window)}</section>
    <section class="card"><h2>${t("desk.windows")}</h2><ul class="windows">${desk.board.windows.map((one) => html`<li class=${one.state}>${one.code} · ${one.leg ? one.leg.number : t(`desk.states.${one.state}`)}</li>`)}</ul></section></aside>`;
}

// A row is a button: whoever is pressed can be called, with a reason.
function waitingView(leg, window, isFirst) {
  return html`<li><button type="button" class="row ${isFirst ? "first" : ""}" data-call=${leg.number} title=${t("desk.call_this", leg)} ?disabled=${!canAct() || !possible(window).includes("call")} @click=${() => moves.call(leg.number)}>
    <span class="number">${leg.number}</span><span class="service">${isFirst ? html`<b class="next">${t("desk.first")}</b> ` : nothing}${serviceName(leg.service)}</span>
    <span class="wait ${waitLevel(leg)}">${t("desk.minutes", { n: minutesSince(leg.ready_at, desk.now()) })}</span>${lineChips(leg, window)}</button></li>`;
}

function linesView(window) {
  const lines = desk.board.services.filter(({ code }) => window.serves.includes(code));
  return html`<ul class="lines">${lines.map((line) => html`<li><span>${text(line.name)}${line.waiting && waitWords(line.estimate) ? html`<br><small class="soft" data-wait title=${t("desk.who_comes_now", { range: waitWords(line.estimate) })}>${waitWords(line.estimate)}</small>` : nothing}</span><span><b>${line.waiting}</b>${line.waiting ? html` <small class="soft">${t("desk.longest", { n: minutesSince(line.oldest_ready_at, desk.now()) })}</small>` : nothing}</span></li>`)}</ul>`;
}

function asideView(kind, legs, window) {
  const ours = legs.filter((leg) => window.serves.includes(leg.service));
  if (!ours.length) return nothing;
  return html`<section class="card" data-list=${kind}><h2>${t(`desk.${kind}`)} <span class="soft">${ours.length}</span></h2><ul class="lines">${ours.map((leg) => html`<li class="aside" data-number=${leg.number}>
    <span><span class="number">${leg.number}</span> <small class="soft">${asideWords(kind, leg)}</small></span>
    <span class="row-actions">${kind === "held" ? small("return", leg, aside.return) : leg.rejoin_until ? small("rejoin", leg, aside.rejoin) : nothing}
      ${kind === "held" || leg.rejoin_until ? html`<button type="button" class="small" data-call=${leg.number} aria-label=${t("desk.call_this", leg)} ?disabled=${!canAct() || !possible(window).includes("call")} @click=${() => moves.call(leg.number)}>${t("desk.call")}</button>` : nothing}</span></li>`)}</ul></section>`;
}

const small = (name, leg, move) => html`<button type="button" class="small" data-aside=${name} aria-label="${t(`desk.${name}`)}: ${leg.number}" ?disabled=${!canAct()} @click=${() => move(leg)}>${t(`desk.${name}`)}</button>`;

function asideWords(kind, leg) {
  if (kind === "missed") return leg.rejoin_until ? t("desk.missed_at", { time: clock(leg.missed_at), until: clock(leg.rejoin_until) }) : t("desk.missed_over", { time: clock(leg.missed_at) });
  const reason = leg.reason === "late" ? t("desk.hold_late") : choiceName("hold", leg.reason);
  return leg.returns_at ? `${reason}, ${t("desk.returns_at", { time: clock(leg.returns_at) })}` : reason;
}
