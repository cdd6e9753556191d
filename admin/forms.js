// What can be changed? The forms: a service, the windows, the hours, the office.
import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { api } from "/static/common/api.js";
import { page, t, text } from "/static/common/i18n.js";
import { bookingView } from "./booking_terms.js";
import { admin, changes, choose, edited, fault, remove, save, tell } from "./admin.js";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const languageName = (code) => page.languages.find((one) => one.code === code)?.name ?? code;
export const wrong = (words) => (words ? html`<span class="field-error">${words}</span>` : nothing);
export const invalid = (words) => (words ? "true" : nothing);

export function field(object, name, label, { path = name, type = "text", hint = "", told = "", isFixed = false, min, max, longest, list, onEdit = () => {} } = {}) {
  const words = fault(path) && (told || fault(path));
  const set = ({ target }) => { object[name] = type === "number" && target.value !== "" ? Number(target.value) : target.value; onEdit(); edited(); };
  return html`<label>${label}<input name=${path} type=${type} .value=${live(String(object[name] ?? ""))} @input=${set} aria-invalid=${invalid(words)} ?readonly=${isFixed} min=${min ?? nothing} max=${max ?? nothing} maxlength=${longest ?? nothing} list=${list ?? nothing} autocomplete="off">${wrong(words)}${hint && !words ? html`<small class="soft">${hint}</small>` : nothing}</label>`;
}

// A text in every language of the office.
export function texts(object, name, label, { path = name, isLong = false, onEdit = () => {} } = {}) {
  return html`<div class="pair">${admin.setup.languages.map((code) => {
    const words = fault(`${path}.${code}`) ?? (code === admin.setup.default_language ? fault(path) : undefined);
    const set = ({ target }) => { object[name] = { ...object[name], [code]: target.value }; onEdit(); edited(); };
    const value = live(object[name]?.[code] ?? "");
    return html`<label>${label} · ${languageName(code)}${isLong
      ? html`<textarea name=${`${path}.${code}`} lang=${code} rows="3" .value=${value} @input=${set} aria-invalid=${invalid(words)}></textarea>`
      : html`<input name=${`${path}.${code}`} lang=${code} .value=${value} @input=${set} aria-invalid=${invalid(words)} autocomplete="off">`}${wrong(words)}</label>`;
  })}</div>`;
}

// A day, or none.
export function date(draft, name, label, hint = "") {
  const words = fault(name);
  const set = ({ target }) => { draft[name] = target.value || null; edited(); };
  return html`<label>${label}<input type="date" name=${name} .value=${live(draft[name] ?? "")} @input=${set} aria-invalid=${invalid(words)}>${wrong(words)}${hint ? html`<small class="soft">${hint}</small>` : nothing}</label>`;
}

const told = (hint, words) => (hint && !words ? html`<small class="soft">${hint}</small>` : nothing);

export const choice = (object, name, label, options, { path = name, hint = "" } = {}) => html`<label>${label}<select name=${path} aria-invalid=${invalid(fault(path))} @change=${({ target }) => { object[name] = target.value || null; edited(); }}>${options.map(([code, shown]) => html`<option value=${code ?? ""} .selected=${live(code === object[name])}>${shown}</option>`)}</select>${wrong(fault(path))}${told(hint, fault(path))}</label>`;

export const check = (object, name, label, { path = name, hint = "" } = {}) => html`<div><label class="check"><input type="checkbox" name=${path} .checked=${live(object[name])} @change=${({ target }) => { object[name] = target.checked; edited(); }}>${label}</label>${hint ? html`<p class="soft">${hint}</p>` : nothing}</div>`;

// The form of a tab; nothing is sent when nothing differs. `next` names the code of what is new.
export const form = (send, content, { next = null } = {}) => html`<form id="form" class="card" novalidate @submit=${(event) => {
  event.preventDefault();
  if (!Object.keys(changes()).length && !next) return tell(t("admin.nothing_changed"));
  save((base) => send(base, changes()), { next: next?.() ?? null });
}}>${content}</form>`;

const codeFrom = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);

