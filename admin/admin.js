// The administration: what the office offers, at which windows, when. A saved change is live at once.
import { html, nothing, render } from "lit-html";
import { api } from "/static/common/api.js";
import { language, onLanguage, page, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { languageButtons, signIn, signOut, whoAmI } from "/static/common/sign_in.js";
import { accuracyView } from "./accuracy.js";
import { deviceDraft, devicesView, newDevice } from "./devices.js";
import { messagesView } from "./messages.js";
import { hoursView, officeView, serviceView, windowsView } from "./forms.js";
import { noticesView } from "./notices.js";
import { entryDraft, firstEntry, hasEntries, hasEntry, rostersView } from "./rosters.js";

const root = document.getElementById("app");
const VIEWS = { services: serviceView, windows: windowsView, hours: hoursView, rosters: rostersView, norms: rostersView, office: officeView, notices: noticesView, devices: devicesView, accuracy: accuracyView, messages: messagesView };
// What each role finds here; a hall administrator looks after the devices, and says what is urgent.
const TABS = { admin: Object.keys(VIEWS), hall: ["devices", "notices", "accuracy", "messages"] };
const READ_ONLY = ["accuracy", "messages"];
const DEVICES_EVERY_MS = 5000;
const asked = new URLSearchParams(location.search);

// `draft` is what the form shows, `origin` what it started from: only what differs is saved.
export const admin = { me: null, branch: null, setup: null, tab: "services", code: "", draft: null, origin: null, problem: null, isMarked: false, said: "", question: null, isSaving: false, askedCode: asked.get("code") ?? "", address: null };
let loads = 0;

const copy = (value) => JSON.parse(JSON.stringify(value));
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const isDirty = () => admin.draft !== null && !isSame(admin.draft, admin.origin);

export function tell(words) {
  admin.said = words;
  update();
}

export const edited = () => tell("");

// The parts of the draft that somebody has changed, texts without the empty ones.
export function changes() {
  const filled = (value) => (value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== "").map(([name, part]) => [name, filled(part)])) : Array.isArray(value) ? value.map(filled) : value);
  return Object.fromEntries(Object.entries(admin.draft).filter(([name, value]) => !isSame(value, admin.origin[name])).map(([name, value]) => [name, filled(value)]));
}

// The words for a field at fault, by its dotted name.
export const fault = (field) => admin.problem?.errors?.find((error) => error.field === field)?.message;

const BLANK = { code: "", prefix: "", name: {}, description: {}, documents: [], fee: {}, purpose: "submit", norm_seconds: 900, group: null, open: true, booking: null };

function original() {
  const { setup, tab, code } = admin;
  if (tab === "devices") return code === "" ? newDevice() : deviceDraft(setup.devices.find(({ id }) => id === code));
  if (hasEntries(tab)) return entryDraft(setup, code);
  if (tab === "windows") return Object.fromEntries(setup.windows.map((window) => [window.code, window.services]));
  if (tab !== "services") return setup;
  const { waiting, ...service } = setup.services.find((one) => one.code === code) ?? BLANK;
  return service;
}

function startDraft() {
  admin.origin = copy(original());
  admin.draft = copy(admin.origin);
  admin.problem = null;
}

// Resolves with yes or no; asked in a dialog of the page.
export function ask(title, note, yes, no) {
  return new Promise((resolve) => {
    const answer = (value) => {
      root.querySelector("dialog").close(); // gives the focus back
      admin.question = null;
      update();
      resolve(value);
    };
    admin.question = { title, note, yes, no, answer };
    update();
    root.querySelector("dialog").showModal();
  });
}

const mayLeave = async () => !isDirty() || ask(t("admin.discard_sure"), t("admin.discard_note"), t("admin.discard"), t("admin.stay"));

function show(tab, code, said = "") {
  Object.assign(admin, { tab, code, said, address: null });
  startDraft();
  update();
}

