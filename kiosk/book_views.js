// What does the booking page show at each step? Drawn from the state alone.
import { html, nothing } from "lit-html";
import { dateOf, fullDay } from "/static/common/days.js";
import { clock, dayAndClock, language, languages, page, setLanguage, t, text } from "/static/common/i18n.js";
import { NEEDS, needName, refusalWords } from "/static/common/words.js";
import { daysView, noteOf, othersView, papersOf, timesView } from "./time_views.js";

export const STEPS = ["service", "day", "time", "who", "review"];
const MANY = 8;
const SOON_SECONDS = 120;

const title = (words, step) => html`<div class="title">${STEPS.includes(step) ? html`<p class="soft">${t("booking.step", { n: STEPS.indexOf(step) + 1, total: STEPS.length })}</p>` : nothing}<h1 tabindex="-1">${words}</h1></div>`;

// ── what for, which day, which time ──

const matches = ({ name, description, documents }, filter) => [name, description, ...documents.map((paper) => paper.name)].some((one) => text(one).toLocaleLowerCase().includes(filter.trim().toLocaleLowerCase()));

function serviceView({ step, services, chosen, filter, isBusy }, act) {
  if (!services) return html`${title(t("booking.titles.service"), "service")}${isBusy ? html`<p class="soft" role="status">${t("booking.looking")}</p>` : nothing}`;
  const shown = services.filter((service) => matches(service, filter) && !(step === "more" && chosen.includes(service)));
  return html`${title(t(`booking.titles.${step}`), step)}
    ${services.length > MANY ? html`<label>${t("booking.filter")}<input type="search" name="filter" autocomplete="off" @input=${act.filter}></label>` : nothing}
    ${services.length ? nothing : html`<p class="notice">${t("booking.nothing_bookable")}</p>`}
    <ul class="days">${shown.map((service) => html`<li><button data-service=${service.code} @click=${act.service(service)}><span><b>${text(service.name)}</b></span>
      ${text(service.description) ? html`<small>${text(service.description)}</small>` : nothing}</button></li>`)}</ul>
    ${services.length && !shown.length ? html`<p role="status">${t("booking.nothing_found")}</p>` : nothing}`;
}

function listView(services) {
  const papers = papersOf(services);
  return html`${papers.length ? html`<ul>${papers.map((paper) => html`<li>${text(paper.name)}${noteOf(paper) ? html` <span class="soft">— ${noteOf(paper)}</span>` : nothing}</li>`)}</ul>` : html`<p>${t("booking.nothing_to_bring")}</p>`}
    ${services.filter(({ fee }) => text(fee)).map(({ fee }) => html`<p>${t("booking.fee", { fee: text(fee) })}</p>`)}`;
}

const bringView = (services) => html`<section class="bring card"><h2>${t("booking.bring")}</h2>${listView(services)}</section>`;

// Before the days, but not in their way on a small screen; the whole list stands beside the last button again.
const foldedView = (services) => html`<details class="card" data-bring><summary>${papersOf(services).length ? t("booking.bring_count", { n: papersOf(services).length }) : t("booking.nothing_to_bring")}</summary><div class="bring inside">${listView(services)}</div></details>`;

// Whether there are days before the first free one, for which one can wait.
const sooner = ({ chosen, search, isBusy, now }) => chosen.every((service) => service.waiting_list) && !isBusy && search.days[0]?.date !== dateOf(now());

const namesOf = ({ chosen }) => chosen.map(({ name }) => text(name)).join(" + ");
const MOST_SERVICES = 10;

// One more service in the same visit, or one less: behind quiet buttons, for few need them.
function visitView(visit, act) {
  const canHaveMore = visit.chosen.length < Math.min(visit.services.length, MOST_SERVICES);
  return html`<div class="several">${visit.chosen.length > 1 ? visit.chosen.map((service) => html`<button class="quiet" data-without=${service.code} ?disabled=${visit.isBusy} @click=${act.without(service)}>${t("booking.without", { service: text(service.name) })}</button>`) : nothing}
    ${canHaveMore ? html`<button class="quiet" data-more ?disabled=${visit.isBusy} @click=${act.more}>+ ${t("booking.one_more")}</button>` : nothing}</div>`;
}

