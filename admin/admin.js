// The administration: what the office offers, at which windows, when. A saved change is live at once.
import { html, nothing, render } from "lit-html";
import { api } from "/static/common/api.js";
import { onLanguage, page, t, text } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { languageButtons, signIn, signOut, whoAmI } from "/static/common/sign_in.js";
import { hoursView, officeView, serviceView, windowsView } from "./forms.js";

const root = document.getElementById("app");
const TABS = ["services", "windows", "hours", "office"];

export const admin = { me: null, branch: null, setup: null, tab: "services", code: null, draft: null, problem: null, said: "", isDirty: false };

const copy = (value) => JSON.parse(JSON.stringify(value));
const base = () => `/admin/branches/${admin.branch}`;

export function edited() {
  admin.isDirty = true;
  admin.said = "";
  update();
}

// The words for a field at fault, by its dotted name.
export const fault = (field) => admin.problem?.errors?.find((error) => error.field === field)?.message;

function blankService() {
  return { code: "", prefix: "", name: {}, description: {}, documents: [], fee: {}, norm_seconds: 900, group: null, open: true };
}

function startDraft() {
  const { setup, tab, code } = admin;
  const service = setup.services.find((one) => one.code === code);
  admin.draft = copy(tab === "services" ? service ?? blankService() : setup);
  admin.isDirty = false;
}

export function choose(tab, code = null) {
  Object.assign(admin, { tab, code, problem: null, said: "" });
  if (tab === "services" && code === null) admin.code = admin.setup.services[0]?.code ?? "";
  startDraft();
  update();
}

// Runs a change; on success everything shows the new set-up, on refusal the fields say what is wrong.
export async function save(change) {
  Object.assign(admin, { problem: null, said: "" });
  try {
    await change(base());
    admin.isDirty = false;
    await load();
    admin.said = t("admin.saved");
  } catch (problem) {
    if (problem.status === 401) return location.reload();
    admin.problem = problem;
  }
  update();
  root.querySelector(admin.problem ? "[aria-invalid=true], [role=alert]" : "[role=status]")?.scrollIntoView({ block: "center" });
  root.querySelector("[aria-invalid=true]")?.focus();
}

export async function remove(question, path) {
  if (!confirm(question)) return;
  await save(() => api.del(`${base()}${path}`));
  if (!admin.problem) {
    const { said } = admin;
    choose(admin.tab);
    admin.said = said;
    update();
  }
}

async function load() {
  const fresh = await api.get(base());
  const isChanged = admin.setup && fresh.setup_version !== admin.setup.setup_version;
  const isForeign = isChanged && admin.isDirty;
  admin.setup = fresh;
  page.branch = fresh;
  // What somebody is typing is not taken away; the next save is checked against the newest set-up anyway.
  if (!admin.isDirty) startDraft();
  if (isForeign) admin.said = t("admin.changed_elsewhere");
  update();
}

function update() {
  if (!admin.setup) return;
  document.title = t("admin.page_title");
  const views = { services: serviceView, windows: windowsView, hours: hoursView, office: officeView };
  render(html`<div class="admin" data-setup-version=${admin.setup.setup_version}>
    <header class="bar"><h1>${text(admin.setup.name)}</h1>${languageButtons()}<span class="soft">${admin.me.name}</span><button class="quiet" @click=${signOut}>${t("common.sign_out")}</button></header>
    <nav class="tabs" aria-label=${t("admin.page_title")}>${TABS.map((tab) => html`<button data-tab=${tab} aria-current=${tab === admin.tab ? "page" : nothing} @click=${() => choose(tab)}>${t(`admin.${tab}`)}</button>`)}</nav>
    <div role="status">${admin.said ? html`<p class="notice">${admin.said}</p>` : nothing}</div>
    <div role="alert">${admin.problem ? html`<p class="notice alarm"><strong>${admin.problem.title}</strong> ${admin.problem.detail}</p>` : nothing}</div>
    ${views[admin.tab]()}</div>`, root);
}

async function enter() {
  admin.me = (await whoAmI().catch(() => null)) ?? (await signIn(root, "admin.sign_in_title"));
  const codes = admin.me.branches.map((branch) => branch.code);
  const wanted = new URLSearchParams(location.search).get("branch");
  admin.branch = codes.includes(wanted) ? wanted : codes[0];
  if (admin.me.role !== "admin" || !admin.branch) {
    return render(html`<div class="sign-in card"><p>${t("common.no_rights")}</p><button @click=${signOut}>${t("common.sign_out")}</button></div>`, root);
  }
  await load();
  choose("services");
  let shown = admin.setup.version;
  follow({
    auth: { staff: true, branch: admin.branch },
    fetchState: () => api.get(base()),
    onState: (state) => { if (state.version !== shown) { shown = state.version; load(); } },
  });
}

onLanguage(() => { signIn.redraw?.(); update(); });
addEventListener("beforeunload", (event) => { if (admin.isDirty) event.preventDefault(); });
enter();