const firstOf = (tab) => (hasEntries(tab) ? firstEntry(admin.setup, tab) : tab === "devices" ? admin.setup.devices[0]?.id : admin.setup.services[0]?.code) ?? "";

export async function choose(tab, code = firstOf(tab)) {
  if (!(await mayLeave())) return;
  show(tab, code);
  if (!["services", "devices"].includes(tab)) return;
  if (matchMedia("(max-width: 800px)").matches) root.querySelector("#form").scrollIntoView();
  if (code === "") root.querySelector("#form input").focus();
}

// Runs a change. On success everything shows the new set-up, on refusal the fields say what is wrong.
// `next` is the code of what is shown then, or names it from the change's answer; so does `said`.
export async function save(change, { keepsDraft = false, next = null, said = t("admin.saved") } = {}) {
  if (admin.isSaving) return;
  Object.assign(admin, { problem: null, said: "", isSaving: true });
  try {
    const answer = await change(`/admin/branches/${admin.branch}`);
    if (!keepsDraft) admin.origin = copy(admin.draft);
    if (next !== null) admin.code = typeof next === "function" ? next(answer) : next;
    await load();
    admin.said = typeof said === "function" ? said(answer) : said;
  } catch (problem) {
    if (problem.status === 401 && !isDirty()) return location.reload();
    admin.problem = problem;
  } finally {
    admin.isSaving = false;
  }
  update();
  showFault();
}

function showFault() {
  const marked = root.querySelector("[aria-invalid=true]");
  admin.isMarked = Boolean(marked);
  if (admin.problem) update();
  marked?.focus();
}

export async function remove(title, path) {
  if (!(await ask(title, t("admin.delete_note"), t("admin.yes_delete"), t("common.cancel")))) return;
  const next = path.startsWith("/services") ? admin.setup.services.find((service) => service.code !== admin.code)?.code ?? "" : null;
  await save((base) => api.del(`${base}${path}`), { keepsDraft: next === null, next });
}

async function load() {
  const turn = (loads += 1);
  const base = `/admin/branches/${admin.branch}`;
  const [setup, { devices }] = await Promise.all([api.get(base), api.get(`${base}/devices`)]);
  if (turn !== loads) return; // a later look is under way or done already
  const fresh = { ...setup, devices };
  const isForeign = admin.setup && fresh.setup_version !== admin.setup.setup_version && !admin.isSaving;
  admin.setup = page.branch = fresh;
  const isGone = admin.tab === "services" && admin.code !== "" && !fresh.services.some((service) => service.code === admin.code);
  if (isGone) return show("services", fresh.services[0]?.code ?? "", t("admin.gone_elsewhere"));
  if (admin.tab === "devices" && admin.code !== "" && !devices.some(({ id }) => id === admin.code)) return show("devices", firstOf("devices"), t("devices.gone"));
  if (hasEntries(admin.tab) && !hasEntry(fresh, admin.code)) return show(admin.tab, firstOf(admin.tab), t("rosters.gone"));
  // What somebody is typing is not taken away.
  if (!isDirty()) startDraft();
  else if (isForeign) admin.said = t("admin.changed_elsewhere");
  update();
}

// Devices come and go without a change of the set-up.
async function lookAtDevices() {
  if (admin.tab !== "devices" || admin.isSaving || document.visibilityState !== "visible") return;
  const turn = loads;
  const answer = await api.get(`/admin/branches/${admin.branch}/devices`).catch(() => null);
  if (!answer || turn !== loads || admin.isSaving) return;
  if (!isSame(answer.devices.map(({ id }) => id), admin.setup.devices.map(({ id }) => id))) return load();
  admin.setup.devices = answer.devices;
  update();
}

async function goToBranch(event) {
  const wanted = event.target.value;
  event.target.value = admin.branch;
  if (!(await mayLeave())) return;
  admin.draft = null;
  location.search = new URLSearchParams({ branch: wanted, lang: language() });
}