export function serviceView() {
  const { setup, draft, origin, code } = admin;
  const saved = setup.services.find((service) => service.code === code);
  const address = (base) => `${base}/services/${encodeURIComponent(code)}`;
  // A new service gets its code from its name, until somebody writes another one.
  const before = codeFrom(draft.name.en ?? "");
  const suggest = () => { if (!saved && draft.code === before) draft.code = codeFrom(draft.name.en ?? ""); };
  const send = (base, changed) => (saved ? api.patch(address(base), changed) : api.post(`${base}/services`, { ...origin, ...changed, code: draft.code }));
  const minutes = { norm: draft.norm_seconds === null ? "" : draft.norm_seconds / 60 };
  const promise = () => { draft.norm_seconds = minutes.norm === "" ? null : Math.round(minutes.norm * 60); };
  return html`<div class="sides"><nav class="names" aria-label=${t("admin.services")}>
      ${setup.services.map((service) => html`<button data-code=${service.code} aria-current=${service.code === code ? "true" : nothing} @click=${() => choose("services", service.code)}><span class="letter">${service.prefix}</span><span>${text(service.name)}</span>${service.waiting ? html`<small class="number" aria-label=${t("admin.waiting_now", { n: service.waiting })}>${service.waiting}</small>` : nothing}</button>`)}
      <button class="quiet" data-add aria-current=${code === "" ? "true" : nothing} @click=${() => choose("services", "")}>+ ${t("admin.add_service")}</button></nav>
    ${form(send, html`<h2>${saved ? text(saved.name) : t("admin.add_service")}</h2>
      ${saved?.waiting ? html`<p class="notice warn" data-waiting>${t("admin.waiting_now", { n: saved.waiting })}</p>` : nothing}
      ${texts(draft, "name", t("admin.name"), { onEdit: suggest })}
      <div class="pair">${field(draft, "prefix", t("admin.prefix"), { longest: 3 })}
        ${field(minutes, "norm", t("admin.norm_minutes"), { path: "norm_seconds", type: "number", min: 1, max: 1440, onEdit: promise, hint: t("admin.norm_range"), told: t("admin.norm_range") })}
        ${field(draft, "code", t("admin.code"), { isFixed: Boolean(saved), hint: t("admin.code_hint"), longest: 40 })}</div>
      ${setup.groups.length ? choice(draft, "group", t("admin.group"), [[null, t("admin.no_group")], ...setup.groups.map((group) => [group.code, text(group.name)])]) : nothing}
      ${choice(draft, "purpose", t("admin.purpose"), ["submit", "status", "collect"].map((one) => [one, t(`admin.purposes.${one}`)]), { hint: t("admin.purpose_hint") })}
      ${check(draft, "open", t("admin.is_open"), { hint: t("admin.is_open_hint") })}
      ${texts(draft, "description", t("admin.description"), { isLong: true })}${texts(draft, "fee", t("admin.fee"))}
      ${documentsView(draft)}${bookingView(draft)}
      ${saved ? html`<div><button type="button" class="alarm" data-delete @click=${() => remove(t("admin.delete_service_sure", { name: text(saved.name) }), `/services/${encodeURIComponent(code)}`)}>${t("admin.delete_service")}</button></div>` : nothing}`, { next: saved ? null : () => draft.code })}</div>`;
}

function documentsView(draft) {
  const focus = (...selectors) => selectors.map((one) => document.querySelector(`${one}:not(:disabled)`)).find(Boolean)?.focus();
  const move = (from, to) => {
    draft.documents.splice(to, 0, ...draft.documents.splice(from, 1));
    edited();
    const [same, other] = to < from ? ["up", "down"] : ["down", "up"];
    focus(`[data-paper="${to}"] [data-${same}]`, `[data-paper="${to}"] [data-${other}]`);
  };
  const take = (i) => { draft.documents.splice(i, 1); edited(); focus(`[data-paper="${i}"] [data-remove]`, "[data-add-document]"); };
  const add = () => { draft.documents.push({ name: {}, required: true, note: {}, source: "" }); edited(); focus(`[data-paper="${draft.documents.length - 1}"] input`); };
  const named = (words, paper, i) => `${words}: ${text(paper.name) || i + 1}`;
  return html`<fieldset><legend>${t("admin.documents")}</legend>${wrong(fault("documents"))}
    ${draft.documents.map((paper, i) => html`<fieldset data-paper=${i}><legend>${i + 1}</legend>
      ${texts(paper, "name", t("admin.document_name"), { path: `documents.${i}.name` })}${texts(paper, "note", t("admin.document_note"), { path: `documents.${i}.note` })}
      ${field(paper, "source", t("admin.document_source"), { path: `documents.${i}.source` })}
      <div class="row end">${check(paper, "required", t("admin.required"))}
        <span class="row"><button type="button" data-up ?disabled=${i === 0} aria-label=${named(t("admin.up"), paper, i)} @click=${() => move(i, i - 1)}>${t("admin.up")}</button><button type="button" data-down ?disabled=${i === draft.documents.length - 1} aria-label=${named(t("admin.down"), paper, i)} @click=${() => move(i, i + 1)}>${t("admin.down")}</button>
        <button type="button" class="alarm" data-remove aria-label=${named(t("admin.remove"), paper, i)} @click=${() => take(i)}>${t("admin.remove")}</button></span></div></fieldset>`)}
    <div><button type="button" data-add-document @click=${add}>+ ${t("admin.add_document")}</button></div></fieldset>`;
}

