// What has no name of its own: weekly rosters, days with other hours, times off, norms, who is told. Each is a form.
// No booking is touched; what no longer fits is told.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { api } from "/static/common/api.js";
import { t, text } from "/static/common/i18n.js";
import { admin, ask, choose, edited, fault, save, tell } from "./admin.js";
import { newNorm, newRule, normForm, normWords, ruleForm, ruleWords } from "./norms.js";
import { DAYS, choice, date as day, dayView, field, invalid, spansView, texts, wrong } from "./forms.js";

// By kind: on which tab, where it is in the set-up, and what a new one begins with.
const KINDS = {
  rosters: { tab: "rosters", path: "rosters", blank: (setup) => ({ window: setup.windows[0]?.code ?? null, hours: {}, services: null, first: null, last: null }) },
  special_days: { tab: "rosters", path: "special-days", blank: () => ({ first: null, last: null, name: {}, hours: [] }) },
  closures: { tab: "rosters", path: "closures", blank: () => ({ first: null, last: null, windows: null, hours: [], reason: {} }) },
  norms: { tab: "norms", path: "norms", blank: newNorm },
  escalations: { tab: "norms", path: "escalations", blank: newRule },
};

const kindOf = (code) => code.split("/")[0];
const entryOf = (setup, code) => setup[kindOf(code)].find(({ id }) => id === code.split("/")[1]);
export const hasEntry = (setup, code) => code.endsWith("/") || Boolean(entryOf(setup, code));
export const hasEntries = (tab) => tab in KINDS;
export const firstEntry = (setup, tab) => `${tab}/${setup[tab][0]?.id ?? ""}`;

export function entryDraft(setup, code) {
  const { id, ...facts } = entryOf(setup, code) ?? KINDS[kindOf(code)].blank(setup);
  return facts;
}

// ── what stands in the list at the left ──

const datesWords = ({ first, last }) => [first, last && last !== first ? last : null].filter(Boolean).join(" – ");
const workingDays = ({ hours }) => DAYS.filter((day) => hours[day]?.length).map((day) => t(`admin.weekdays_short.${day}`)).join(" ");

function shortWords(kind, entry) {
  if (kind === "norms") return normWords(entry);
  if (kind === "escalations") return ruleWords(entry);
  if (kind === "rosters") return [t("admin.window", { window: entry.window }), [workingDays(entry), datesWords(entry)].filter(Boolean).join(", ")];
  return [text(kind === "closures" ? entry.reason : entry.name) || t(`rosters.${kind}_one`), datesWords(entry)];
}

const entryButton = (kind, entry) => {
  const code = `${kind}/${entry.id}`;
  const [name, about] = shortWords(kind, entry);
  return html`<button data-code=${code} aria-current=${code === admin.code ? "true" : nothing} @click=${() => choose(KINDS[kind].tab, code)}><span>${name}<span class="about soft">${about}</span></span></button>`;
};

const listView = (kind) => html`<h3>${t(`rosters.${kind}`)}</h3>${admin.setup[kind].map((entry) => entryButton(kind, entry))}
  <button class="quiet" data-add=${kind} aria-current=${admin.code === `${kind}/` ? "true" : nothing} @click=${() => choose(KINDS[kind].tab, `${kind}/`)}>+ ${t(`rosters.add_${kind}`)}</button>`;

// ── the form at the right ──

const date = (draft, name, { isNeeded = false } = {}) => day(draft, name, t(`rosters.${name}`), isNeeded ? "" : t(`rosters.${name}_hint`));

