// Which keys are there, and what can each operator set for this computer? Letters, and a sound for the first in line.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { t } from "/static/common/i18n.js";
import { cancelView, titleView } from "./dialog.js";
import { setting } from "./first_in_line.js";
import { KEYS } from "./keys.js";
import { letters } from "./press.js";
import { update } from "./state.js";

const shown = (letter) => (letter === "N" ? "⇧N" : letter.toUpperCase());

const check = (words, isOn, set) => html`<label class="check"><input type="checkbox" .checked=${live(isOn)} @change=${(event) => { set(event.target.checked); update(); }}><span>${words}</span></label>`;

export const helpView = () => html`${titleView(t("desk.help_title"))}
  <dl class="keys">${KEYS.map(({ letter, f, words }) => html`<div><dt>${letters.areOn ? html`<kbd>${shown(letter)}</kbd> ` : nothing}<kbd>${f.replace("Shift+", "⇧")}</kbd></dt><dd>${t(`desk.${words}`)}</dd></div>`)}
    <div><dt><kbd>1</kbd> … <kbd>9</kbd></dt><dd>${t("desk.digits_key")}</dd></div></dl>
  ${check(t("desk.help_letters"), letters.areOn, (isOn) => { letters.areOn = isOn; })}
  ${check(t("desk.help_sound"), setting.isOn, (isOn) => setting.turn(isOn))}
  <p class="soft">${t("desk.help_note")}</p>${cancelView(t("common.close"), { isFocused: true })}`;
