// What do hall screens say besides calls? An emergency, news, pictures and films; and whose voice speaks.
import { html, nothing } from "lit-html";
import { api } from "/static/common/api.js";
import { oneDecimal, t } from "/static/common/i18n.js";
import { admin, ask, edited, tell } from "./admin.js";
import { form, languageName, texts } from "./forms.js";

const KINDS = ".png,.jpg,.jpeg,.webp,.mp4,.webm";

// What is in the office's folders; looked up when the tab is opened, and after every change here.
let files = { branch: null, media: [], recordings: {} };

async function look() {
  const { branch } = admin;
  files = { ...files, branch };
  const [media, recordings] = await Promise.all([api.get(`/branches/${branch}/media`), api.get(`/admin/branches/${branch}/recordings`)]);
  files = { branch, media, recordings };
  edited();
}

// Sends files one after the other; what was refused is said, the others are kept.
async function change(work, name) {
  let said = t("admin.saved");
  try {
    await work();
  } catch (problem) {
    said = t("admin.upload_failed", { name, words: problem.words });
  }
  await look().catch(() => {});
  tell(said);
}

const base = () => `/admin/branches/${admin.branch}`;
const at = (...names) => names.map(encodeURIComponent).join("/");

async function addMedia({ target }) {
  for (const file of [...target.files]) await change(() => api.put(`${base()}/media/${at(file.name)}`, file), file.name);
  target.value = "";
}

async function removeMedia(name) {
  if (await ask(t("admin.remove_file_sure", { name }), t("admin.delete_note"), t("admin.yes_delete"), t("common.cancel"))) change(() => api.del(`${base()}/media/${at(name)}`), name);
}

export function noticesView() {
  const { draft } = admin;
  const add = () => { draft.news.push({}); edited(); document.querySelector(`[data-news="${draft.news.length - 1}"] input`)?.focus(); };
  const take = (i) => { draft.news.splice(i, 1); edited(); document.querySelector("[data-add-news]").focus(); };
  const emergency = (path) => html`<div><h2>${t("admin.emergency")}</h2><p class="soft">${t("admin.emergency_hint")}</p></div>
    ${texts(draft, "emergency", t("admin.emergency_text"), { path, isLong: true })}`;
  if (admin.me.role !== "admin") {
    return form((path, changed) => api.post(`/branches/${admin.branch}/emergency`, { text: changed.emergency }), emergency("text"));
  }
  if (files.branch !== admin.branch) look().catch(() => {});
  return html`<div class="parts">${form((path, changed) => api.patch(path, changed), html`${emergency("emergency")}
    <div><h2>${t("admin.news")}</h2><p class="soft">${t("admin.news_hint")}</p></div>
    ${draft.news.map((piece, i) => html`<fieldset data-news=${i}><legend>${i + 1}</legend>
      ${texts(draft.news, i, t("admin.news_piece"), { path: `news.${i}` })}
      <div class="row"><button type="button" class="alarm" data-remove aria-label=${`${t("admin.remove")}: ${i + 1}`} @click=${() => take(i)}>${t("admin.remove")}</button></div></fieldset>`)}
    <div><button type="button" data-add-news @click=${add}>+ ${t("admin.add_news")}</button></div>`)}
    ${mediaCard()}${recordingsCard()}</div>`;
}

function mediaCard() {
  return html`<section class="card stack"><div><h2>${t("admin.media")}</h2><p class="soft">${t("admin.media_hint")}</p></div>
    ${files.media.length ? html`<ul class="files">${files.media.map(({ name, bytes }) => html`<li data-file=${name}><span>${name}</span><span class="soft">${t("admin.megabytes", { n: oneDecimal(bytes / 1e6) })}</span><button class="quiet alarm" aria-label=${`${t("admin.remove")}: ${name}`} @click=${() => removeMedia(name)}>✕</button></li>`)}</ul>` : html`<p>${t("admin.no_media")}</p>`}
    <div><label class="button">${t("admin.choose_files")}<input class="hidden-text" type="file" data-media multiple accept=${KINDS} @change=${addMedia}></label></div></section>`;
}

// Each file is named after what is heard in it: ticket.wav, A.wav, 17.wav.
async function addRecordings(language, { target }) {
  const nameOf = (file) => file.name.replace(/\.wav$/i, "");
  for (const file of [...target.files]) await change(() => api.put(`${base()}/recordings/${at(language, nameOf(file))}`, file), file.name);
  target.value = "";
}

function recordingsCard() {
  return html`<section class="card stack"><div><h2>${t("admin.recordings")}</h2><p class="soft">${t("admin.recordings_hint")}</p></div>
    ${Object.entries(files.recordings).map(([language, { recorded, missing }]) => html`<div data-recordings=${language}>
      <h3>${t("admin.recorded_of", { language: languageName(language), n: recorded.length, total: recorded.length + missing.length })}</h3>
      ${recorded.length ? html`<ul class="fragments">${recorded.map((name) => html`<li data-fragment=${name}>${name}<button class="quiet alarm" aria-label=${`${t("admin.remove")}: ${name}`} @click=${() => change(() => api.del(`${base()}/recordings/${at(language, name)}`), name)}>✕</button></li>`)}</ul>` : nothing}
      ${missing.length ? html`<p class="soft">${t("admin.missing", { names: missing.join(", ") })}</p>` : nothing}
      <label class="button">${t("admin.choose_files")}<span class="hidden-text">${languageName(language)}</span><input class="hidden-text" type="file" multiple accept=".wav,audio/wav" @change=${(event) => addRecordings(language, event)}></label></div>`)}</section>`;
}
