// Why is work interrupted? A visitor put aside, with a reason and perhaps a time; a break of the window.
import { html, nothing } from "lit-html";
import { clock, t } from "/static/common/i18n.js";
import { cancelView, change, digitsView, titleView } from "./dialog.js";
import { choose } from "./moves.js";
import { choices, desk, fieldProblem, mine } from "./state.js";
import { coverWords, lastServed } from "./visitor_view.js";

const RETURNS = ["", "5", "10", "15", "30", "at"];
const MINUTE_MS = 60000;

// The moment at which the office's clock next shows `time` (HH:MM) today; a time that has passed stays in the past.
export function momentAt(time, now) {
  const minutesOf = (shown) => shown.split(":").reduce((hours, part) => hours * 60 + Number(part), 0);
  const moment = now + (minutesOf(time) - minutesOf(clock(now, "en"))) * MINUTE_MS;
  const slip = minutesOf(time) - minutesOf(clock(moment, "en")); // an hour, when the clocks change in between
  return new Date(Math.floor((moment + (Math.abs(slip) <= 60 ? slip : 0) * MINUTE_MS) / MINUTE_MS) * MINUTE_MS).toISOString();
}

function returnAt({ minutes, at }) {
  if (minutes === "at") return at ? momentAt(at, desk.now()) : null;
  return minutes ? new Date(desk.now() + Number(minutes) * MINUTE_MS).toISOString() : null;
}

export function holdView() {
  const { minutes, at } = desk.dialog;
  const problem = fieldProblem("return_at");
  const words = (value) => (value === "" ? t("desk.return_open") : value === "at" ? t("desk.return_at") : t("desk.return_in", { n: value }));
  return html`${titleView(t("desk.hold_title", { number: mine().leg.number }))}
    <p class="soft">${t("desk.hold_means")}</p>
    <fieldset class="segments"><legend>${t("desk.returns")}</legend>${RETURNS.map((value) => html`<label><input type="radio" name="return" value=${value} .checked=${minutes === value} @change=${() => change({ minutes: value })}><span>${words(value)}</span></label>`)}</fieldset>
    ${minutes === "at" ? html`<label>${t("desk.return_at_time")}<input type="time" name="at" .value=${at} aria-invalid=${problem ? "true" : nothing} @input=${(event) => change({ at: event.target.value })}></label>` : nothing}
    <h3>${t("desk.why")}</h3>
    ${digitsView(choices("hold"), (reason) => choose.hold(reason, returnAt(desk.dialog)), { data: "hold" })}
    ${cancelView()}`;
}

export function pauseView() {
  const window = mine();
  const last = lastServed(window);
  return html`${titleView(t("desk.pause_title"))}
    ${last ? html`<p class="notice warn">${t("desk.last_window", { services: last })}</p>` : html`<p class="soft">${coverWords(window)}</p>`}
    ${window.leg ? html`<p class="soft">${t("desk.pause_means", window.leg)}</p>` : nothing}
    ${digitsView(choices("pause"), choose.pause, { data: "pause" })}
    ${cancelView()}`;
}
