// The hall administrator's page: promises that were broken, lines, windows; readable from two metres.
import { html, nothing, render } from "lit-html";
import { clock, t, text } from "/static/common/i18n.js";
import { languageButtons, signOut } from "/static/common/sign_in.js";
import { acknowledgeView, breachesView } from "./breaches_view.js";
import { dialogView } from "./dialog.js";
import { enter } from "./entrance.js";
import { forecastView } from "./forecast.js";
import { linesView, windowsView } from "./hall_views.js";
import { desk, onUpdate, root } from "./state.js";

const openBreaches = () => (desk.board.breaches ?? []).filter((breach) => !breach.acknowledged_at).length;

const barView = () => html`<header class="bar"><h1>${t("hall.page_title")}</h1><span class="state">${text(desk.board.branch.name)}</span>
  <button type="button" class="menu-button" popovertarget="menu">${t("desk.menu")}</button>
  <div id="menu" popover class="card"><a class="button quiet" href="/reception/${desk.branch}">${t("desk.to_reception")}</a><a class="button quiet" href="/desk?branch=${desk.branch}">${t("reception.desk")}</a>${languageButtons()}
    <p class="soft">${desk.me.name}</p><button type="button" class="quiet" @click=${signOut}>${t("common.sign_out")}</button></div></header>`;

// Screens on which no call can be heard: whoever does not look up misses the turn.
const silentView = () => ((silent) => (silent.length ? html`<p class="notice warn" data-silent>${t("hall.silent_screens", { screens: silent.map(({ name, since }) => `${name} (${clock(since)})`).join(", ") })}</p>` : nothing))(desk.board.silent_screens ?? []);

function draw() {
  const open = openBreaches();
  document.title = `${open ? `(${open}) ` : ""}${t("hall.page_title")}`;
  render(html`<div class="desk hall" data-version=${desk.board.version} data-pending=${desk.pending ?? ""}>${barView()}
    <div class="becomes"><p role="status" class="said">${desk.said}</p><div role="alert">${desk.problem && !desk.dialog ? html`<p class="notice warn">${desk.problem.words}</p>` : nothing}</div></div>
    ${silentView()}<div class="hall-work"><div class="stack">${breachesView()}${linesView()}</div><div class="stack">${windowsView()}<div id="forecast" class="stack">${forecastView()}</div></div></div>
    <div role="alert" class="offline">${desk.isOnline ? nothing : html`<p class="notice alarm">${t("desk.offline")}</p>`}</div>
    ${dialogView({ acknowledge: acknowledgeView })}</div>`, root);
}

onUpdate(draw);
const branch = decodeURIComponent(location.pathname.split("/").pop());
enter(root, { title: "hall.sign_in_title", roles: ["hall", "admin"], branch });
