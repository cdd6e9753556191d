// The operator's desk: sign in, open a window, call, serve, finish. State comes from the server, never guessed.
import { html, nothing, render } from "lit-html";
import { api } from "/static/common/api.js";
import { onLanguage, page, setLanguage, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { languageButtons, signIn, signOut, whoAmI } from "/static/common/sign_in.js";
import { choiceView, helpView, pauseView, workView } from "./views.js";

const root = document.getElementById("app");
const LETTERS = { n: "next", s: "start", r: "recall", x: "no-show", f: "finish", b: "pause", "?": "help", F2: "next", F3: "start", F4: "recall", F6: "no-show", F7: "finish", F8: "pause" };

export const desk = {
  me: null, branch: null, board: null, pending: null, said: "", problem: null, outcome: "solved", note: "",
  link: { connected: true }, hasLetters: localStorage.getItem("desk.letters") !== "off", live: null, now: () => Date.now(), choosing: false,
};

// A link that broke a moment ago may be back before anybody notices; after four seconds the desk says so.
Object.defineProperty(desk, "isOnline", { get: () => navigator.onLine && (desk.link.connected || desk.now() - desk.link.lastSeen < 4000) });

export const mine = () => desk.board?.windows.find((window) => window.operator_id === desk.me.id) ?? null;

function show(board) {
  const before = mine()?.leg?.leg;
  desk.board = board;
  page.branch = board.branch;
  if (mine()?.leg?.leg !== before) Object.assign(desk, { outcome: "solved", note: "" });
  update();
}

// One press, one action: while one is under way, nothing else starts; offline, nothing is queued for later.
export async function act(name, path, body, said) {
  if (desk.pending || !desk.isOnline) return;
  Object.assign(desk, { pending: name, problem: null, said: "" });
  update();
  try {
    const answer = await api.post(path, body);
    desk.said = answer === null ? t("desk.nobody_waits") : said(answer);
  } catch (problem) {
    desk.problem = problem.code === "offline" ? t("desk.unknown_outcome") : problem.words;
    if (problem.status === 401) location.reload();
  }
  await desk.live.refresh();
  desk.pending = null;
  update();
}

const at = (window, verb) => `/windows/${window.id}/${verb}`;
const state = (window) => t("desk.done_shift", { window: window.code, state: t(`desk.states.${window.state}`) });

export const actions = {
  open: (window) => { desk.choosing = false; return act("open", at(window, "open"), {}, state); },
  next: (window) => act("next", at(window, "next"), {}, (leg) => t("desk.done_called", leg)),
  start: (window) => act("start", at(window, "start"), {}, (leg) => t("desk.done_start", leg)),
  recall: (window) => act("recall", at(window, "recall"), {}, (leg) => t("desk.done_recall", leg)),
  "no-show": (window) => act("no-show", at(window, "no-show"), {}, (leg) => t("desk.done_no_show", leg)),
  finish: (window) => act("finish", at(window, "finish"), { outcome: desk.outcome, ...(desk.note ? { note: desk.note } : {}) }, (leg) => t("desk.done_finish", leg)),
  async finishAndNext(window) {
    await actions.finish(window);
    if (!desk.problem) await actions.next(window);
  },
  pause: () => root.querySelector("#pause").showModal(),
  pauseFor: (window, reason) => { root.querySelector("#pause").close(); return act("pause", at(window, "pause"), { reason }, state); },
  resume: (window) => act("resume", at(window, "resume"), {}, state),
  close: (window) => act("close", at(window, "close"), {}, state),
  help: () => root.querySelector("#help").showModal(),
};

// What can be done now, in the state that the server told.
export function possible(window) {
  if (!window || window.state === "closed") return [];
  const leg = window.leg;
  if (leg?.state === "serving") return ["finish"];
  if (leg?.state === "called") {
    const isPauseOver = new Date(leg.recall_allowed_at) <= desk.now();
    return ["start", ...(isPauseOver ? ["recall"] : []), ...(leg.calls >= desk.board.branch.calls_before_no_show ? ["no-show"] : [])];
  }
  return window.state === "paused" ? ["resume"] : ["next", "pause"];
}

function onKey(event) {
  const isLetter = event.key.length === 1;
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || root.querySelector("dialog[open]")) return;
  if (isLetter && (!desk.hasLetters || event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select"))) return;
  const name = LETTERS[isLetter ? event.key.toLowerCase() : event.key];
  const window = mine();
  if (!name || !window) return;
  event.preventDefault();
  if (name === "help") return actions.help();
  if (name === "next" && event.shiftKey && possible(window).includes("finish")) return actions.finishAndNext(window);
  if (possible(window).includes(name)) actions[name](window);
}

export function update() {
  if (!desk.board) return;
  const window = desk.choosing ? null : mine();
  const waiting = desk.board.waiting_total;
  document.title = `${waiting ? `(${waiting}) ` : ""}${t("desk.page_title")}${window ? ` ${window.code}` : ""}`;
  render(html`<div class="desk" data-version=${desk.board.version} data-pending=${desk.pending ?? ""}>
    <header class="bar"><h1>${window ? t("desk.window", { window: window.code }) : text(desk.board.branch.name)}</h1>
      ${window ? html`<span class="state ${window.state}">${t(`desk.states.${window.state}`)}</span>` : nothing}
      ${window && !window.leg ? html`${window.state === "open" ? html`<button @click=${actions.pause}>${t("desk.pause")} <kbd>B</kbd></button>` : html`<button class="main" @click=${() => actions.resume(window)}>${t("desk.resume")}</button>`}
        <button @click=${() => actions.close(window)}>${t("desk.close_window")}</button>` : nothing}
      <button class="quiet" @click=${actions.help}>${t("desk.help")} <kbd>?</kbd></button>
      ${languageButtons()}
      <span class="soft">${desk.me.name}</span><button class="quiet" @click=${signOut}>${t("common.sign_out")}</button></header>
    <div><div role="status" class="said">${desk.said}</div>
      <div role="alert">${desk.isOnline ? nothing : html`<p class="notice alarm">${t("desk.offline")}</p>`}${desk.problem ? html`<p class="notice warn">${desk.problem}</p>` : nothing}</div></div>
    ${window ? workView(window) : choiceView()}
    ${pauseView(window)}${helpView()}</div>`, root);
}

async function enter() {
  desk.me = (await whoAmI().catch(() => null)) ?? (await signIn(root, "desk.sign_in_title"));
  const codes = desk.me.branches.map((branch) => branch.code);
  const wanted = new URLSearchParams(location.search).get("branch");
  desk.branch = codes.includes(wanted) ? wanted : codes[0];
  if (!desk.branch || desk.me.role === "reviewer") {
    return render(html`<div class="sign-in card"><p>${t("common.no_rights")}</p><button @click=${signOut}>${t("common.sign_out")}</button></div>`, root);
  }
  const stored = localStorage.getItem("desk.language");
  if (stored) setLanguage(stored);
  desk.live = follow({
    auth: { staff: true, branch: desk.branch },
    fetchState: () => api.get(`/branches/${desk.branch}/desk`),
    onState: show,
    onConnection: ({ connected, problem, lastSeen }) => {
      if (problem?.status === 401) return location.reload();
      desk.link = { connected, lastSeen };
      update();
    },
  });
  desk.now = desk.live.now;
  await desk.live.refresh();
  setInterval(update, 1000);
}

onLanguage((code) => {
  localStorage.setItem("desk.language", code);
  signIn.redraw?.();
  update();
});
addEventListener("keydown", onKey);
addEventListener("offline", update);
enter();
