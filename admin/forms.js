// What can be changed? The forms: a service, the windows, the hours, the office.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { api } from "/static/common/api.js";
import { page, t, text } from "/static/common/i18n.js";
import { admin, choose, edited, fault, remove, save } from "./admin.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const languageName = (code) => page.languages.find((one) => one.code === code)?.name ?? code;

function field(object, name, label, { path = name, type = "text", attributes = {} } = {}) {
  const wrong = fault(path);
  const set = (event) => { object[name] = type === "number" ? Number(event.target.value) : event.target.value; edited(); };
  return html`<label>${label}<input name=${path} type=${type} .value=${live(String(object[name] ?? ""))} @input=${set} aria-invalid=${wrong ? "true" : nothing} ?required=${attributes.required} ?readonly=${attributes.readonly} min=${attributes.min ?? nothing} maxlength=${attributes.maxlength ?? nothing}>${wrong ? html`<span class="field-error">${wrong}</span>` : nothing}</label>`;
}

// A text in every language of the office.
function texts(object, name, label, path = name) {
  object[name] ??= {};
  const wrong = fault(path);
  return html`<div class="pair">${admin.setup.languages.map((code) => {
    const bad = fault(`${path}.${code}`) ?? (code === admin.setup.default_language ? wrong : undefined);
    const set = (event) => { object[name][code] = event.target.value; if (!event.target.value) delete object[name][code]; edited(); };
    return html`<label>${label} · ${languageName(code)}<input name=${`${path}.${code}`} lang=${code} .value=${live(object[name][code] ?? "")} @input=${set} aria-invalid=${bad ? "true" : nothing}>${bad ? html`<span class="field-error">${bad}</span>` : nothing}</label>`;
  })}</div>`;
}

const saveRow = (extra = nothing) => html`<div class="row end"><div class="row"><button class="main" data-save>${t("common.save")}</button>${admin.isDirty ? html`<span class="soft">${t("admin.unsaved")}</span>` : nothing}</div>${extra}</div>`;

export function serviceView() {
  const { setup, draft, code } = admin;
  const saved = setup.services.find((service) => service.code === code);
  const { waiting, ...facts } = draft;
  const submit = (event) => {
    event.preventDefault();
    save(async (base) => {
      if (saved) return api.patch(`${base}/services/${encodeURIComponent(code)}`, facts);
      await api.post(`${base}/services`, facts);
      admin.code = facts.code;
    });
  };
  return html`<div class="sides"><nav class="names" aria-label=${t("admin.services")}>
      ${setup.services.map((service) => html`<button data-code=${service.code} aria-current=${service.code === code ? "true" : nothing} @click=${() => choose("services", service.code)}><span class="letter">${service.prefix}</span><span>${text(service.name)}</span>${service.waiting ? html`<small>${service.waiting}</small>` : nothing}</button>`)}
      <button class="quiet" data-add @click=${() => choose("services", "")}>+ ${t("admin.add_service")}</button></nav>
    <form class="card" novalidate @submit=${submit}>
      ${saved?.waiting ? html`<p class="notice warn">${t("admin.waiting_now", { n: saved.waiting })}</p>` : nothing}
      ${texts(draft, "name", t("admin.name"))}
      <div class="pair">${field(draft, "code", t("admin.code"), { attributes: { readonly: Boolean(saved) } })}${field(draft, "prefix", t("admin.prefix"), { attributes: { maxlength: 3 } })}
        <label>${t("admin.norm_minutes")}<input name="norm_seconds" type="number" min="1" .value=${live(String(draft.norm_seconds / 60))} @input=${(event) => { draft.norm_seconds = Math.round(Number(event.target.value) * 60); edited(); }} aria-invalid=${fault("norm_seconds") ? "true" : nothing}>${fault("norm_seconds") ? html`<span class="field-error">${fault("norm_seconds")}</span>` : nothing}</label></div>
      <div><label class="check"><input type="checkbox" name="open" .checked=${live(draft.open)} @change=${(event) => { draft.open = event.target.checked; edited(); }}>${t("admin.is_open")}</label><p class="soft">${t("admin.is_open_hint")}</p></div>
      ${texts(draft, "description", t("admin.description"))}${texts(draft, "fee", t("admin.fee"))}
      ${documentsView(draft)}
      ${saveRow(saved ? html`<button type="button" class="alarm" data-delete @click=${() => remove(t("admin.delete_sure", { name: text(saved.name) }), `/services/${encodeURIComponent(code)}`)}>${t("admin.delete_service")}</button>` : nothing)}
    </form></div>`;
}

function documentsView(draft) {
  const move = (from, to) => { draft.documents.splice(to, 0, ...draft.documents.splice(from, 1)); edited(); };
  return html`<fieldset><legend>${t("admin.documents")}</legend>
    ${draft.documents.map((paper, i) => html`<fieldset><legend>${i + 1}</legend>
      ${texts(paper, "name", t("admin.document_name"), `documents.${i}.name`)}${texts(paper, "note", t("admin.document_note"), `documents.${i}.note`)}
      <div class="row end"><label class="check"><input type="checkbox" .checked=${live(paper.required)} @change=${(event) => { paper.required = event.target.checked; edited(); }}>${t("admin.required")}</label>
        <span class="row"><button type="button" ?disabled=${i === 0} @click=${() => move(i, i - 1)}>${t("admin.up")}</button><button type="button" ?disabled=${i === draft.documents.length - 1} @click=${() => move(i, i + 1)}>${t("admin.down")}</button>
        <button type="button" class="alarm" @click=${() => { draft.documents.splice(i, 1); edited(); }}>${t("admin.remove")}</button></span></div></fieldset>`)}
    <div><button type="button" data-add-document @click=${() => { draft.documents.push({ name: {}, required: true, note: {}, source: "" }); edited(); }}>+ ${t("admin.add_document")}</button></div></fieldset>`;
}

