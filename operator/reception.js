// The reception: a ticket for whoever comes to the counter, priority on proof, a ticket found and mended.
import { html, nothing, render } from "lit-html";
import { t, text } from "/static/common/i18n.js";
import { languageButtons, signOut } from "/static/common/sign_in.js";
import { dialogView } from "./dialog.js";
import { enter } from "./entrance.js";
import { giveBackView, grantView, hallView, keepCurrent, searchView } from "./found_view.js";
import { counter, headView, issue, orderView, print, served, startOver, toggleService } from "./order_view.js";
import { pressOf } from "./press.js";
import { desk, onUpdate, root } from "./state.js";

const KEYS = {
  Enter: () => (counter.ticket ? startOver() : issue()),
  p: print,
  "/": () => root.querySelector("[name=find]").focus(),
  Escape: startOver,
};

function onKey(event) {
  const name = pressOf(event);
  if (!name || !desk.board || (name === "Enter" && event.target.closest("button, a"))) return;
  const service = /^[1-9]$/.test(name) ? served()[Number(name) - 1] : null;
  const action = service ? () => toggleService(service.code) : KEYS[name] ?? KEYS[name.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
}

const barView = () => html`<header class="bar"><h1>${t("reception.page_title")}</h1><span class="state">${text(desk.board.branch.name)}</span>
  <button type="button" class="menu-button" popovertarget="menu">${t("desk.menu")}</button>
  <div id="menu" popover class="card"><a class="button quiet" href="/desk?branch=${desk.branch}">${t("reception.desk")}</a><a class="button quiet" href="/calendar/${desk.branch}">${t("reception.appointments")}</a>${languageButtons()}
    <p class="soft">${desk.me.name}</p><button type="button" class="quiet" @click=${signOut}>${t("common.sign_out")}</button></div></header>`;

function draw() {
  const waiting = desk.board.waiting_total;
  document.title = `${waiting ? `(${waiting}) ` : ""}${t("reception.page_title")}`;
  render(html`<div class="desk" data-version=${desk.board.version} data-pending=${desk.pending ?? ""}>${barView()}
    <div class="work"><section class="visitor card">${headView()}${orderView()}</section><aside aria-label=${t("desk.line")}>${searchView()}${hallView()}</aside></div>
    <div role="alert" class="offline">${desk.isOnline ? nothing : html`<p class="notice alarm">${t("desk.offline")}</p>`}</div>
    ${dialogView({ priority: grantView, cancel: giveBackView })}</div>`, root);
}

function onBoard(board, before) {
  if (!before) startOver();
  keepCurrent(board);
}

onUpdate(draw);
addEventListener("keydown", onKey);
const branch = location.pathname.split("/").pop();
enter(root, { title: "reception.sign_in_title", roles: ["reception", "hall", "admin"], branch: decodeURIComponent(branch), onBoard });