// The day whose places are drawn: now, or how it is done.
const drawOf = ({ draws, chosen }) => (chosen.length === 1 ? draws.find(({ service }) => service === chosen[0].code) : null);

function drawView(visit, act) {
  const [{ draw }] = visit.chosen;
  const now = drawOf(visit);
  if (now) return html`<section class="card draw"><h2>${t("booking.draw_now", { day: fullDay(now.day, visit.now()) })}</h2><p>${t("booking.draw_until", { time: dayAndClock(now.ends_at, visit.now()) })}</p>
    <button class="main" data-draw @click=${act.draw}>${t("booking.draw_open")}</button></section>`;
  return draw && visit.chosen.length === 1 ? html`<p class="soft">${t("booking.draw_daily", { from: draw.opens_at, n: draw.minutes })}</p>` : nothing;
}

const dayStep = (visit, act) => html`${title(t("booking.titles.day"), "day")}<p class="chosen">${namesOf(visit)}</p>${visitView(visit, act)}${foldedView(visit.chosen)}
  <form class="asking" @change=${act.needs} @submit=${(event) => event.preventDefault()}>${needsView(visit)}</form>
  ${drawView(visit, act)}${daysView(visit, act)}${sooner(visit) ? html`<button class="wide" data-wait @click=${act.wait}>${t("booking.wait_for")}</button>` : nothing}`;

function timeStep(visit, act) {
  const slots = visit.search.days.find(({ date }) => date === visit.date)?.slots ?? [];
  const head = html`${title(t("booking.titles.time"), "time")}<p class="chosen">${namesOf(visit)}<br>${fullDay(visit.date, visit.now())}</p>`;
  if (visit.others?.length) return html`${head}${othersView(visit, act)}${slots.length ? html`<button class="quiet" data-all-times @click=${act.allTimes}>${t("booking.all_times")}</button>` : nothing}`;
  return html`${head}${slots.length ? timesView(slots, visit.isBusy, act) : html`<p class="notice">${t("booking.day_full")}</p>`}`;
}

// ── who, and a last look ──

function keptView({ hold, now, isBusy }, act) {
  const left = (new Date(hold.expires_at) - now()) / 1000;
  if (left > SOON_SECONDS) return html`<p class="kept soft">${t("booking.kept", { n: Math.floor(left / 60) })}</p>`;
  return html`<div class="notice warn kept" role="alert"><p>${left > 0 ? t("booking.kept_soon") : t("booking.kept_over")}</p>
    <button type="button" data-keep ?disabled=${isBusy} @click=${act.keepLonger}>${t("booking.keep_longer")}</button></div>`;
}

const whenView = (visit) => html`<p class="chosen">${namesOf(visit)}<br>${fullDay(dateOf(visit.hold.starts_at), visit.now())}, <b>${clock(visit.hold.starts_at)}</b></p>`;

export function field({ person, faults }, name, { type, autocomplete, hint }) {
  const told = [faults[name] ? `${name}-fault` : "", hint ? `${name}-hint` : ""].filter(Boolean).join(" ");
  return html`<div class="field"><label for=${name}>${t(`booking.${name}`)}</label>
    ${hint ? html`<p class="soft" id=${`${name}-hint`}>${hint}</p>` : nothing}
    <input id=${name} name=${name} type=${type} autocomplete=${autocomplete} .value=${person[name]} maxlength="200" aria-required=${name === "email" ? "false" : "true"} aria-invalid=${faults[name] ? "true" : "false"} aria-describedby=${told || nothing}>
    ${faults[name] ? html`<p class="field-error" id=${`${name}-fault`}>${faults[name]}</p>` : nothing}</div>`;
}

