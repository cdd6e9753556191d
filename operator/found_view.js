// Where is this ticket, and what can the reception do with it? Found by its printed number; who waits, who is aside.
import { html, nothing } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, minutesSince, t, text } from "/static/common/i18n.js";
import { cancelView, closeDialog, digitsView, openDialog, titleView } from "./dialog.js";
import { proofWords } from "./order_view.js";
import { act, canAct, desk, root, serviceName, update } from "./state.js";
import { lineChips, visitorChips, waitLevel } from "./words.js";

const SHOWN = 10;
export const search = { visit: null, problem: null };

export async function find(number, { isQuiet = false } = {}) {
  if (!number.trim()) return;
  try {
    search.visit = await api.get(`/branches/${desk.branch}/tickets?number=${encodeURIComponent(number.trim())}`);
    search.problem = null;
  } catch (problem) {
    if (isQuiet) return;
    Object.assign(search, { visit: null, problem });
  }
  update();
  if (!isQuiet) root.querySelector(search.visit ? "#found" : "[name=find]").focus();
}

// What was found stays current while the hall moves on.
export function keepCurrent(board) {
  if (search.visit && board.version > search.visit.version) find(search.visit.number, { isQuiet: true });
}

async function move(name, path, body, said) {
  const { number, leg } = search.visit;
  const answer = await act(name, `/legs/${leg}/${path}`, body, said);
  if (answer !== false && desk.dialog) closeDialog();
  await find(number, { isQuiet: true });
  if (!desk.dialog) root.querySelector("#found")?.focus();
}

const does = {
  rejoin: () => move("rejoin", "rejoin", {}, (leg) => t("desk.done_rejoin", leg)),
  return: () => move("return", "return", {}, (leg) => t("desk.done_return", leg)),
  priority: () => openDialog("priority"),
  cancel: () => openDialog("cancel"),
};

export const grantView = () => html`${titleView(t("reception.grant_title", search.visit))}<p class="soft">${t("reception.grant_means")}</p>
  ${digitsView(desk.board.categories.map((one) => ({ code: one.code, name: one.name, small: proofWords(one) })), (code) => move("priority", "priority", { priority: code }, (leg) => t("reception.granted", { number: leg.number, name: text(leg.priority?.name) })), { data: "priority" })}
  ${cancelView()}`;

export const giveBackView = () => html`${titleView(t("reception.cancel_title", search.visit))}<p>${t("reception.cancel_means")}</p>
  <div class="ends"><button type="button" class="alarm" data-cancel ?disabled=${!canAct()} @click=${() => move("cancel", "cancel", {}, (leg) => t("reception.cancelled", leg))}>${t("reception.cancel_yes")}</button>${cancelView(t("reception.cancel_no"), { isFocused: true })}</div>`;

function submit(event) {
  event.preventDefault();
  find(event.target.elements.find.value);
}

export const searchView = () => html`<section class="card"><h2>${t("reception.find")} <kbd aria-hidden="true">/</kbd></h2>
  <form class="find" role="search" @submit=${submit}><label class="hidden-text" for="find">${t("reception.find_number")}</label>
    <input id="find" name="find" maxlength="12" autocomplete="off" spellcheck="false" placeholder="A017" aria-invalid=${search.problem ? "true" : nothing} aria-describedby="find-problem"><button>${t("reception.find_now")}</button></form>
  <p id="find-problem" class="field-error" role="alert">${search.problem?.words ?? nothing}</p>
  ${search.visit ? foundView(search.visit) : nothing}</section>`;

const stateWords = (visit) => t(`reception.states.${visit.state}`, { window: visit.window ?? "—" });

const foundView = (visit) => html`<section id="found" tabindex="-1" data-found=${visit.number} data-state=${visit.state} aria-label="${t("reception.found")} ${visit.number}">
  <p class="number">${visit.number}</p><p><b>${text(visit.service?.name)}</b> — ${stateWords(visit)}</p>
  <p class="soft">${t("reception.since", { time: clock(visit.issued_at) })}${visit.people_ahead === null ? nothing : html`. ${visit.people_ahead ? t("desk.ahead", { n: visit.people_ahead }) : t("desk.nobody_ahead")}`}</p>
  ${visitorChips(visit)}
  ${visit.route.length ? html`<p><b>${t("desk.then")}</b> ${visit.route.map(serviceName).join(" → ")}</p>` : nothing}
  <div class="ends">${["rejoin", "return", "priority", "cancel"].filter((name) => visit.may.includes(name) && (name !== "priority" || desk.board.categories.length)).map((name) => html`
    <button type="button" class="small" data-do=${name} ?disabled=${!canAct()} @click=${does[name]}>${t(`reception.${name === "priority" ? "grant" : name}`)}</button>`)}</div></section>`;

export const hallView = () => html`<section class="card"><div class="head"><h2>${t("reception.waiting")}</h2><p class="total" data-waiting>${desk.board.waiting_total}</p></div>
    <ol class="line">${desk.board.waiting.slice(0, SHOWN).map((leg) => rowView(leg, html`<span class="wait ${waitLevel(leg)}">${t("desk.minutes", { n: minutesSince(leg.ready_at, desk.now()) })}</span>${lineChips(leg, null)}`))}</ol></section>
  ${asideView("held")}${asideView("missed")}`;

const rowView = (leg, more) => html`<li><button type="button" class="row" data-find=${leg.number} @click=${() => find(leg.number)}><span class="number">${leg.number}</span><span class="service">${serviceName(leg.service)}</span>${more}</button></li>`;

const asideView = (kind) => (desk.board[kind].length ? html`<section class="card" data-list=${kind}><h2>${t(`desk.${kind}`)} <span class="soft">${desk.board[kind].length}</span></h2>
  <ul class="line">${desk.board[kind].map((leg) => rowView(leg, html`<span class="wait">${clock(leg.missed_at ?? leg.held_at)}</span>`))}</ul></section>` : nothing);