const stateOf = (window) => (window.state === "closed" ? t("admin.state_closed") : t(`admin.state_${window.state}`, { name: window.operator ?? "—" }));

export function windowsView() {
  const { setup, draft } = admin;
  const served = (window) => (draft[window.code] ??= admin.origin[window.code] = [...window.services]);
  const toggle = (window, code, isServed) => {
    draft[window.code] = setup.services.map((service) => service.code).filter((one) => (one === code ? isServed : served(window).includes(one)));
    edited();
  };
  const send = async (base, changed) => {
    for (const [code, services] of Object.entries(changed)) await api.patch(`${base}/windows/${encodeURIComponent(code)}`, { services });
  };
  const add = (event) => {
    event.preventDefault();
    const input = event.target.elements.code;
    save(async (base) => { await api.post(`${base}/windows`, { code: input.value.trim(), services: [] }); input.value = ""; }, { keepsDraft: true });
  };
  const box = (window, service) => html`<td><label><input type="checkbox" data-window=${window.code} data-service=${service.code} .checked=${live(served(window).includes(service.code))} @change=${({ target }) => toggle(window, service.code, target.checked)}><span class="hidden-text">${t("admin.window_serves", { window: window.code, service: text(service.name) })}</span></label></td>`;
  return html`<section class="card stack"><div><h2>${t("admin.which_services")}</h2><p class="soft">${setup.windows.length ? t("admin.windows_hint") : t("admin.no_windows")}</p></div>
    ${form(send, html`<div class="table" tabindex="0" role="region" aria-label=${t("admin.which_services")}><table>
    <thead><tr><td></td>${setup.windows.map((window) => html`<th scope="col">${window.code}<small>${stateOf(window)}</small></th>`)}</tr></thead>
    <tbody>${setup.services.map((service) => html`<tr><th scope="row"><span class="letter">${service.prefix}</span> ${text(service.name)}</th>${setup.windows.map((window) => box(window, service))}</tr>`)}
      <tr><td></td>${setup.windows.map((window) => html`<td><button type="button" class="quiet alarm" data-delete-window=${window.code} aria-label=${t("admin.delete_window", { window: window.code })} @click=${() => remove(t("admin.delete_window_sure", { window: window.code }), `/windows/${encodeURIComponent(window.code)}`)}>✕</button></td>`)}</tr></tbody></table></div>`)}
    <form class="row" novalidate @submit=${add}><label>${t("admin.window_code")}<input name="code" maxlength="8" autocomplete="off" aria-invalid=${invalid(fault("code"))}>${wrong(fault("code"))}</label><button data-add-window>+ ${t("admin.add_window")}</button></form></section>`;
}

export function hoursView() {
  const { draft } = admin;
  return form((base, changed) => api.patch(base, changed), html`<div><h2>${t("admin.hours")}</h2><p class="soft">${t("admin.hours_hint")}</p>${wrong(fault("hours"))}</div><div>${DAYS.map((day) => dayView(draft, day))}</div>`);
}