const needsView = ({ needs }) => html`<details class="card" ?open=${needs.length > 0}><summary>${t("booking.needs")}</summary><div class="checks" role="group" aria-label=${t("booking.needs")}>
  ${NEEDS.map((need) => html`<label class="check"><input type="checkbox" name="need" value=${need} ?checked=${needs.includes(need)}><span>${needName(need)}</span></label>`)}</div></details>`;

const formView = (visit, submit, button) => html`<form novalidate @submit=${submit}>
    ${field(visit, "name", { type: "text", autocomplete: "name" })}
    ${field(visit, "phone", { type: "tel", autocomplete: "tel", hint: t("booking.phone_hint") })}
    ${field(visit, "email", { type: "email", autocomplete: "email", hint: t("booking.email_hint") })}
    ${needsView(visit)}<p class="soft">${t("booking.privacy")}</p>
    ${button}</form>`;

const whoStep = (visit, act) => html`${title(t("booking.titles.who"), "who")}${whenView(visit)}${keptView(visit, act)}
  ${formView(visit, act.review, html`<button class="main step" data-review>${t("booking.continue")}</button>`)}`;

const waitStep = (visit, act) => html`${title(t("booking.titles.wait"), "wait")}<p class="chosen">${namesOf(visit)}</p><p>${t("booking.wait_means")}</p>
  ${formView(visit, act.join, html`<button class="main step" data-join aria-disabled=${visit.isBusy ? "true" : "false"}>${t("booking.wait_join")}</button>`)}`;

const drawStep = (visit, act) => html`${title(t("booking.titles.draw"), "draw")}<p class="chosen">${namesOf(visit)}<br>${fullDay(drawOf(visit).day, visit.now())}</p><p>${t("booking.draw_until", { time: dayAndClock(drawOf(visit).ends_at, visit.now()) })} ${t("booking.draw_means")}</p>
  ${formView(visit, act.signUp, html`<button class="main step" data-sign-up aria-disabled=${visit.isBusy ? "true" : "false"}>${t("booking.draw_join")}</button>`)}`;

const row = (name, value) => (value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : nothing);

const reviewStep = (visit, act) => html`${title(t("booking.titles.review"), "review")}
  <dl class="card">${row(t("booking.what"), namesOf(visit))}
    ${row(t("booking.when"), html`${fullDay(dateOf(visit.hold.starts_at), visit.now())}, <b>${clock(visit.hold.starts_at)}</b>`)}
    ${row(t("booking.where"), [text(page.branch.name), text(page.branch.address)].filter(Boolean).join(", "))}
    ${row(t("booking.name"), visit.person.name)}${row(t("booking.phone"), visit.person.phone)}${row(t("booking.email_short"), visit.person.email)}
    ${row(t("booking.needs_short"), visit.needs.map(needName).join(", "))}</dl>
  <button class="main step" data-book aria-disabled=${visit.isBusy ? "true" : "false"} @click=${act.book}>${visit.isBusy ? t("booking.booking") : t("booking.book")}</button>
  ${keptView(visit, act)}${bringView(visit.chosen)}`;

// ── around every step ──

const VIEWS = { service: serviceView, more: serviceView, draw: drawStep, day: dayStep, time: timeStep, who: whoStep, wait: waitStep, review: reviewStep };
const languageButton = ({ code, name }) => html`<button type="button" lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${() => setLanguage(code)}>${name}</button>`;

export const headerView = () => html`<header><strong>${text(page.branch.name)}</strong><nav class="languages" aria-label=${t("common.language")}>${languages().map(languageButton)}</nav></header>`;

export const bookView = (visit, act) => html`<div class="book" data-step=${visit.step} data-busy=${visit.isBusy}>${headerView()}
  <div role="alert">${visit.problem ? html`<p class="notice ${visit.others?.length ? "warn" : "alarm"}">${refusalWords(visit.problem, visit.needs)}</p>` : nothing}</div>
  ${VIEWS[visit.step](visit, act)}
  ${visit.step === "service" ? nothing : html`<button class="quiet back" data-back @click=${act.back}>← ${t("booking.one_back")}</button>`}
  <footer class="soft">${t("booking.by_phone", { address: text(page.branch.address) })}</footer></div>`;
