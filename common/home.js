// The start page: doors to the kiosk, the hall screen, the desk and the administration of each office.
import { html, render } from "lit-html";
import { language, languages, onLanguage, page, setLanguage, t, text } from "/static/common/i18n.js";

const door = (href, name) => html`<a class="card" href=${href}><strong>${t(`home.${name}`)}</strong><span class="soft">${t(`home.${name}_about`)}</span></a>`;

const branchView = (branch) => html`<section class="branch">
  <h2>${text(branch.name)} <span class="soft">· ${branch.open ? t("home.open_now") : t("home.closed_now")}</span></h2>
  <div class="doors">${door(`/kiosk/${branch.code}`, "kiosk")}${door(`/display/${branch.code}`, "hall")}${door("/desk", "desk")}${door("/admin", "admin")}</div></section>`;

function update() {
  document.title = t("home.page_title");
  const refusal = page.refusal;
  render(html`<div class="home"><header><strong>${t("common.product")}</strong>
    <nav class="languages" aria-label=${t("common.language")}>${languages().map(({ code, name }) => html`<button lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${() => setLanguage(code)}>${name}</button>`)}</nav></header>
    ${refusal ? html`<div><h1>${t("home.not_found")}</h1><p class="lead"><a href="/">${t("home.to_home")}</a></p></div>` : html`
    <div><h1>${t("home.headline")}</h1><p class="lead">${t("home.intro")}</p></div>
    ${page.branches?.length ? page.branches.map(branchView) : html`<p class="notice">${t("home.no_branch")}</p>`}
    <section class="branch"><h2>${t("home.try_title")}</h2><ol class="steps"><li>${t("home.step_1")}</li><li>${t("home.step_2")}</li><li>${t("home.step_3")}</li></ol></section>`}
    <p><a href="/api/docs">${t("home.docs")}</a> <span class="soft">— ${t("home.docs_about")}</span></p></div>`, document.getElementById("app"));
}

onLanguage(update);
update();
