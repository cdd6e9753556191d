// Which machines belong to the office? Their list, the form that lets one in, and what can be set for each.
import { html, nothing } from "lit-html";
import { api } from "/static/common/api.js";
import { dayAndClock, page, t } from "/static/common/i18n.js";
import { admin, ask, choose, edited, fault, save, tell } from "./admin.js";
import { choice, field, invalid, wrong } from "./forms.js";
import { settingsView } from "./device_settings.js";

const ROLES = ["kiosk", "display", "tablet"];
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export const newDevice = () => ({ user_code: admin.askedCode, name: "", role: "display" });
export const deviceDraft = ({ name, role, settings }) => ({ name, role, settings });

function seenWords({ online, last_seen_at: at }) {
  if (online) return t("devices.online");
  return at ? t("devices.seen", { time: dayAndClock(at) }) : t("devices.never_seen");
}

const silentWords = ({ silent_since: since }) => (since ? html` · <strong class="amiss">${t("devices.silent", { time: dayAndClock(since) })}</strong>` : nothing);
const roleWords = (role) => t(`devices.${role}`);
const dot = ({ online }) => html`<span class="dot ${online ? "on" : ""}" aria-hidden="true"></span>`;

const deviceButton = (device) => html`<button data-device=${device.id} aria-current=${device.id === admin.code ? "true" : nothing} @click=${() => choose("devices", device.id)}>
  ${dot(device)}<span>${device.name}<span class="soft about">${roleWords(device.role)} · ${seenWords(device)}${silentWords(device)}</span></span></button>`;

// ── a machine that asks to be let in ──

async function letIn(base) {
  const { user_code: code, name, role } = admin.draft;
  const device = await api.post(`${base}/devices`, { user_code: code, name, role });
  forgetAskedCode();
  return device.id;
}

// A code that came with the address has been used: reloading the page must not offer it again.
function forgetAskedCode() {
  admin.askedCode = "";
  history.replaceState(null, "", location.pathname + location.search.replace(/([?&])code=[^&]*&?/, "$1").replace(/[?&]$/, ""));
}

async function turnAway() {
  if (!(await ask(t("devices.deny_sure"), t("devices.deny_note"), t("devices.deny"), t("common.cancel")))) return;
  const turned = async (base) => { await api.post(`${base}/devices/deny`, { user_code: admin.draft.user_code }); forgetAskedCode(); };
  await save(turned, { said: t("devices.denied") });
}

const connectView = (draft) => html`<h2>${t("devices.add")}</h2><p class="soft">${t("devices.add_hint", { address: `${location.host}/device` })}</p>
  <div class="pair">${field(draft, "user_code", t("devices.code"), { longest: 20, hint: t("devices.code_hint") })}</div>
  <div class="pair">${field(draft, "name", t("devices.name"), { longest: 60, hint: t("devices.name_hint") })}
    ${choice(draft, "role", t("devices.role"), ROLES.map((role) => [role, roleWords(role)]))}</div>
  <div class="row"><button class="main" data-connect>${t("devices.connect")}</button><button type="button" class="alarm" data-deny @click=${turnAway}>${t("devices.deny")}</button></div>`;

// ── a device ──

const identify = (device) => save((base) => api.post(`${base}/devices/${device.id}/identify`), { keepsDraft: true, said: t("devices.identifying", { name: device.name }) });

async function revoke(device) {
  if (!(await ask(t("devices.revoke_sure", { name: device.name }), t("devices.revoke_note"), t("devices.revoke"), t("common.cancel")))) return;
  await save((base) => api.del(`${base}/devices/${device.id}`), { next: "", said: t("devices.revoked", { name: device.name }) });
}

// For a machine whose browser keeps nothing between restarts: its key stands in the address it opens.
async function giveAddress(device) {
  if (!(await ask(t("devices.address_sure"), t("devices.address_note", { name: device.name }), t("devices.give_address"), t("common.cancel")))) return;
  const give = async (base) => { admin.address = { id: device.id, ...(await api.post(`${base}/devices/${device.id}/key`)) }; };
  await save(give, { keepsDraft: true, said: t("devices.address_given") });
  document.querySelector("[data-address]")?.focus();
}

const addressView = ({ address }) => html`<label>${t("devices.address")}<input readonly data-address .value=${address} @focus=${({ target }) => target.select()}><small class="soft">${t("devices.address_hint")}</small></label>`;

// What differs, setting by setting: what somebody else sets meanwhile is not put back.
function differing({ name, role, settings }, before) {
  const changed = {};
  if (name !== before.name) changed.name = name;
  if (role !== before.role) return { ...changed, role };
  const differ = Object.entries(settings).filter(([key, value]) => !isSame(value, before.settings[key]));
  return differ.length ? { ...changed, settings: Object.fromEntries(differ) } : changed;
}

const change = (device) => (base) => api.patch(`${base}/devices/${device.id}`, differing(admin.draft, admin.origin));

const oneView = (device, draft) => html`<div class="row end"><h2>${device.name}</h2><div class="row">
    <button type="button" data-identify ?disabled=${!device.online} @click=${() => identify(device)}>${t("devices.identify")}</button>
    <button type="button" class="alarm" data-revoke @click=${() => revoke(device)}>${t("devices.revoke")}</button></div></div>
  <p class="soft">${dot(device)} ${seenWords(device)}${device.version ? html` · ${t("devices.version", { version: device.version })}` : nothing}${device.version && device.version !== page.version ? html` · ${t("devices.old_version", { version: page.version })}` : nothing}</p>
  ${device.silent_since ? html`<p class="notice warn">${t("devices.silent_hint", { time: dayAndClock(device.silent_since) })}</p>` : nothing}
  <div class="pair">${field(draft, "name", t("devices.name"), { longest: 60, hint: t("devices.name_hint") })}
    ${choice(draft, "role", t("devices.role"), ROLES.map((role) => [role, roleWords(role)]), { hint: t("devices.role_hint") })}</div>
  ${draft.role === device.role ? settingsView(draft.role, draft.settings, device.settings) : html`<p class="notice">${t("devices.role_changes")}</p>`}
  ${wrong(fault("settings"))}
  ${admin.address?.id === device.id ? addressView(admin.address) : html`<div><button type="button" class="quiet" data-give-address @click=${() => giveAddress(device)}>${t("devices.give_address")}</button></div>`}`;

export function devicesView() {
  const { setup, draft, code } = admin;
  const device = setup.devices.find(({ id }) => id === code);
  const send = (event) => {
    event.preventDefault();
    if (!device) return save(letIn, { next: (id) => id, said: t("devices.connected", { name: draft.name }) });
    return isSame(draft, admin.origin) ? tell(t("admin.nothing_changed")) : save(change(device), { said: t("devices.saved") });
  };
  return html`<div class="sides"><nav class="names" aria-label=${t("admin.devices")}>${setup.devices.map(deviceButton)}
      <button class="quiet" data-add-device aria-current=${device ? nothing : "true"} @click=${() => choose("devices", "")}>+ ${t("devices.add")}</button></nav>
    <form id="form" class="card" novalidate @submit=${send}>${device ? oneView(device, draft) : connectView(draft)}</form></div>`;
}