// All of them, or those that are ticked.
function some(draft, name, all, words) {
  const chosen = draft[name];
  const set = (value) => { draft[name] = value; edited(); };
  const toggle = (code, isIn) => set(all.map((one) => one.code).filter((one) => (one === code ? isIn : chosen.includes(one))));
  return html`<fieldset><legend>${t(`rosters.${name}`)}</legend><label class="check"><input type="checkbox" name=${`all-${name}`} .checked=${live(chosen === null)} @change=${({ target }) => set(target.checked ? null : [])}>${t(`rosters.all_${name}`)}</label>
    ${chosen === null ? nothing : html`<div class="row">${all.map((one) => html`<label class="check"><input type="checkbox" name=${name} value=${one.code} .checked=${live(chosen.includes(one.code))} @change=${({ target }) => toggle(one.code, target.checked)}>${words(one)}</label>`)}</div>`}${wrong(fault(name))}</fieldset>`;
}

const rosterForm = (draft, { windows, services }) => html`
  ${choice(draft, "window", t("rosters.window"), windows.map(({ code }) => [code, t("admin.window", { window: code })]))}
  <div><p class="soft">${t("rosters.hours_hint")}</p>${wrong(fault("hours"))}${DAYS.map((day) => dayView(draft, day))}</div>
  ${some(draft, "services", services, ({ name, code }) => text(name) || code)}
  <div class="pair">${date(draft, "first")}${date(draft, "last")}</div>`;

const specialForm = (draft) => html`${texts(draft, "name", t("rosters.name"))}<div class="pair">${date(draft, "first", { isNeeded: true })}${date(draft, "last", { isNeeded: true })}</div>
  ${spansView(draft, t("rosters.special_hours"), t("admin.closed_day"))}`;

const closureForm = (draft, { windows }) => html`${texts(draft, "reason", t("rosters.reason"))}<div class="pair">${date(draft, "first", { isNeeded: true })}${date(draft, "last", { isNeeded: true })}</div>
  ${spansView(draft, t("rosters.closure_hours"), t("rosters.whole_day"))}${some(draft, "windows", windows, ({ code }) => t("admin.window", { window: code }))}`;

const FORMS = { rosters: rosterForm, special_days: specialForm, closures: closureForm, norms: normForm, escalations: ruleForm };

const savedWords = ({ conflicts }) => (conflicts ? t("rosters.saved_conflicts", { n: conflicts }) : t("admin.saved"));
const differing = (draft, before) => Object.fromEntries(Object.entries(draft).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));

export function rostersView() {
  const { setup, draft, origin, code } = admin;
  const kind = kindOf(code);
  const present = entryOf(setup, code);
  const { path } = KINDS[kind];
  const send = (event) => {
    event.preventDefault();
    const changed = differing(draft, origin);
    if (present && !Object.keys(changed).length) return tell(t("admin.nothing_changed"));
    const change = (base) => (present ? api.patch(`${base}/${path}/${present.id}`, changed) : api.post(`${base}/${path}`, draft));
    save(change, { next: ({ id }) => `${kind}/${id}`, said: savedWords });
  };
  const remove = async () => {
    if (!(await ask(t("rosters.delete_sure"), KINDS[kind].tab === "rosters" ? t("rosters.delete_note") : "", t("admin.yes_delete"), t("common.cancel")))) return;
    const next = `${kind}/${setup[kind].find(({ id }) => id !== present.id)?.id ?? ""}`;
    await save((base) => api.del(`${base}/${path}/${present.id}`), { next });
  };
  return html`<div class="sides"><nav class="names" aria-label=${t(`admin.${KINDS[kind].tab}`)}>${Object.keys(KINDS).filter((one) => KINDS[one].tab === KINDS[kind].tab).map(listView)}</nav>
    <form id="form" class="card" novalidate data-kind=${kind} @submit=${send}><h2>${present ? shortWords(kind, present)[0] : t(`rosters.add_${kind}`)}</h2><p class="soft">${t(`rosters.${kind}_hint`)}${KINDS[kind].tab === "rosters" ? html` <a href=${`/calendar/${admin.branch}`}>${t("rosters.to_calendar")}</a>` : nothing}</p>
      ${FORMS[kind](draft, setup, present)}
      ${present ? html`<div><button type="button" class="alarm" data-delete @click=${remove}>${t("rosters.delete")}</button></div>` : nothing}</form></div>`;
}
