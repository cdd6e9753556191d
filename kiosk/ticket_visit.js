// What belongs to the visit? Its services in order, what to bring, and why others were called first.
import { html, nothing } from "lit-html";
import { t, text } from "/static/common/i18n.js";

// The state of a service: that of its last leg; one without a leg is still to come.
function stateOf({ legs }, code) {
  const leg = legs.findLast(({ service }) => service === code);
  return { state: leg?.state ?? "to_come", window: leg?.window };
}

export function servicesView({ ticket }) {
  const current = ticket.services.find(({ code }) => code === ticket.legs.at(-1).service);
  if (ticket.services.length < 2 || ticket.status === "called") return html`<p class="service">${text(current?.name)}</p>`;
  return html`<section class="visit card"><h2>${t("ticket.services")}</h2><ol>${ticket.services.map((service) => {
    const { state, window } = stateOf(ticket, service.code);
    return html`<li class=${state} data-visit=${service.code}><span>${text(service.name)}</span><small>${t(`ticket.states.${state}`, { window })}</small></li>`;
  })}</ol></section>`;
}

export function bringView({ ticket }) {
  const papers = ticket.status === "waiting" || ticket.status === "held" ? ticket.services.flatMap((service) => service.documents) : [];
  const once = papers.filter((paper, i) => papers.findIndex((other) => text(other.name) === text(paper.name)) === i);
  return once.length === 0 ? nothing : html`<section class="bring card"><h2>${t("ticket.bring")}</h2>
    ${once.map((paper) => html`<label><input type="checkbox"><span>${text(paper.name)}${text(paper.note) ? html` <span class="soft">— ${text(paper.note)}</span>` : nothing}</span></label>`)}</section>`;
}

// By kind, never by person; the rule itself is always to be had.
export function whyView({ ticket, isUnknown }) {
  if (isUnknown || !["waiting", "held", "missed", "serving"].includes(ticket.status)) return nothing;
  const reasons = ticket.why.map((kind) => t(`ticket.why_kinds.${kind}`, { n: ticket.called_earlier[kind] })).filter(Boolean);
  return html`<details class="why card"><summary>${reasons.length ? t("ticket.why") : t("ticket.order")}</summary>
    ${reasons.length ? html`<ul>${reasons.map((words) => html`<li>${words}</li>`)}</ul>` : nothing}<p>${t("words.rule")}</p></details>`;
}
