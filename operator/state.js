// What does a staff page know, and how does it act? State comes from the server, never guessed; one action at a time.
import { api } from "/static/common/api.js";
import { t, text } from "/static/common/i18n.js";

export const root = document.getElementById("app");

export const desk = {
  me: null, branch: null, board: null, live: null, link: { connected: true }, now: () => Date.now(),
  pending: null, said: "", problem: null, dialog: null,
};

// A link that broke a moment ago may be back before anybody notices; after four seconds the page says so.
const GRACE_MS = 4000;
Object.defineProperty(desk, "isOnline", { get: () => navigator.onLine && (desk.link.connected || desk.now() - desk.link.lastSeen < GRACE_MS) });

const listeners = [];
export const onUpdate = (listener) => listeners.push(listener);
export const update = () => { if (desk.board) listeners.forEach((listener) => listener()); };

export const mine = () => desk.board?.windows.find((window) => window.operator_id === desk.me.id) ?? null;
export const canAct = () => desk.pending === null && desk.isOnline;
export const service = (code) => desk.board.services.find((one) => one.code === code);
export const serviceName = (code) => text(service(code)?.name) || code;
export const choices = (kind) => desk.board.choices[kind];
export const choiceName = (kind, code) => text(choices(kind).find((choice) => choice.code === code)?.name) || code;

// The answer, or false when it was refused: then `desk.problem` is {words, errors}. While one action is under way,
// nothing else starts; offline, nothing is queued for later.
export async function act(name, path, body, said = () => "") {
  if (!canAct()) return false;
  Object.assign(desk, { pending: name, problem: null, said: "" });
  update();
  let answer = false;
  try {
    answer = await api.post(path, body);
    desk.said = said(answer);
  } catch (problem) {
    desk.problem = { words: problem.code === "offline" ? t("desk.unknown_outcome") : problem.words, errors: problem.errors };
    if (problem.status === 401) location.reload();
  }
  // Often the picture has come by itself before the answer.
  if (!(answer?.version <= desk.board.version)) await desk.live.refresh();
  desk.pending = null;
  update();
  return answer;
}

// What is said of a field of the dialog or form that was refused.
export const fieldProblem = (field) => desk.problem?.errors?.find((error) => error.field === field)?.message;
