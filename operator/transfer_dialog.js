// Where does the visitor go on? To another service, a window or a colleague, and perhaps back; the place is kept.
import { html, nothing } from "lit-html";
import { t, text } from "/static/common/i18n.js";
import { cancelView, change, titleView } from "./dialog.js";
import { draft, keepDraft } from "./drafts.js";
import { choose } from "./moves.js";
import { canAct, desk, fieldProblem, mine, serviceName } from "./state.js";

const isServed = ({ code }) => desk.board.windows.some((window) => window.services.includes(code));
const name = (window) => `${t("desk.window", { window: window.code })}${window.operator ? ` — ${window.operator}` : ""}`;

// Who can be named: windows at work that serve it, and the colleagues at them.
function places(service) {
  const present = mine();
  return desk.board.windows.filter((one) => one.state !== "closed" && one.serves.includes(service) && (one.id !== present.id || service !== present.leg.service?.code));
}

function send(event) {
  event.preventDefault();
  const { leg } = mine();
  const { service, to, back } = desk.dialog;
  const [kind, id] = to.split(":");
  const note = draft(leg.leg).note.trim();
  const target = { ...(service ? { service } : {}), ...(to ? { [kind]: id } : {}), ...(back ? { and_back: true } : {}), ...(note ? { note } : {}) };
  const place = desk.board.windows.find((one) => id && (kind === "window" ? one.id : one.operator_id) === id);
  choose.transfer(target, place ? (kind === "window" ? t("desk.window", { window: place.code }) : place.operator) : serviceName(service));
}

export function transferView() {
  const { leg } = mine();
  const { service, to, back } = desk.dialog;
  const present = leg.service?.code;
  const named = places(service || present);
  const problem = fieldProblem("service") ?? fieldProblem("window") ?? fieldProblem("operator");
  return html`${titleView(t("desk.transfer_title", leg))}<form class="stack" @submit=${send}>
    <p class="soft">${t("desk.transfer_means", leg)}</p>
    <label>${t("desk.transfer_service")}<select name="service" autofocus aria-invalid=${problem ? "true" : nothing} aria-describedby="transfer-problem" @change=${(event) => change({ service: event.target.value, to: "" })}>
      <option value="" ?selected=${!service}>${t("desk.transfer_same", { service: serviceName(present) })}</option>
      ${desk.board.services.filter((one) => one.code !== present && isServed(one)).map((one) => html`<option value=${one.code} ?selected=${one.code === service}>${text(one.name)} — ${t("desk.waiting_count", { n: one.waiting })}</option>`)}</select></label>
    <label>${t("desk.transfer_to")}<select name="to" .value=${to} @change=${(event) => change({ to: event.target.value })}>
      <option value="" ?selected=${!to}>${t("desk.transfer_any")}</option>
      ${named.map((one) => html`<option value="window:${one.id}" ?selected=${to === `window:${one.id}`}>${name(one)}</option>`)}
      ${named.filter((one) => one.operator && one.operator_id !== desk.me.id).map((one) => html`<option value="operator:${one.operator_id}" ?selected=${to === `operator:${one.operator_id}`}>${t("desk.transfer_person", { name: one.operator })}</option>`)}</select></label>
    <label class="check"><input type="checkbox" name="back" .checked=${Boolean(back)} @change=${(event) => change({ back: event.target.checked })}><span>${t("desk.transfer_back")}</span></label>
    <label>${t("desk.transfer_note")}<textarea name="note" rows="2" maxlength="500" .value=${draft(leg.leg).note} @input=${(event) => keepDraft(leg.leg, { note: event.target.value })}></textarea></label>
    <p id="transfer-problem" class="field-error">${problem ?? nothing}</p>
    <div class="ends"><button class="main" ?disabled=${!canAct() || (!service && !to)}>${t("desk.transfer_send")} <kbd aria-hidden="true">↵</kbd></button>${cancelView()}</div></form>`;
}
