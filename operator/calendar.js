// Appointments for those who work here: a day or a week, a booking for somebody on the phone, times that do not fit.
import { html, nothing, render } from "lit-html";
import { t, text } from "/static/common/i18n.js";
import { languageButtons, signOut } from "/static/common/sign_in.js";
import { appointmentView, bookView } from "./calendar_dialogs.js";
import { calendar, load, loadServices, today } from "./calendar_state.js";
import { conflictsView, daysView, movingView, searchView, toolsView } from "./calendar_views.js";
import { dialogView } from "./dialog.js";
import { enter } from "./entrance.js";
import { desk, onUpdate, root } from "./state.js";

const LOOK_AT_MOST_EVERY_MS = 3000;
let due = null;

const barView = () => html`<header class="bar"><h1>${t("calendar.page_title")}</h1><span class="state">${text(desk.board.branch.name)}</span>
  <button type="button" class="menu-button" popovertarget="menu">${t("desk.menu")}</button>
  <div id="menu" popover class="card"><a class="button quiet" href="/reception/${desk.branch}">${t("desk.to_reception")}</a><a class="button quiet" href="/desk?branch=${desk.branch}">${t("reception.desk")}</a>${languageButtons()}
    <p class="soft">${desk.me.name}</p><button type="button" class="quiet" @click=${signOut}>${t("common.sign_out")}</button></div></header>`;

const problemOf = () => (desk.dialog ? null : desk.problem?.words ?? calendar.problem?.words);

// Seven days need the whole width: they stand below what is beside a single day.
const isWeek = () => calendar.view === "week";

function draw() {
  document.title = t("calendar.page_title");
  render(html`<div class="desk calendar" data-version=${desk.board.version} data-pending=${desk.pending ?? ""}>${barView()}
    <div class="becomes"><p role="status" class="said">${desk.said}</p><div role="alert">${problemOf() ? html`<p class="notice warn">${problemOf()}</p>` : nothing}</div></div>
    <div class="work ${isWeek() ? "by-week" : ""}"><div class="stack">${toolsView()}${movingView()}${isWeek() ? nothing : daysView()}</div><aside>${searchView()}${conflictsView()}</aside>${isWeek() ? daysView() : nothing}</div>
    <div role="alert" class="offline">${desk.isOnline ? nothing : html`<p class="notice alarm">${t("desk.offline")}</p>`}</div>
    ${dialogView({ book: bookView, appointment: appointmentView })}</div>`, root);
}

// Whatever happens in the hall may be a booking: the days are looked at again, but not for every ticket at once.
async function onBoard(board, before) {
  if (!before) {
    calendar.date = today();
    await loadServices().catch((problem) => { calendar.problem = problem; });
    return load();
  }
  if (board.version === before.version || due) return;
  due = setTimeout(() => { due = null; load(); }, LOOK_AT_MOST_EVERY_MS);
}

onUpdate(draw);
const branch = decodeURIComponent(location.pathname.split("/").pop());
enter(root, { title: "calendar.sign_in_title", roles: ["reception", "hall", "admin"], branch, onBoard });
