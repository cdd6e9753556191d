// What should a visitor know before taking a ticket, and what may they ask for?
import { html, nothing } from "lit-html";
import { language, languages, t, text } from "/static/common/i18n.js";
import { NEEDS, needName, opensWords } from "/static/common/words.js";
import { pageOf } from "./paging.js";
import { pagerView } from "./views.js";
import { backArrow, closedWords, downArrow, estimateWords, hoursWords, tick, waitingWords } from "./words.js";

const LONGEST_ROUTE = 10;

const backButton = (act) => html`<button data-back @click=${act.back}>${backArrow}${t("common.back")}</button>`;
const takeButton = (isBusy, act) => html`<button class="main" data-take aria-disabled=${isBusy ? "true" : "false"} @click=${act.take}>${isBusy ? t("kiosk.taking") : t("kiosk.take")}</button>`;

// ── the service, or the services of this visit ──

const documentView = (paper) => html`
  <li class=${paper.required ? "required" : ""} data-spoken><span>${text(paper.name)}
    <small>${[paper.required ? t("kiosk.required") : t("kiosk.optional"), text(paper.note), paper.source].filter(Boolean).join(" · ")}</small></span></li>`;

const factsView = (service, { office, now }, isOneOfMany) => html`
  <div class="facts">
    ${isOneOfMany ? html`<h2 data-spoken>${text(service.name)}</h2>` : nothing}
    ${service.open ? html`<p class="people" data-spoken>${waitingWords(service)}</p>${isOneOfMany ? nothing : html`<p data-wait data-spoken>${estimateWords(service)}</p>${service.opens_at ? html`<p data-spoken>${opensWords(service, now)}</p>` : nothing}
      <p data-spoken>${hoursWords(office, now)}</p>`}` : html`<p class="people" data-spoken>${closedWords(service, office, now)}</p>`}
    ${text(service.fee) ? html`<p data-spoken>${t("kiosk.fee")}: ${text(service.fee)}</p>` : nothing}
  </div>`;

// A paper that two services ask for is brought once.
function papersOf(services) {
  const all = services.flatMap((service) => service.documents);
  return all.filter((paper, i) => all.findIndex((other) => text(other.name) === text(paper.name)) === i);
}

function sheetView(screen) {
  const { visit: { services }, device } = screen;
  const papers = papersOf(services);
  return html`<div class="sheet card" role="region" aria-label=${t("kiosk.bring")} tabindex=${device.isLong ? "0" : nothing}>
    <div class="all-facts">${services.map((service) => factsView(service, screen, services.length > 1))}</div>
    <div class="papers">${papers.length ? html`<h2 data-spoken>${t("kiosk.bring")}</h2><ul>${papers.map(documentView)}</ul>` : html`<p data-spoken>${t("kiosk.nothing_to_bring")}</p>`}</div>
  </div>`;
}

const askedFor = ({ needs, priority }) => [...needs.map(needName), ...(priority ? [text(priority.name)] : [])];

function subtitleView(visit) {
  const asked = askedFor(visit);
  if (asked.length) return html`<p class="asked" data-spoken>${t("kiosk.asked", { what: asked.join(", ") })}</p>`;
  const [first, second] = visit.services;
  return !second && text(first.description) ? html`<p data-spoken>${text(first.description)}</p>` : nothing;
}

const canHaveMore = ({ services }, office) =>
  services.length < LONGEST_ROUTE && office.services.some((one) => one.open && !services.some(({ code }) => code === one.code));

export function serviceView(screen, act) {
  const { visit, office, device } = screen;
  const isOpen = visit.services.every((service) => service.open);
  return html`
    <div class="title"><h1 tabindex="-1" data-spoken>${visit.services.map((service) => text(service.name)).join(" + ")}</h1>${subtitleView(visit)}</div>
    ${sheetView(screen)}
    <div class="actions ${isOpen ? "choices" : ""}">${backButton(act)}
      ${device.isLong ? html`<button class="read-on" data-read-on @click=${act.readOn}>${t("kiosk.read_on")}${downArrow}</button>` : nothing}
      ${isOpen ? html`<button class="extra" data-needs @click=${act.needs}>${t("kiosk.help")}</button>` : nothing}
      ${isOpen && canHaveMore(visit, office) ? html`<button class="extra" data-more @click=${act.more}>${t("kiosk.one_more")}</button>` : nothing}
      ${isOpen ? takeButton(visit.isBusy, act) : nothing}</div>`;
}

// ── what somebody needs, and who comes earlier by right ──

const toggle = ({ name, small, isOn, attribute, press }) => html`<button data-choice=${attribute} aria-pressed=${isOn ? "true" : "false"} @click=${press}>
  <span class="box">${isOn ? tick : nothing}</span><span class="words"><span>${name}</span>${small ? html` <small>${small}</small>` : nothing}</span></button>`;

function toggles({ visit, office }, act) {
  const spoken = languages().find(({ code }) => code === language())?.name;
  const needs = NEEDS.map((need) => ({
    attribute: need, name: needName(need), small: need === "language" ? spoken : "", isOn: visit.needs.includes(need), press: act.need(need),
  }));
  const categories = (office.branch.categories ?? []).map((category) => ({
    attribute: category.code, name: text(category.name), isOn: visit.priority?.code === category.code, press: act.priority(category),
    small: [t("kiosk.priority"), text(category.proof), category.legal_basis].filter(Boolean).join(" · "),
  }));
  return [...needs, ...categories];
}

export function needsView(screen, act) {
  const { visit, device } = screen;
  const part = pageOf(toggles(screen, act), visit.page, device.perPage);
  return html`
    <div class="title"><h1 tabindex="-1" data-spoken>${t("kiosk.needs_headline")}</h1><p data-spoken>${t("kiosk.needs_means")}</p></div>
    <div class="choice"><div class="services toggles" role="group" aria-label=${t("kiosk.needs_headline")}>${part.shown.map(toggle)}</div>
      ${part.total > 1 ? pagerView(part, act, { pages: "needs_headline", previous: "page_back", more: "page_on" }) : nothing}
      <div class="actions two">${backButton(act)}${takeButton(visit.isBusy, act)}</div></div>`;
}
