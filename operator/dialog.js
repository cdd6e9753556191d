// What is being asked? One dialog at a time; what it needs to know is in `desk.dialog`.
import { html, nothing } from "lit-html";
import { text, t } from "/static/common/i18n.js";
import { canAct, desk, root, update } from "./state.js";

const element = () => root.querySelector("dialog");

export function openDialog(kind, details = {}) {
  Object.assign(desk, { dialog: { kind, ...details }, problem: null });
  update();
  element().showModal();
  focusFirst();
}

// A refusal that closed it (the visitor is gone) is still told, on the page.
export function closeDialog({ keepsProblem = false } = {}) {
  Object.assign(desk, { dialog: null, problem: keepsProblem ? desk.problem : null });
  if (element()?.open) element().close();
  update();
}

export function change(details) {
  Object.assign(desk.dialog, details);
  desk.problem = null;
  update();
}

// Autofocus works on showModal alone, and only for what was there already.
export function focusFirst(selector = "[autofocus]") {
  (element().querySelector(selector) ?? element().querySelector("button, input, select"))?.focus();
}

// views: {kind: () => template}
export const dialogView = (views) => html`<dialog id=${desk.dialog?.kind ?? nothing} aria-labelledby="dialog-title" @close=${() => desk.dialog && closeDialog()}>
  ${desk.dialog ? html`${views[desk.dialog.kind]()}<div role="alert">${desk.problem?.words ? html`<p class="notice warn">${desk.problem.words}</p>` : nothing}</div>` : nothing}</dialog>`;

export const titleView = (words) => html`<h2 id="dialog-title">${words}</h2>`;
export const cancelView = (words = t("common.cancel"), { isFocused = false } = {}) => html`<button type="button" class="quiet" ?autofocus=${isFocused} @click=${() => closeDialog()}>${words} <kbd aria-hidden="true">Esc</kbd></button>`;

// Choices that a digit makes as well: [{code, name, small?}].
export const digitsView = (list, onPick, { isFirstFocused = true, data = "choice" } = {}) => html`<div class="digits">${list.map(({ code, name, small }, i) => html`
  <button type="button" data-choice=${code} data-kind=${data} data-digit=${i < 9 ? i + 1 : nothing} ?autofocus=${isFirstFocused && i === 0} ?disabled=${!canAct()} @click=${() => onPick(code)}>${i < 9 ? html`<kbd aria-hidden="true">${i + 1}</kbd>` : nothing}<span>${text(name)}${small ? html`<small>${small}</small>` : nothing}</span></button>`)}</div>`;
