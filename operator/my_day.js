// How was my day so far? For the person alone: no colleagues, no ranking.
import { html, nothing } from "lit-html";
import { t } from "/static/common/i18n.js";
import { cancelView, titleView } from "./dialog.js";
import { desk } from "./state.js";
import { span } from "./words.js";

const fact = (name, value) => html`<div><dt>${t(`desk.${name}`)}</dt><dd>${value}</dd></div>`;

export function myDayView() {
  const { day } = desk.dialog;
  return html`${titleView(t("desk.my_day"))}<p class="soft">${t("desk.my_day_means")}</p>
    ${day ? html`<dl class="facts">${fact("day_done", day.done)}${fact("day_transferred", day.transferred)}${fact("day_missed", day.missed)}
      ${fact("day_median", day.median_service_seconds === null ? "—" : span(day.median_service_seconds))}</dl>` : nothing}
    ${cancelView(t("common.close"), { isFocused: true })}`;
}
