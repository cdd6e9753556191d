// What can be set for a kiosk, for a hall screen? Every field with the words that explain it.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { t } from "/static/common/i18n.js";
import { admin, edited, fault } from "./admin.js";
import { check, choice, field, invalid, languageName, wrong } from "./forms.js";

const words = (name) => t(`devices.settings.${name}`);
const hint = (name) => t(`devices.hints.${name}`);
const at = (name) => ({ path: `settings.${name}`, hint: hint(name) });
const number = (settings, name, min, max) => field(settings, name, words(name), { ...at(name), type: "number", min, max });
const yes = (settings, name) => check(settings, name, words(name), at(name));
const one = (settings, name, options) => choice(settings, name, words(name), options, at(name));
const named = (name, codes) => codes.map((code) => [code, t(`devices.${name}.${code}`)]);
const group = (name, content) => html`<fieldset><legend>${t(`devices.groups.${name}`)}</legend>${content}</fieldset>`;

// The fault of a list, or of one of its entries.
const faultOf = (name) => fault(`settings.${name}`) ?? admin.problem?.errors?.find(({ field: at }) => at.startsWith(`settings.${name}.`))?.message;

const kioskView = (settings) => group("kiosk", html`${number(settings, "idle_seconds", 15, 300)}${yes(settings, "is_accessible")}${yes(settings, "prints")}`);

function windowsView(settings) {
  const toggle = (code, isShown) => {
    const codes = admin.setup.windows.map((window) => window.code);
    settings.windows = codes.filter((other) => (other === code ? isShown : settings.windows.includes(other)));
    edited();
  };
  return html`<div role="group" aria-labelledby="windows-name"><strong id="windows-name">${words("windows")}</strong><div class="row">
    ${admin.setup.windows.map(({ code }) => html`<label class="check"><input type="checkbox" data-shown-window=${code} .checked=${live(settings.windows.includes(code))} @change=${({ target }) => toggle(code, target.checked)}>${code}</label>`)}</div>
    <p class="soft">${hint("windows")}</p>${wrong(faultOf("windows"))}</div>`;
}

// The first language is shown large, the second one small.
function languagesView(settings) {
  const codes = admin.setup.languages.map((code) => [code, languageName(code)]);
  const put = (place) => ({ target }) => {
    const chosen = [settings.languages[0] ?? null, settings.languages[1] ?? null];
    chosen[place] = target.value || null;
    settings.languages = [...new Set(chosen.filter(Boolean))];
    edited();
  };
  const select = (place, name, options) => html`<label>${words(name)}<select name="settings.languages.${place}" @change=${put(place)}>${options.map(([code, shown]) => html`<option value=${code ?? ""} .selected=${live((settings.languages[place] ?? null) === code)}>${shown}</option>`)}</select><small class="soft">${hint(name)}</small></label>`;
  return html`<div class="pair">${select(0, "first_language", [[null, t("devices.as_office")], ...codes])}${select(1, "other_language", [[null, settings.languages.length ? t("devices.no_other") : t("devices.as_office")], ...codes])}</div>${wrong(faultOf("languages"))}`;
}

// The files in their order, one name a line.
function mediaView(settings) {
  const put = ({ target }) => { settings.media = target.value.split("\n").map((name) => name.trim()).filter(Boolean); edited(); };
  return html`<label>${words("media")}<textarea name="settings.media" rows="3" .value=${live(settings.media.join("\n"))} @change=${put} aria-invalid=${invalid(faultOf("media"))}></textarea>${wrong(faultOf("media"))}<small class="soft">${hint("media")}</small></label>`;
}

function quietHoursView(settings) {
  const put = (spans) => { settings.quiet_hours = spans; edited(); };
  const time = (span, i, side) => {
    const set = ({ target }) => put(settings.quiet_hours.map((other, place) => (place === i ? other.map((moment, end) => (end === side ? target.value : moment)) : other)));
    return html`<label>${t(side ? "admin.to" : "admin.from")}<input name=${`settings.quiet_hours.${i}.${side}`} maxlength="5" placeholder="08:00" autocomplete="off" .value=${live(span[side])} @input=${set} aria-invalid=${invalid(fault(`settings.quiet_hours.${i}.${side}`))}></label>`;
  };
  return html`<div role="group" aria-labelledby="quiet-name"><strong id="quiet-name">${words("quiet_hours")}</strong><div class="row">
    ${settings.quiet_hours.map((span, i) => html`<span class="span times">${time(span, i, 0)}${time(span, i, 1)}<button type="button" class="quiet alarm" aria-label=${`${t("admin.remove")}: ${span.join("–")}`} @click=${() => put(settings.quiet_hours.filter((_, place) => place !== i))}>✕</button></span>`)}
    <button type="button" class="quiet" data-add-quiet @click=${() => put([...settings.quiet_hours, ["07:00", "09:00"]])}>+ ${t("admin.add_span")}</button></div>
    <p class="soft">${hint("quiet_hours")}</p>${wrong(faultOf("quiet_hours"))}</div>`;
}

// Whether the letters are large enough, by what was saved last.
function sizesView({ distance_m: distance, sizes: { landscape, portrait } }) {
  const told = (orientation, size) => {
    const params = { orientation: t(`devices.${orientation}`), newest: size.newest_mm, wanted: size.wanted_newest_mm, earlier: size.earlier_mm, rows: size.rows, reach: size.reads_to_m, inches: size.needs_inches, distance };
    return html`<p class="notice ${size.is_enough ? "" : "warn"}">${t(size.is_enough ? "devices.large_enough" : "devices.too_small", params)}</p>`;
  };
  return html`${told("landscape", landscape)}${told("portrait", portrait)}`;
}

function displayView(settings, saved) {
  const spoken = [["office", t("devices.as_office")], ...admin.setup.languages.map((code) => [code, languageName(code)]), ["none", t("devices.no_other")]];
  const isPart = ["zone", "window"].includes(settings.layout);
  return html`
    ${group("layout", html`${one(settings, "layout", named("layouts", ["all", "zone", "window", "media"]))}${isPart ? windowsView(settings) : nothing}${number(settings, "rows", 1, 5)}${yes(settings, "shows_waiting")}`)}
    ${group("reading", html`<div class="pair">${number(settings, "distance_m", 1, 60)}${number(settings, "diagonal_inches", 7, 300)}</div>${sizesView(saved)}`)}
    ${group("look", html`${languagesView(settings)}${one(settings, "theme", named("themes", ["dark", "light", "contrast"]))}${yes(settings, "motion")}${yes(settings, "night_saver")}`)}
    ${group("news", html`${yes(settings, "shows_news")}<div class="pair">${number(settings, "news_seconds", 0, 120)}${number(settings, "media_seconds", 5, 600)}</div>${mediaView(settings)}`)}
    ${group("sound", html`${yes(settings, "chime")}${yes(settings, "voice")}${one(settings, "second_language", spoken)}
      <div class="pair">${number(settings, "volume", 0, 100)}${number(settings, "quiet_volume", 0, 100)}</div>${quietHoursView(settings)}`)}`;
}

const VIEWS = { kiosk: kioskView, display: displayView };

// The settings that are edited, and those that were saved last.
export const settingsView = (role, settings, saved) => VIEWS[role]?.(settings, saved) ?? nothing;
