// Which promises were broken, and which are about to be? Each is taken note of in one tap, with or without a word.
import { html, nothing } from "lit-html";
import { clock, t } from "/static/common/i18n.js";
import { cancelView, closeDialog, openDialog, titleView } from "./dialog.js";
import { act, canAct, desk, fieldProblem, serviceName } from "./state.js";
import { span, secondsSince } from "./words.js";

const SHOWN = 8;

export function breachesView() {
  const breaches = desk.board.breaches ?? [];
  const risks = desk.board.at_risk ?? [];
  const fresh = breaches.filter((breach) => !breach.acknowledged_at);
  const ordered = [...fresh, ...breaches.filter((breach) => breach.acknowledged_at)];
  if (!breaches.length && !risks.length) return html`<section class="card calm-card" aria-label=${t("hall.breaches")}><h2>${t("hall.all_kept")}</h2><p class="soft">${t("hall.all_kept_hint")}</p></section>`;
  return html`<section class="card breaches ${fresh.length ? "fresh" : ""}" aria-label=${t("hall.breaches")}><div class="head"><h2>${t("hall.breaches")}</h2><p class="total" data-breaches>${breaches.length}<small>${t("hall.open_breaches")}</small></p></div>
    ${fresh.length > 1 ? html`<button type="button" class="all" data-acknowledge="all" ?disabled=${!canAct()} @click=${() => openDialog("acknowledge", { breaches: fresh })}>${t("hall.acknowledge_all", { n: fresh.length })}</button>` : nothing}
    <ul>${ordered.slice(0, SHOWN).map(breachView)}</ul>
    ${ordered.length > SHOWN ? html`<p class="soft">${t("hall.more", { n: ordered.length - SHOWN })}</p>` : nothing}
    ${risks.length ? html`<h3>${t("hall.at_risk")}</h3><ul class="risks">${risks.slice(0, SHOWN).map(riskView)}</ul>` : nothing}</section>`;
}

const secondsUntil = (iso) => Math.min(0, (desk.now() - new Date(iso)) / 1000);

const placeOf = ({ service, window }) => (service ? serviceName(service) : window ? t("hall.window_named", { window }) : "");
export const aboutBreach = (breach) => [breach.number, placeOf(breach)].filter(Boolean).join(" · ");

// Waiting for the first call is what most promises are about: only the others are named.
const riskView = (risk) => html`<li data-risk=${risk.number ?? risk.window ?? risk.service}>${risk.number ? html`<span class="number">${risk.number}</span>` : nothing}
  <span>${placeOf(risk)}${risk.kind === "wait" ? nothing : html` <span class="soft">${t(`hall.promised.${risk.kind}`)}</span>`}</span>
  <b>${risk.due_at ? t("hall.passes_in", { time: span(-secondsUntil(risk.due_at)) }) : t("hall.of_at_most", { n: risk.waiting, most: risk.longest })}</b></li>`;

function breachView(breach) {
  return html`<li class=${breach.acknowledged_at ? "seen" : "new"} data-breach=${breach.id}>
    <div><p class="what">${breach.number ? html`<span class="number">${breach.number}</span> ` : nothing}${placeOf(breach)}</p>
      <p class="soft">${t(`hall.kinds.${breach.kind}`)} · ${t("hall.since", { time: clock(breach.at) })}${breach.is_late ? html` · ${t("hall.flagged_late")}` : nothing}${breach.acknowledged_at ? html`<br>${t("hall.seen_by", { name: breach.acknowledged_by, time: clock(breach.acknowledged_at) })}${breach.note ? html`: ${breach.note}` : nothing}` : nothing}</p></div>
    <p class="over"><b>+${span(secondsSince(breach.at))}</b></p>
    ${breach.acknowledged_at ? nothing : html`<button type="button" data-acknowledge=${breach.id} aria-label="${t("hall.acknowledge")}: ${aboutBreach(breach)}" ?disabled=${!canAct()} @click=${() => openDialog("acknowledge", { breaches: [breach] })}>${t("hall.acknowledge")}</button>`}</li>`;
}

export function acknowledgeView() {
  const { breaches } = desk.dialog;
  const words = ["called_help", "window_opens", "nothing_to_do"].map((code) => t(`hall.notes.${code}`));
  return html`${titleView(breaches.length === 1 ? aboutBreach(breaches[0]) || t("hall.acknowledge") : t("hall.acknowledge_all", { n: breaches.length }))}
    <div class="digits">${words.map((note, i) => html`<button type="button" data-note=${i} ?disabled=${!canAct()} @click=${() => acknowledge(breaches, note)}>${note}</button>`)}</div>
    <form class="stack" @submit=${(event) => { event.preventDefault(); acknowledge(breaches, new FormData(event.target).get("note")); }}>
      <label>${t("hall.note")}<input name="note" maxlength="500" aria-invalid=${fieldProblem("note") ? "true" : nothing}></label>
      <div class="ends"><button class="main" ?disabled=${!canAct()}>${t("hall.acknowledge")}</button>${cancelView()}</div></form>`;
}

async function acknowledge(breaches, note) {
  for (const breach of breaches) {
    if (!(await act("acknowledge", `/breaches/${breach.id}/acknowledge`, { note }, () => t("hall.acknowledged")))) return;
  }
  closeDialog();
}
