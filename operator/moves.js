// What can the operator do, and when? Each move is one request; the visitor that is meant is named with it.
import { api } from "/static/common/api.js";
import { t } from "/static/common/i18n.js";
import { change, closeDialog, openDialog } from "./dialog.js";
import { draft, keepDraft } from "./drafts.js";
import { act, choiceName, choices, desk, mine, root, serviceName, update } from "./state.js";

const post = (name, verb, body, said) => act(name, `/windows/${mine().id}/${verb}`, body, said);
const ofLeg = (name, verb, done, body = {}) => post(name, verb, { leg: mine().leg.leg, ...body }, (leg) => t(`desk.${done}`, leg));
const state = (window) => t("desk.done_shift", { window: window.code, state: t(`desk.states.${window.state}`) });
const called = (leg) => (leg === null ? t("desk.nobody_for_you") : t("desk.done_called", leg));

export const openWindow = (window, services) =>
  act("open", `/windows/${window.id}/open`, services ? { services } : {}, state);

export const moves = {
  next: () => post("next", "next", {}, called),
  start: () => ofLeg("start", "start", "done_start"),
  recall: () => ofLeg("recall", "recall", "done_recall"),
  "no-show": () => ofLeg("no-show", "no-show", "done_no_show"),
  finish,
  async "finish-next"() {
    if ((await finish()) !== false && possible(mine()).includes("next")) await moves.next();
  },
  hold: () => openDialog("hold", { leg: mine().leg.leg, minutes: "", at: "" }),
  transfer: () => openDialog("transfer", { leg: mine().leg.leg, service: "", to: "" }),
  call: (number = "") => openDialog("call", { number, given: Boolean(number) }),
  pause: () => openDialog("pause"),
  resume: () => post("resume", "resume", {}, state),
  close: () => post("close", "close", {}, state),
  services: (window = mine()) => openDialog("services", { window: window.id, chosen: [...window.serves] }),
  "walk-in": () => openDialog("walk-in", { language: desk.board.branch.default_language, ticket: null }),
  undo: () => post("undo", "undo", {}, (leg) => t("desk.done_undo", leg)),
  help: () => openDialog("help"),
  async "my-day"() {
    openDialog("my-day", { day: null });
    const day = await api.get(`/branches/${desk.branch}/my-day`).catch(() => null);
    if (day && desk.dialog?.kind === "my-day") change({ day });
  },
};

// A reason that the office asks for is asked for here first: the visitor need not wait for a refusal.
async function finish() {
  const { leg } = mine().leg;
  const { outcome, note } = draft(leg);
  if (choices("outcome").find(({ code }) => code === outcome).needs_note && !note.trim()) return askForNote(outcome);
  const answer = await ofLeg("finish", "finish", "done_finish", { outcome, ...(note.trim() ? { note: note.trim() } : {}) });
  if (answer === false && desk.problem.errors?.some(({ field }) => field === "note")) root.querySelector("#note")?.focus();
  return answer;
}

function askForNote(outcome) {
  const message = t("desk.note_needed", { outcome: choiceName("outcome", outcome) });
  Object.assign(desk, { said: "", problem: { words: "", errors: [{ field: "note", message }] } });
  update();
  root.querySelector("#note").focus();
  return false;
}

export const choose = {
  outcome(code) {
    keepDraft(mine().leg.leg, { outcome: code });
    desk.problem = null;
    update();
  },
  hold: (reason, returnAt) => sent(ofLeg("hold", "hold", "done_hold", { reason, ...(returnAt ? { return_at: returnAt } : {}) })),
  transfer: (target, words) => sent(post("transfer", "transfer", { leg: mine().leg.leg, ...target }, (leg) => t("desk.done_transfer", { ...leg, to: words }))),
  pause: (reason) => sent(post("pause", "pause", { reason }, state)),
  services: (window, services) => sent(act("services", `/windows/${window.id}/open`, services ? { services } : {}, () => t("desk.done_services", { services: (services ?? window.services).map(serviceName).join(", ") }))),
  walkIn: (code, language) => act("walk-in", `/branches/${desk.branch}/tickets`, { services: [code], language, channel: "reception" }),
  call: (number, reason) => sent(callChosen(number, reason)),
};

// Somebody who missed the call comes back into the line first; being called is then as for anybody who waits.
async function callChosen(number, reason) {
  const missed = desk.board.missed.find((leg) => leg.number === number.trim().toUpperCase());
  if (missed && (await aside.rejoin(missed)) === false) return false;
  return post("call", "call", { number, reason }, called);
}

export const aside = {
  return: (leg) => act("return", `/legs/${leg.leg}/return`, {}, () => t("desk.done_return", leg)),
  rejoin: (leg) => act("rejoin", `/legs/${leg.leg}/rejoin`, {}, () => t("desk.done_rejoin", leg)),
};

// What was asked in a dialog: it stays open, with the reason, when it is refused.
async function sent(request) {
  const answer = await request;
  if (answer !== false) closeDialog();
  return answer;
}

// What can be done now, in the state that the server told.
export function possible(window) {
  if (!window || window.state === "closed") return [];
  const isUndoable = window.undo && new Date(window.undo.until) > desk.now();
  const always = ["help", "my-day", "walk-in", "services", window.state === "paused" ? "resume" : "pause", ...(isUndoable ? ["undo"] : [])];
  const { leg } = window;
  if (leg?.state === "serving") return [...always, "finish", "finish-next", "hold", "transfer"];
  if (leg?.state === "called") {
    const isPauseOver = new Date(leg.recall_allowed_at) <= desk.now();
    const isCalledEnough = leg.calls >= desk.board.branch.calls_before_no_show;
    return [...always, "start", "hold", "transfer", ...(isPauseOver ? ["recall"] : []), ...(isCalledEnough ? ["no-show"] : [])];
  }
  return window.state === "paused" ? [...always, "close"] : [...always, "next", "call", "close"];
}