export function dayView(draft, day) {
  const spans = draft.hours[day] ?? [];
  const name = t(`admin.weekdays.${day}`);
  const put = (changed) => { draft.hours = Object.fromEntries(DAYS.map((one) => [one, one === day ? changed : draft.hours[one] ?? []]).filter(([, kept]) => kept.length)); edited(); };
  const focus = (selector) => document.querySelector(`[data-day=${day}] ${selector}`)?.focus();
  const time = (span, i, end) => {
    const words = fault(`hours.${day}.${i}.${end}`) ?? (end === 1 ? fault(`hours.${day}`) : undefined);
    const set = ({ target }) => put(spans.map((one, at) => (at === i ? one.map((moment, side) => (side === end ? target.value : moment)) : one)));
    return html`<label>${t(end ? "admin.to" : "admin.from")}<span class="hidden-text">${name}</span><input name=${`hours.${day}.${i}.${end}`} maxlength="5" placeholder="08:00" autocomplete="off" .value=${live(span[end])} @input=${set} aria-invalid=${invalid(words)}></label>`;
  };
  const told = fault(`hours.${day}`) ?? spans.flatMap((_, i) => [fault(`hours.${day}.${i}.0`), fault(`hours.${day}.${i}.1`)]).find(Boolean);
  return html`<div class="day" data-day=${day}><strong>${name}</strong><div class="row">
    ${spans.length ? spans.map((span, i) => html`<span class="span">${time(span, i, 0)}${time(span, i, 1)}<button type="button" class="quiet alarm" data-remove aria-label=${`${t("admin.remove")}: ${name} ${span.join("–")}`} @click=${() => { put(spans.filter((_, at) => at !== i)); focus("[data-add-span]"); }}>✕</button></span>`) : html`<span class="soft">${t("admin.closed_day")}</span>`}
    <button type="button" class="quiet" data-add-span aria-label=${`${t("admin.add_span")}: ${name}`} @click=${() => { put([...spans, spans.length ? ["", ""] : ["08:00", "18:00"]]); focus(".span:last-of-type input"); }}>+ ${t("admin.add_span")}</button></div>${wrong(told)}</div>`;
}

// Times of one day that has no name: none means what `none` says.
export function spansView(draft, label, none) {
  const put = (spans) => { draft.hours = spans; edited(); };
  const time = (span, i, end) => {
    const words = fault(`hours.${i}.${end}`);
    const set = ({ target }) => put(draft.hours.map((one, at) => (at === i ? one.map((moment, side) => (side === end ? target.value : moment)) : one)));
    return html`<label>${t(end ? "admin.to" : "admin.from")}<input name=${`hours.${i}.${end}`} maxlength="5" placeholder="08:00" autocomplete="off" .value=${live(span[end])} @input=${set} aria-invalid=${invalid(words)}></label>`;
  };
  const told = fault("hours") ?? draft.hours.flatMap((_, i) => [fault(`hours.${i}`), fault(`hours.${i}.0`), fault(`hours.${i}.1`)]).find(Boolean);
  return html`<fieldset class="times"><legend>${label}</legend><div class="row">
    ${draft.hours.length ? draft.hours.map((span, i) => html`<span class="span">${time(span, i, 0)}${time(span, i, 1)}<button type="button" class="quiet alarm" data-remove aria-label=${`${t("admin.remove")}: ${span.join("–")}`} @click=${() => put(draft.hours.filter((_, at) => at !== i))}>✕</button></span>`) : html`<span class="soft">${none}</span>`}
    <button type="button" class="quiet" data-add-span @click=${() => put([...draft.hours, ["", ""]])}>+ ${t("admin.add_span")}</button></div>${wrong(told)}</fieldset>`;
}

export function officeView() {
  const { draft } = admin;
  const speak = (code, isSpoken) => { draft.languages = isSpoken ? [...draft.languages, code] : draft.languages.filter((one) => one !== code); edited(); };
  const known = [...new Set([...draft.languages, ...page.languages.map((one) => one.code)])];
  return form((base, changed) => api.patch(base, changed), html`<h2>${t("admin.office")}</h2>
    ${texts(draft, "name", t("admin.name"))}${texts(draft, "address", t("admin.address"))}
    <fieldset><legend>${t("admin.languages")}</legend><div class="row">${known.map((code) => html`<label class="check"><input type="checkbox" data-language=${code} .checked=${live(draft.languages.includes(code))} @change=${({ target }) => speak(code, target.checked)}><span lang=${code}>${languageName(code)}</span></label>`)}</div>${wrong(fault("languages"))}</fieldset>
    <div class="pair">${choice(draft, "default_language", t("admin.default_language"), draft.languages.map((code) => [code, languageName(code)]))}
      ${field(draft, "time_zone", t("admin.time_zone"), { list: "zones" })}<datalist id="zones">${Intl.supportedValuesOf("timeZone").map((zone) => html`<option value=${zone}></option>`)}</datalist></div>
    <div class="pair">${field(draft, "recall_pause_seconds", t("admin.recall_pause"), { type: "number", min: 0, max: 600 })}${field(draft, "calls_before_no_show", t("admin.calls_before_no_show"), { type: "number", min: 1, max: 10 })}</div>`);
}