const stateOf = (window) => (window.state === "closed" ? t("admin.state_closed") : t(`admin.state_${window.state}`, { name: window.operator ?? "—" }));

export function windowsView() {
  const { setup } = admin;
  const toggle = (window, code, isServed) => save((base) => api.patch(`${base}/windows/${encodeURIComponent(window.code)}`, { services: isServed ? [...window.services, code] : window.services.filter((one) => one !== code) }));
  const add = (event) => {
    event.preventDefault();
    const { code } = Object.fromEntries(new FormData(event.target));
    save((base) => api.post(`${base}/windows`, { code, services: [] }));
    event.target.reset();
  };
  return html`<section class="card"><h2>${t("admin.which_services")}</h2><div class="table" tabindex="0" role="region" aria-label=${t("admin.which_services")}><table>
    <thead><tr><td></td>${setup.windows.map((window) => html`<th scope="col">${window.code}<small>${stateOf(window)}</small></th>`)}</tr></thead>
    <tbody>${setup.services.map((service) => html`<tr><th scope="row">${service.prefix} · ${text(service.name)}</th>${setup.windows.map((window) => html`<td><label><input type="checkbox" data-window=${window.code} data-service=${service.code} .checked=${live(window.services.includes(service.code))} @change=${(event) => toggle(window, service.code, event.target.checked)}><span class="hidden-text">${t("admin.window_serves", { window: window.code, service: text(service.name) })}</span></label></td>`)}</tr>`)}
      <tr><td></td>${setup.windows.map((window) => html`<td><button class="quiet alarm" aria-label=${t("admin.delete_window_sure", { window: window.code })} @click=${() => remove(t("admin.delete_window_sure", { window: window.code }), `/windows/${encodeURIComponent(window.code)}`)}>✕</button></td>`)}</tr></tbody></table></div>
    <form class="row" @submit=${add}><label>${t("admin.window_code")}<input name="code" maxlength="8" required aria-invalid=${fault("code") ? "true" : nothing}></label><button>+ ${t("admin.add_window")}</button></form></section>`;
}

export function hoursView() {
  const { draft } = admin;
  const submit = (event) => { event.preventDefault(); save((base) => api.patch(base, { hours: draft.hours })); };
  return html`<form class="card" novalidate @submit=${submit}><h2>${t("admin.hours")}</h2>${fault("hours") ? html`<p class="field-error" aria-invalid="true">${fault("hours")}</p>` : nothing}
    <div>${DAYS.map((day) => dayView(draft.hours, day))}</div>${saveRow()}</form>`;
}

function dayView(hours, day) {
  const spans = (hours[day] ??= []);
  const name = t(`admin.weekdays.${day}`);
  const time = (span, end, i) => html`<label>${t(end ? "admin.to" : "admin.from")}<input name=${`hours.${day}.${i}.${end}`} aria-label=${`${name} ${t(end ? "admin.to" : "admin.from")}`} size="5" placeholder="08:00" .value=${live(span[end])} @input=${(event) => { span[end] = event.target.value; edited(); }} aria-invalid=${fault(`hours.${day}.${i}.${end}`) ? "true" : nothing}></label>`;
  return html`<div class="day"><strong>${name}</strong><div class="row">
    ${spans.length ? spans.map((span, i) => html`<span class="span">${time(span, 0, i)}${time(span, 1, i)}<button type="button" class="quiet alarm" aria-label=${`${t("admin.remove")}: ${name}`} @click=${() => { spans.splice(i, 1); edited(); }}>✕</button></span>`) : html`<span class="soft">${t("admin.closed_day")}</span>`}
    <button type="button" class="quiet" aria-label=${`${t("admin.add_span")}: ${name}`} @click=${() => { spans.push(["08:00", "18:00"]); edited(); }}>+ ${t("admin.add_span")}</button></div></div>`;
}

export function officeView() {
  const { draft } = admin;
  const submit = (event) => {
    event.preventDefault();
    const { name, address, time_zone, default_language, recall_pause_seconds, calls_before_no_show } = draft;
    save((base) => api.patch(base, { name, address, time_zone, default_language, recall_pause_seconds, calls_before_no_show }));
  };
  return html`<form class="card" novalidate @submit=${submit}><h2>${t("admin.office")}</h2>
    ${texts(draft, "name", t("admin.name"))}${texts(draft, "address", t("admin.address"))}
    <div class="pair">${field(draft, "recall_pause_seconds", t("admin.recall_pause"), { type: "number", attributes: { min: 0 } })}${field(draft, "calls_before_no_show", t("admin.calls_before_no_show"), { type: "number", attributes: { min: 1 } })}
      <label>${t("admin.default_language")}<select name="default_language" @change=${(event) => { draft.default_language = event.target.value; edited(); }}>${draft.languages.map((code) => html`<option value=${code} ?selected=${code === draft.default_language}>${languageName(code)}</option>`)}</select></label></div>
    ${saveRow()}</form>`;
}