const branchName = () => (admin.me.branches.length < 2
  ? html`<h1>${text(admin.setup.name)}</h1>`
  : html`<h1><label class="hidden-text" for="branch">${t("admin.choose_branch")}</label><select id="branch" @change=${goToBranch}>${admin.me.branches.map(({ code, name }) => html`<option value=${code} ?selected=${code === admin.branch}>${text(name)}</option>`)}</select></h1>`);

const problemView = ({ code, title, words }) => html`<p class="notice alarm"><strong>${title}</strong> ${code === "invalid_fields" && admin.isMarked ? t("admin.see_fields") : words}</p>`;

const becameView = (unsaved) => html`<div role="status">${admin.said ? html`<p class="notice">${admin.said}</p>` : unsaved}</div>
  <div role="alert">${admin.problem ? problemView(admin.problem) : nothing}</div>`;

// One bar for every form: the button, what became of it, and what is not saved yet.
const saveBar = () => html`<footer class="save-bar"><button class="main" form="form" data-save aria-disabled=${admin.isSaving ? "true" : nothing}>${t("common.save")}</button>
  ${becameView(isDirty() ? html`<p class="soft">${t("admin.unsaved")}</p>` : nothing)}</footer>`;

// A form with buttons of its own needs only what became of it.
const saidView = () => html`<footer class="save-bar">${becameView(nothing)}</footer>`;

const questionView = ({ title, note, yes, no, answer }) => html`<dialog aria-labelledby="question" @cancel=${(event) => { event.preventDefault(); answer(false); }}>
  <h2 id="question">${title}</h2><p>${note}</p><div class="row"><button data-no @click=${() => answer(false)}>${no}</button><button class="alarm" data-yes @click=${() => answer(true)}>${yes}</button></div></dialog>`;

function update() {
  if (!admin.setup) return;
  document.title = t("admin.page_title");
  render(html`<div class="admin" data-setup-version=${admin.setup.setup_version}>
    <header class="bar">${branchName()}${languageButtons()}<span class="soft">${admin.me.name}</span><button class="quiet" @click=${async () => { if (await mayLeave()) { admin.draft = null; signOut(); } }}>${t("common.sign_out")}</button></header>
    <nav class="tabs" aria-label=${t("admin.page_title")}>${TABS[admin.me.role].map((tab) => html`<button data-tab=${tab} aria-current=${tab === admin.tab ? "page" : nothing} @click=${() => choose(tab)}>${t(`admin.${tab}`)}</button>`)}</nav>
    ${VIEWS[admin.tab]()}${READ_ONLY.includes(admin.tab) || (admin.tab === "devices" && admin.code === "") ? saidView() : saveBar()}${admin.question ? questionView(admin.question) : nothing}</div>`, root);
}

async function enter() {
  admin.me = (await whoAmI().catch(() => null)) ?? (await signIn(root, "admin.sign_in_title"));
  const codes = admin.me.branches.map((branch) => branch.code);
  const wanted = asked.get("branch");
  admin.branch = codes.includes(wanted) ? wanted : codes[0];
  const tabs = TABS[admin.me.role];
  if (!tabs || !admin.branch) {
    return render(html`<div class="sign-in card"><p>${t("common.no_rights")}</p><button @click=${signOut}>${t("common.sign_out")}</button></div>`, root);
  }
  await load();
  const tab = tabs.includes(asked.get("tab")) ? asked.get("tab") : tabs[0];
  show(tab, admin.askedCode ? "" : firstOf(tab));
  setInterval(lookAtDevices, DEVICES_EVERY_MS);
  let shown = admin.setup.version;
  follow({
    auth: { staff: true, branch: admin.branch },
    fetchState: () => api.get(`/admin/branches/${admin.branch}`),
    onState: (state) => {
      if (state.version === shown) return;
      shown = state.version;
      load().catch(() => { shown = null; }); // asked again with the next sign of life
    },
  });
}

onLanguage(() => { signIn.redraw?.(); update(); });
addEventListener("beforeunload", (event) => { if (isDirty()) event.preventDefault(); });
enter();
