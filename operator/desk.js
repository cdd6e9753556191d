// The operator's desk: sign in, open a window, call, serve, finish.
import { html, nothing, render } from "lit-html";
import { t, text } from "/static/common/i18n.js";
import { languageButtons, signOut } from "/static/common/sign_in.js";
import { actionsView, doneView } from "./actions_view.js";
import { holdView, pauseView } from "./aside_dialogs.js";
import { callView } from "./call_dialog.js";
import { closeDialog, dialogView } from "./dialog.js";
import { forgetOldDrafts } from "./drafts.js";
import { enter } from "./entrance.js";
import { tellOfFirst } from "./first_in_line.js";
import { helpView } from "./help_view.js";
import { onKey } from "./keys.js";
import { lineView } from "./line_view.js";
import { moves, possible } from "./moves.js";
import { myDayView } from "./my_day.js";
import { hasSmallWindow, openSmallWindow } from "./small_window.js";
import { canAct, desk, mine, onUpdate, root } from "./state.js";
import { transferView } from "./transfer_dialog.js";
import { stageView, visitorView } from "./visitor_view.js";
import { walkInView } from "./walk_in.js";
import { choiceView, servicesView } from "./window_views.js";

const DIALOGS = { hold: holdView, pause: pauseView, call: callView, transfer: transferView, "walk-in": walkInView, services: servicesView, "my-day": myDayView, help: helpView };

// The visitor whom a dialog was about has gone, or the window with it.
function onBoard() {
  const window = mine();
  const isGone = desk.dialog?.leg && window?.leg?.leg !== desk.dialog.leg;
  if (isGone) closeDialog({ keepsProblem: true });
  tellOfFirst();
  forgetOldDrafts();
}

function barView(window) {
  const menu = (name, words, key) => html`<button type="button" class="quiet" data-action=${name} popovertarget="menu" popovertargetaction="hide" ?disabled=${!canAct() || !possible(window).includes(name)} @click=${() => moves[name]()}>${words}${key ? html` <kbd aria-hidden="true">${key}</kbd>` : nothing}</button>`;
  const rest = window?.state === "paused" ? "resume" : "pause";
  return html`<header class="bar"><h1>${window ? t("desk.window", { window: window.code }) : text(desk.board.branch.name)}</h1>
    ${window ? html`<span class="state ${window.state}">${t(`desk.states.${window.state}`)}</span>
      <button type="button" data-rest ?disabled=${!canAct() || !possible(window).includes(rest)} @click=${() => moves[rest]()}>${t(`desk.${rest}`)} <kbd aria-hidden="true">B</kbd></button>` : nothing}
    <button type="button" class="menu-button" popovertarget="menu">${t("desk.menu")}</button>
    <div id="menu" popover class="card">${window ? html`${menu("services", t("desk.services_change"))}${menu("my-day", t("desk.my_day"))}${menu("close", t("desk.close_window"))}${menu("help", t("desk.help"), "?")}` : nothing}
      ${hasSmallWindow() && window ? html`<button type="button" class="quiet" popovertarget="menu" popovertargetaction="hide" @click=${() => openSmallWindow(onKey)}>${t("desk.small_window")}</button>` : nothing}
      ${["reception", "hall", "admin"].includes(desk.me.role) ? html`<a class="button quiet" href="/reception/${desk.branch}">${t("desk.to_reception")}</a>` : nothing}
      ${languageButtons()}<p class="soft">${desk.me.name}</p><button type="button" class="quiet" @click=${signOut}>${t("common.sign_out")}</button></div></header>`;
}

const deskView = (window) => html`<div class="work"><section class="visitor card" aria-label=${t("desk.visitor")}>
    <div class="head-of-card">${stageView(window)}${actionsView(window)}${doneView(window)}</div>${window.leg ? visitorView(window) : nothing}</section>${lineView(window)}</div>`;

function draw() {
  const window = mine();
  const waiting = window ? window.waiting : desk.board.waiting_total;
  document.title = `${waiting ? `(${waiting}) ` : ""}${t("desk.page_title")}${window ? ` ${window.code}` : ""}`;
  render(html`<div class="desk" data-version=${desk.board.version} data-pending=${desk.pending ?? ""}>
    ${barView(window)}${window ? deskView(window) : html`${choiceView()}${doneView(null)}`}
    <div role="alert" class="offline">${desk.isOnline ? nothing : html`<p class="notice alarm">${t("desk.offline")}</p>`}</div>
    ${dialogView(DIALOGS)}</div>`, root);
}

onUpdate(draw);
addEventListener("keydown", onKey);
enter(root, { title: "desk.sign_in_title", roles: ["operator", "reception", "hall", "admin"], branch: new URLSearchParams(location.search).get("branch"), onBoard });
