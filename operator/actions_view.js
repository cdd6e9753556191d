// What can be done with whom is there? One main action, always at the same place; the others beside it; undo below.
import { html, nothing } from "lit-html";
import { t } from "/static/common/i18n.js";
import { moves, possible } from "./moves.js";
import { canAct, desk } from "./state.js";

// The second click of a double click is meant for what was there before, not for what stands there now.
const once = (action) => (event) => { if (event.detail < 2) action(); };

export function button(name, window, words, { key, isMain = false, small } = {}) {
  const isOff = !canAct() || !possible(window).includes(name);
  return html`<button type="button" class=${isMain ? "main" : ""} data-action=${name} ?disabled=${isOff} @click=${once(() => moves[name]())}>
    <span>${words}${key ? html` <kbd aria-hidden="true">${key}</kbd>` : nothing}</span>${small ? html`<small>${small}</small>` : nothing}</button>`;
}

export function actionsView(window) {
  return html`<div class="actions">${buttonsOf(window)}</div>`;
}

function buttonsOf(window) {
  const { leg } = window;
  const aside = [button("hold", window, t("desk.hold"), { key: "H" }), button("transfer", window, t("desk.transfer"), { key: "T" })];
  if (leg?.state === "serving") {
    return [button("finish", window, t("desk.finish"), { key: "F", isMain: true }), button("finish-next", window, t("desk.finish_next"), { key: "⇧N" }), ...aside];
  }
  if (leg) return [button("start", window, t("desk.start"), { key: "S", isMain: true }), ...callAgain(window), ...aside];
  if (window.state === "paused") return [button("resume", window, t("desk.resume"), { key: "B", isMain: true }), button("close", window, t("desk.close_window"))];
  return [button("next", window, t("desk.next"), { key: "N", isMain: true }), button("call", window, t("desk.call_chosen"), { key: "/" })];
}

function callAgain(window) {
  const { calls, recall_allowed_at: allowed } = window.leg;
  const needed = desk.board.branch.calls_before_no_show;
  const pause = Math.ceil((new Date(allowed) - desk.now()) / 1000);
  return [
    button("recall", window, t("desk.recall"), { key: "R", small: pause > 0 ? t("desk.recall_in", { n: pause }) : t("desk.recall_now") }),
    button("no-show", window, t("desk.no_show"), { key: "X", small: calls < needed ? t("desk.no_show_after", { n: needed }) : t("desk.no_show_now") }),
  ];
}

// What was just done, and for some seconds the way back. One height, so that nothing below jumps.
export function doneView(window) {
  return html`<div class="done"><p role="status" class="said">${desk.said}</p>${undoView(window)}</div>
    <div role="alert">${desk.problem?.words && !desk.dialog ? html`<p class="notice warn">${desk.problem.words}</p>` : nothing}</div>`;
}

function undoView(window) {
  const left = window?.undo ? Math.ceil((new Date(window.undo.until) - desk.now()) / 1000) : 0;
  if (left <= 0) return nothing;
  const { number, move } = window.undo;
  const what = t("desk.undo_what", { number, move: t(`desk.undo_moves.${move}`) });
  return html`<button type="button" data-action="undo" ?disabled=${!canAct()} @click=${once(moves.undo)}>
    <span>${t("desk.undo")} <span class="what-undone">${what}</span></span> <kbd aria-hidden="true">U</kbd><span class="left" aria-hidden="true">${left}</span></button>`;
}
