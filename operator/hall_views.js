// How do lines and windows look to whoever answers for the hall? The line that waits longest comes first.
import { html, nothing } from "lit-html";
import { t, text } from "/static/common/i18n.js";
import { opensWords } from "/static/common/words.js";
import { choiceName, desk } from "./state.js";
import { level, minutes, secondsSince, span } from "./words.js";

const longest = (line) => (line.waiting ? secondsSince(line.oldest_ready_at) : 0);
// What is promised to the one who waits longest is not always the service's own norm (an appointment has another).
const share = (line) => longest(line) / line.norm;

export function linesView() {
  const lines = [...desk.board.services].sort((a, b) => share(b) - share(a));
  const busy = lines.filter((line) => line.waiting);
  const quiet = lines.filter((line) => !line.waiting);
  return html`<section class="card" aria-label=${t("hall.lines")}><div class="head"><h2>${t("hall.lines")}</h2><p class="total" data-waiting>${desk.board.waiting_total}<small>${t("hall.waiting")}</small></p></div>
    ${busy.length ? html`<ul class="lines-now">${busy.map(lineView)}</ul>` : html`<p class="calm">${t("hall.nobody_waits")}</p>`}
    ${busy.length && quiet.length ? html`<p class="soft">${t("hall.empty_lines", { services: quiet.map((line) => text(line.name)).join(", ") })}</p>` : nothing}</section>`;
}

function lineView(line) {
  const seconds = longest(line);
  const open = desk.board.windows.filter((window) => window.state === "open" && window.serves.includes(line.code)).length;
  return html`<li class=${level(seconds, line.norm)} data-line=${line.code}><p class="count">${line.waiting}</p>
    <div><h3>${text(line.name)}</h3><p class=${open ? "soft" : "unserved"}>${open ? t("hall.open_windows", { n: open }) : [t("hall.no_window"), opensWords(line, desk.now())].filter(Boolean).join(". ")}</p></div>
    <p class="longest"><b>${span(seconds)}</b><small>${t("hall.of_norm", { n: minutes(line.norm) })}</small></p>
    <svg class="used" aria-hidden="true" viewBox="0 0 100 1" preserveAspectRatio="none"><rect width=${100 * Math.min(1, share(line))} height="1"/></svg></li>`;
}

export function windowsView() {
  const shown = [...desk.board.windows].sort((a, b) => (a.state === "closed") - (b.state === "closed"));
  const open = shown.filter(({ state }) => state === "open").length;
  return html`<section class="card" aria-label=${t("hall.windows")}><div class="head"><h2>${t("hall.windows")}</h2><p class="total">${open}<small>${t("hall.open")}</small></p></div>
    <ul class="windows-now">${shown.map((window) => html`<li class="${window.state} ${window.leg?.state ?? (window.waiting ? "free idle" : "free")}" data-window=${window.code}>
      <p class="code">${window.code}</p><div><p class="what">${stateOf(window)}</p><p class="soft">${window.operator ?? ""}</p></div><p class="since">${since(window)}</p></li>`)}</ul></section>`;
}

function stateOf(window) {
  if (window.leg) return html`<span class="number">${window.leg.number}</span> ${t(`hall.${window.leg.state}`)}`;
  if (window.state === "paused") return window.pause_reason ? choiceName("pause", window.pause_reason) : t("desk.states.paused");
  return window.state === "open" ? t(window.waiting ? "hall.free_though" : "hall.free") : t("desk.states.closed");
}

function since(window) {
  const at = window.leg ? window.leg.started_at ?? window.leg.last_called_at : window.state === "paused" ? window.paused_at : null;
  return at ? span(secondsSince(at)) : nothing;
}
