// The start page: doors to the kiosk, the hall screen, the desk and the administration of each office.
import { html, nothing, render, svg } from "lit-html";
import { closing, dayAndClock, language, languages, onLanguage, page, setLanguage, t, text } from "/static/common/i18n.js";

const icon = (shape) => svg`<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shape}</svg>`;
const ICONS = {
  kiosk: icon(svg`<rect x="8" y="2.5" width="16" height="20" rx="2.5"/><path d="M12 22.5v4.5h8v-4.5M12 8h8M12 13h8"/>`),
  book: icon(svg`<rect x="3.5" y="5.5" width="25" height="23" rx="2.5"/><path d="M3.5 12h25M10 2.5v6M22 2.5v6M11 20.5l3.5 3.5 6.5-7"/>`),
  hall: icon(svg`<rect x="2.5" y="5" width="27" height="18" rx="2.5"/><path d="M11 28.5h10M8 14h7M19 10.5l4 3.5-4 3.5"/>`),
  desk: icon(svg`<circle cx="16" cy="8.5" r="5"/><path d="M6 21c1-5 5-6.5 10-6.5s9 1.5 10 6.5M2.5 23.5h27M6 24v5M26 24v5"/>`),
  promises: icon(svg`<path d="M3.5 27.5h25M7.5 22.5v-6M13.5 22.5v-12M19.5 22.5v-9M25.5 22.5v-17"/>`),
  admin: icon(svg`<path d="M4 8.5h12M24 8.5h4M4 23.5h4M16 23.5h12"/><circle cx="20" cy="8.5" r="3.6"/><circle cx="12" cy="23.5" r="3.6"/>`),
};

const door = (href, name) => html`<a class="card" href=${href}>${ICONS[name]}<strong>${t(`home.${name}`)}</strong><span class="soft">${t(`home.${name}_about`)}</span></a>`;

function factsOf(branch) {
  const open = branch.closes_at ? t("home.open_until", { time: closing(branch.closes_at) }) : t("home.open_now");
  const closed = branch.opens_at ? t("home.opens", { time: dayAndClock(branch.opens_at) }) : t("home.closed_now");
  return [branch.open ? open : closed, t("home.waiting", { n: branch.waiting }), t("home.windows", { n: branch.windows_open })].join(" · ");
}

const branchView = (branch) => html`<section class="branch">
  <div><h2>${text(branch.name)}</h2><p class="soft">${factsOf(branch)}</p></div>
  <div class="doors">${door(`/kiosk/${branch.code}`, "kiosk")}${door(`/book/${branch.code}`, "book")}${door(`/display/${branch.code}`, "hall")}${door(`/desk?branch=${branch.code}`, "desk")}${door(`/hall/${branch.code}`, "promises")}${door(`/admin?branch=${branch.code}`, "admin")}</div></section>`;

const startView = () => html`
  <div><h1>${t("home.headline")}</h1><p class="lead">${t("home.intro")}</p></div>
  ${page.branches?.length ? page.branches.map(branchView) : html`<p class="notice">${t("home.no_branch")}</p>`}
  <section class="branch"><h2>${t("home.try_title")}</h2><ol class="steps"><li>${t("home.step_1")}</li><li>${t("home.step_2")}</li><li>${t("home.step_3")}</li></ol></section>
  <p><a href="/api/docs">${t("home.docs")}</a> <span class="soft">— ${t("home.docs_about")}</span></p>`;

const refusalView = ({ title, detail }) => html`
  <div><h1>${title}</h1>${detail ? html`<p class="lead">${detail}</p>` : nothing}</div>
  <p><a class="button main" href="/">${t("home.to_home")}</a></p>`;

// A refusal is in the words of the server: another language is asked for there.
const choose = (code) => (page.refusal ? location.replace(`?lang=${code}`) : setLanguage(code));

const languageButton = ({ code, name }) => html`
  <button lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${() => choose(code)}>${name}</button>`;

function update() {
  const { refusal } = page;
  document.title = refusal ? `${refusal.title} — ${t("common.product")}` : t("home.page_title");
  render(html`<div class="home">
    <header><strong>${t("common.product")}</strong><nav class="languages" aria-label=${t("common.language")}>${languages().map(languageButton)}</nav></header>
    ${refusal ? refusalView(refusal) : startView()}</div>`, document.getElementById("app"));
}

onLanguage(update);
update();
