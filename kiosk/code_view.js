// How does a visitor show an appointment? Six large signs to type, or its square before a scanner.
import { html, nothing } from "lit-html";
import { t } from "/static/common/i18n.js";
import { backArrow } from "./words.js";

export const CODE_LENGTH = 6;
// What codes are made of: nothing that is read as something else.
const SIGNS = [..."23456789ABCDEFGHJKMNPQRSTUVWXYZ"];
const LIKE_LATIN = { А: "A", В: "B", Е: "E", К: "K", М: "M", Н: "H", Р: "P", С: "C", Т: "T", У: "Y", Х: "X" };

// The sign that somebody means by a key of an attached keyboard, in whatever case and alphabet; or nothing.
export function signOf(typed) {
  const large = typed.toUpperCase();
  const sign = LIKE_LATIN[large] ?? large;
  return SIGNS.includes(sign) ? sign : "";
}

const places = (code) => Array.from({ length: CODE_LENGTH }, (_, i) => html`<span class=${i === code.length ? "next" : ""}>${code[i] ?? ""}</span>`);
const arrivals = { early: "arrived_early", on_time: "arrived_on_time", late: "arrived_late" };

// Early, on time, late: what follows from it, in one sentence.
export const arrivalWords = ({ appointment }, time) => t(`kiosk.${arrivals[appointment.arrival]}`, { time });

export const codeView = ({ visit: { code, problem, isBusy } }, act) => html`
  <div class="title"><h1 tabindex="-1" data-spoken>${t("kiosk.code_headline")}</h1>
    <div class="said">${problem ? nothing : html`<p data-spoken>${t("kiosk.code_means")}</p>`}
      <div role="alert">${problem ? html`<p class="notice alarm" data-spoken>${problem.words}</p>` : nothing}</div></div>
    <p class="typed" role="img" aria-label=${code ? [...code].join(" ") : t("kiosk.code_empty")}>${places(code)}</p></div>
  <div class="choice"><div class="signs" role="group" aria-label=${t("kiosk.code_keys")}>${SIGNS.map((sign) => html`<button data-sign=${sign} @click=${act.sign(sign)}>${sign}</button>`)}
      <button data-erase aria-label=${t("kiosk.code_erase")} @click=${act.erase}>${backArrow}</button></div>
    <div class="actions two"><button data-back @click=${act.back}>${backArrow}${t("common.back")}</button>
      <button class="main" data-check-in ?disabled=${code.length < CODE_LENGTH} aria-disabled=${isBusy ? "true" : "false"} @click=${act.checkIn}>${isBusy ? t("kiosk.taking") : t("kiosk.check_in")}</button></div></div>`;
