// What does the visitor at the reception want? Services in the order chosen, language, needs, priority on proof seen.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { languages, t, text } from "/static/common/i18n.js";
import { NEEDS, waitWords } from "/static/common/words.js";
import { NEED_SIGNS } from "./icons.js";
import { act, canAct, desk, root, serviceName, update } from "./state.js";
import { printSlip } from "./walk_in.js";
import { needWords } from "./words.js";

const CHANNELS = ["reception", "phone"];
const anOrder = () => ({ services: [], language: desk.board.branch.default_language, needs: [], priority: "", channel: "reception" });

export const counter = { order: null, ticket: null };

export const served = () => desk.board.services.filter(({ code }) => desk.board.windows.some((window) => window.services.includes(code)));

export function startOver() {
  Object.assign(counter, { order: anOrder(), ticket: null });
  Object.assign(desk, { said: "", problem: null });
  update();
}

// The next visitor begins with the first thing that is chosen.
function set(changes) {
  Object.assign(counter.order, changes);
  counter.ticket = null;
  Object.assign(desk, { said: "", problem: null });
  update();
}

const without = (list, one) => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);

export const toggleService = (code) => set({ services: without(counter.order.services, code) });

export async function issue() {
  const { order } = counter;
  if (counter.ticket || !order.services.length) return;
  const { priority, ...rest } = order;
  const ticket = await act("issue", `/branches/${desk.branch}/tickets`, { ...rest, ...(priority ? { priority } : {}) }, ({ number }) => t("reception.issued", { number }));
  if (!ticket) return;
  Object.assign(counter, { ticket, order: anOrder() });
  update();
  root.querySelector("[data-action=next-visitor]")?.focus();
}

export const print = () => counter.ticket && printSlip(counter.ticket, counter.ticket.language);

export function headView() {
  const { ticket, order } = counter;
  return html`<div class="head-of-card">
    <div class="stage">${ticket ? html`<div><p class="number" data-issued>${ticket.number}</p><p class="what">${ticket.people_ahead ? t("desk.ahead", { n: ticket.people_ahead }) : t("desk.nobody_ahead")}${waitWords(ticket.estimate) ? html`<br>${waitWords(ticket.estimate)}` : nothing}</p></div>`
      : html`<div><p class="idle">${order.services.length ? chosenWords(order) : t("reception.new_ticket")}</p><p class="what">${order.services.length ? nothing : t("reception.choose")}</p></div>`}</div>
    <div class="actions">${ticket ? button("next-visitor", t("reception.next_visitor"), startOver, { key: "↵", isMain: true }) : button("issue", t("reception.issue"), issue, { key: "↵", isMain: true, isOff: !order.services.length })}
      ${button("print", t("desk.print"), print, { key: "P", isOff: !ticket })}${button("reset", t("reception.reset"), startOver, { key: "Esc" })}</div>
    <div class="done"><p role="status" class="said">${desk.said}</p></div>
    <div role="alert">${desk.problem?.words && !desk.dialog ? html`<p class="notice warn">${desk.problem.words}</p>` : nothing}</div></div>`;
}

const chosenWords = ({ services: [first, ...more] }) => [serviceName(first), ...more.map((code) => t("reception.then", { service: serviceName(code) }))].join(", ");

const button = (name, words, action, { key, isMain = false, isOff = false }) => html`<button type="button" class=${isMain ? "main" : ""} data-action=${name} ?disabled=${isOff || !canAct()} @click=${(event) => event.detail < 2 && action()}><span>${words} <kbd aria-hidden="true">${key}</kbd></span></button>`;

export const orderView = () => html`<div class="details order">
  <fieldset class="segments wide"><legend>${t("reception.services")}</legend>${served().map(({ code }, i) => html`<label><input type="checkbox" name="service" value=${code} .checked=${live(counter.order.services.includes(code))} @change=${() => toggleService(code)}>
    <span>${serviceName(code)}</span>${i < 9 ? html`<kbd aria-hidden="true">${i + 1}</kbd>` : nothing}</label>`)}</fieldset>
  <div class="columns">${languageView()}${channelView()}</div>${needsView()}${desk.board.categories.length ? priorityView() : nothing}
  <p class="soft"><small>${t("reception.help_keys")}</small></p></div>`;

const radio = (name, value, words, small) => html`<label><input type="radio" name=${name} value=${value} .checked=${live(counter.order[name] === value)} @change=${() => set({ [name]: value })}><span>${words}${small ? html`<small class="soft">${small}</small>` : nothing}</span></label>`;

const languageView = () => html`<fieldset class="segments"><legend>${t("reception.language")}</legend>${languages().map(({ code, name }) => radio("language", code, html`<span lang=${code}>${name}</span>`))}</fieldset>`;

const channelView = () => html`<fieldset class="segments"><legend>${t("reception.channel")}</legend>${CHANNELS.map((code) => radio("channel", code, t(`reception.channels.${code}`)))}</fieldset>`;

const needsView = () => html`<fieldset class="segments wide"><legend>${t("reception.needs")}</legend>${NEEDS.map((need) => html`<label><input type="checkbox" name="need" value=${need} .checked=${live(counter.order.needs.includes(need))} @change=${() => set({ needs: without(counter.order.needs, need) })}>${NEED_SIGNS[need]}<span>${needWords(need, counter.order)}</span></label>`)}</fieldset>`;

const priorityView = () => html`<fieldset class="segments wide"><legend>${t("reception.priority")}</legend>${radio("priority", "", t("reception.no_priority"))}
  ${desk.board.categories.map((category) => radio("priority", category.code, text(category.name), proofWords(category)))}</fieldset>`;

export const proofWords = ({ proof, legal_basis: basis }) => [text(proof) && t("reception.proof", { proof: text(proof) }), basis && t("reception.basis", { basis })].filter(Boolean).join(". ");
