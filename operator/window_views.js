// Which window, and what is served there? The choice at the beginning of a shift, and during it.
import { html, nothing } from "lit-html";
import { t } from "/static/common/i18n.js";
import { cancelView, change, titleView } from "./dialog.js";
import { choose, moves, openWindow } from "./moves.js";
import { canAct, desk, serviceName } from "./state.js";

export const choiceView = () => html`<div><h2>${t("desk.choose_window")}</h2><div class="choose">${desk.board.windows.map(windowView)}</div></div>`;

const windowView = (window) => html`<article class="card"><h2>${t("desk.window", { window: window.code })}</h2>
  <p class="soft">${window.operator_id ? t("desk.taken_by", { name: window.operator ?? "—" }) : t("desk.free")}</p>
  <p><small>${t("desk.serves")}: ${window.services.map(serviceName).join(", ") || "—"}</small></p>
  <div class="stack">
    <button class=${window.operator_id ? "" : "main"} data-open=${window.code} ?disabled=${Boolean(window.operator_id) || !canAct()} @click=${() => openWindow(window)}>${t("desk.open_window", { window: window.code })}</button>
    ${window.services.length > 1 && !window.operator_id ? html`<button class="quiet" data-open-with=${window.code} ?disabled=${!canAct()} @click=${() => moves.services(window)}>${t("desk.open_with")}</button>` : nothing}</div></article>`;

// All of them is not a list: what an admin adds later is then served as well.
function save(event) {
  event.preventDefault();
  const window = desk.board.windows.find(({ id }) => id === desk.dialog.window);
  const chosen = window.services.filter((code) => desk.dialog.chosen.includes(code));
  if (chosen.length) choose.services(window, chosen.length === window.services.length ? null : chosen);
}

export function servicesView() {
  const window = desk.board.windows.find(({ id }) => id === desk.dialog.window);
  const { chosen } = desk.dialog;
  const toggle = (code, isOn) => change({ chosen: isOn ? [...chosen, code] : chosen.filter((one) => one !== code) });
  return html`${titleView(t("desk.services_title", { window: window.code }))}<form class="stack" @submit=${save}>
    <p class="soft">${t("desk.services_means")}</p>
    <fieldset class="papers"><legend class="hidden-text">${t("desk.services")}</legend>${window.services.map((code, i) => html`<label><input type="checkbox" name="service" value=${code} ?autofocus=${i === 0} .checked=${chosen.includes(code)} @change=${(event) => toggle(code, event.target.checked)}><span>${serviceName(code)}</span></label>`)}</fieldset>
    ${chosen.length ? nothing : html`<p class="field-error" role="alert">${t("desk.services_none")}</p>`}
    <div class="ends"><button class="main" data-save ?disabled=${!canAct() || !chosen.length}>${window.operator_id ? t("common.save") : t("desk.open_window", { window: window.code })} <kbd aria-hidden="true">↵</kbd></button>${cancelView()}</div></form>`;
}
