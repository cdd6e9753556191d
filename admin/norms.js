// What is promised, with its law and its days; and who is told of breaches that nobody takes note of.
import { html, nothing } from "lit-html";
import { api } from "/static/common/api.js";
import { t, text } from "/static/common/i18n.js";
import { admin, edited } from "./admin.js";
import { check, choice, date, field, languageName } from "./forms.js";

const CHANNELS = ["walk_in", "appointment"];
const WAYS = ["email", "text", "webhook"];
const KINDS = ["wait", "service_time", "total_time", "hold_time", "queue_length", "unstaffed", "idle_window"];
const PEOPLE = ["queue_length"];
const ofHall = (kind) => KINDS.indexOf(kind) >= 4;

export const newNorm = () => ({ kind: "wait", service: null, channel: null, longest: 900, source: "", valid_from: null, valid_to: null });
export const newRule = () => ({ channel: "email", target: "", after_seconds: 300, at_risk: false, language: null });

const serviceName = (code) => (code ? text(admin.setup.services.find((one) => one.code === code)?.name ?? {}) || code : t("norms.all_services"));
const longestWords = ({ kind, longest }) => t(PEOPLE.includes(kind) ? "norms.people" : "norms.minutes", { n: PEOPLE.includes(kind) ? longest : longest / 60 });

export const normWords = (norm) => [t(`norms.kinds.${norm.kind}`), [serviceName(norm.service), longestWords(norm), norm.valid_to ? t("norms.until", { date: norm.valid_to }) : ""].filter(Boolean).join(", ")];
export const ruleWords = (rule) => [t(`norms.ways.${rule.channel}`), `${rule.target}, ${t("norms.minutes", { n: rule.after_seconds / 60 })}`];

// A span that is kept in seconds and typed in minutes.
function minutes(draft, name, label, options) {
  const shown = { value: draft[name] === null ? "" : draft[name] / 60 };
  return field(shown, "value", label, { ...options, path: name, type: "number", onEdit: () => { draft[name] = shown.value === "" ? null : Math.round(shown.value * 60); } });
}

export function normForm(draft, { services }) {
  if (ofHall(draft.kind)) draft.channel = null; // a line or a window is not one person's
  return html`
  ${choice(draft, "kind", t("norms.kind"), KINDS.map((kind) => [kind, t(`norms.kinds.${kind}`)]))}
  <div class="pair">${choice(draft, "service", t("norms.service"), [[null, t("norms.all_services")], ...services.map(({ code, name }) => [code, text(name) || code])])}
    ${ofHall(draft.kind) ? nothing : choice(draft, "channel", t("norms.channel"), [[null, t("norms.channels.all")], ...CHANNELS.map((one) => [one, t(`norms.channels.${one}`)])])}</div>
  ${PEOPLE.includes(draft.kind) ? field(draft, "longest", t("norms.longest_people"), { type: "number", min: 1, max: 86400 }) : minutes(draft, "longest", t("norms.longest"), { min: 1, max: 1440, hint: t("admin.norm_range") })}
  ${field(draft, "source", t("norms.source"), { longest: 300, hint: t("norms.source_hint") })}
  <div class="pair">${date(draft, "valid_from", t("norms.valid_from"), t("norms.valid_from_hint"))}${date(draft, "valid_to", t("norms.valid_to"), t("norms.valid_to_hint"))}</div>`;
}

// The secret of a webhook is said once, right after it was made.
let told = { id: null, secret: "" };

async function newSecret(id) {
  const { secret } = await api.post(`/admin/branches/${admin.branch}/escalations/${id}/secret`, {});
  told = { id, secret };
  edited();
}

const secretView = (id) => html`<fieldset><legend>${t("norms.secret")}</legend><p class="soft">${t("norms.secret_hint")}</p>
  <div role="status">${told.id === id ? html`<p class="notice">${t("norms.secret_once")}<br><code data-secret>${told.secret}</code></p>` : nothing}</div>
  <div><button type="button" data-new-secret @click=${() => newSecret(id)}>${t("norms.new_secret")}</button></div></fieldset>`;

export const ruleForm = (draft, { languages }, present) => html`
  <div class="pair">${choice(draft, "channel", t("norms.way"), WAYS.map((way) => [way, t(`norms.ways.${way}`)]))}
    ${field(draft, "target", t(`norms.targets.${draft.channel}`), { longest: 500 })}</div>
  <div class="pair">${minutes(draft, "after_seconds", t("norms.after"), { min: 0, max: 1440, hint: t("norms.after_hint") })}
    ${choice(draft, "language", t("norms.language"), [[null, t("norms.own_language")], ...languages.map((code) => [code, languageName(code)])])}</div>
  ${check(draft, "at_risk", t("norms.at_risk"), { hint: t("norms.at_risk_hint") })}
  ${present?.channel === "webhook" ? secretView(present.id) : nothing}`;
