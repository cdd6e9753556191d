// Who shall come although somebody else is first? A number and a reason; the reason goes on record.
import { html, nothing } from "lit-html";
import { t } from "/static/common/i18n.js";
import { cancelView, change, digitsView, focusFirst, titleView } from "./dialog.js";
import { choose } from "./moves.js";
import { choices, desk, fieldProblem, mine, serviceName } from "./state.js";

const known = (number) => {
  const sought = number.trim().toUpperCase();
  const { waiting, held, missed } = desk.board;
  return [...waiting, ...held, ...missed].find((leg) => leg.number === sought);
};

function hint(number) {
  const leg = known(number);
  if (!number.trim()) return t("desk.call_hint");
  if (!leg) return t("desk.call_unseen");
  if (leg.windows && !leg.windows.includes(mine().code)) return t("desk.call_elsewhere", { service: serviceName(leg.service), windows: leg.windows.join(", ") || "—" });
  return serviceName(leg.service);
}

export function callView() {
  const { number } = desk.dialog;
  const problem = fieldProblem("number");
  const pick = (reason) => (number.trim() ? choose.call(number, reason) : focusFirst("[name=number]"));
  const toReasons = (event) => { event.preventDefault(); if (number.trim()) focusFirst("[data-digit]"); };
  return html`${titleView(t("desk.call_title"))}
    <form @submit=${toReasons}><label>${t("desk.number")}
      <input name="number" class="number-field" maxlength="12" autocomplete="off" autocapitalize="characters" spellcheck="false" ?autofocus=${!desk.dialog.given} .value=${number}
        aria-invalid=${problem ? "true" : nothing} aria-describedby="number-hint" @input=${(event) => change({ number: event.target.value })}></label>
      <p id="number-hint" class=${problem ? "field-error" : "soft"}>${problem ?? hint(number)}</p></form>
    <h3>${t("desk.call_why")}</h3>
    ${digitsView(choices("call"), pick, { isFirstFocused: Boolean(desk.dialog.given), data: "call" })}
    <p class="soft">${t("desk.call_means")}</p>
    ${cancelView()}`;
}
