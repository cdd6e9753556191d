// Which promises were broken, and which are about to be? Each is taken note of in one tap, with or without a word.
import { html, nothing } from "lit-html";
import { clock, t } from "/static/common/i18n.js";
import { cancelView, closeDialog, openDialog, titleView } from "./dialog.js";
import { act, canAct, desk, fieldProblem, serviceName } from "./state.js";
import { span, secondsSince } from "./words.js";

const SHOWN = 8;
const NUMBERS = 6;

export function breachesView() {
  const breaches = desk.board.breaches ?? [];
  const risks = desk.board.at_risk ?? [];
  const total = desk.board.breaches_total ?? breaches.length;
  const fresh = breaches.filter((breach) => !breach.acknowledged_at);
  const causes = alike([...fresh, ...breaches.filter((breach) => breach.acknowledged_at)]);
  if (!breaches.length && !risks.length) return html`<section class="card calm-card" aria-label=${t("hall.breaches")}><h2>${t("hall.all_kept")}</h2><p class="soft">${t("hall.all_kept_hint")}</p></section>`;
  const shown = causes.slice(0, SHOWN);
  const hidden = total - shown.flat().length;
  return html`<section class="card breaches ${fresh.length ? "fresh" : ""}" aria-label=${t("hall.breaches")}><div class="head"><h2>${t("hall.breaches")}</h2><p class="total" data-breaches>${total}<small>${t("hall.open_breaches")}</small></p></div>
    ${alike(fresh).length > 1 ? html`<button type="button" class="all" data-acknowledge="all" ?disabled=${!canAct()} @click=${() => openDialog("acknowledge", { breaches: fresh })}>${t("hall.acknowledge_all", { n: fresh.length })}</button>` : nothing}
    <ul>${shown.map(causeView)}</ul>
    ${hidden > 0 ? html`<p class="soft">${t("hall.more", { n: hidden })}</p>` : nothing}
    ${risks.length ? html`<h3>${t("hall.at_risk")}</h3><ul class="risks">${alike(risks).slice(0, SHOWN).map(riskView)}</ul>` : nothing}</section>`;
}

// Those of one kind at one place, taken note of with one word or not at all, have one cause: three hundred people who
// wait for three services are three things to do.
function alike(all) {
  const causes = new Map();
  for (const one of all) {
    const cause = [one.kind, one.service, one.window, one.acknowledged_by, one.note].join("|");
    causes.set(cause, [...(causes.get(cause) ?? []), one]);
  }
  return [...causes.values()];
}

const secondsUntil = (iso) => Math.min(0, (desk.now() - new Date(iso)) / 1000);

const placeOf = ({ service, window }) => (service ? serviceName(service) : window ? t("hall.window_named", { window }) : "");
export const aboutBreach = (breach) => [breach.number, placeOf(breach)].filter(Boolean).join(" · ");
const numberView = ({ number }) => (number ? html`<span class="number">${number}</span> ` : nothing);

// Waiting for the first call is what most promises are about: only the others are named.
function riskView([risk, ...others]) {
  const words = [risk.kind === "wait" ? "" : t(`hall.promised.${risk.kind}`), others.length ? t("hall.more", { n: others.length }) : ""];
  return html`<li data-risk=${risk.number ?? risk.window ?? risk.service}>${numberView(risk)}
    <span>${placeOf(risk)} <span class="soft">${words.filter(Boolean).join(" · ")}</span></span>
    <b>${risk.due_at ? t("hall.passes_in", { time: span(-secondsUntil(risk.due_at)) }) : t("hall.of_at_most", { n: risk.waiting, most: risk.longest })}</b></li>`;
}

// The one that is over the longest stands for all.
function causeView(breaches) {
  const [breach, ...others] = breaches;
  const name = others.length ? t("hall.acknowledge_all", { n: breaches.length }) : t("hall.acknowledge");
  return html`<li class=${breach.acknowledged_at ? "seen" : "new"} data-breach=${breach.id}>
    <div><p class="what">${others.length ? html`<span class="number">${breaches.length}</span> ` : numberView(breach)}${placeOf(breach)}</p>
      <p class="soft">${t(`hall.kinds.${breach.kind}`)} · ${t("hall.since", { time: clock(breach.at) })}${breach.is_late && !others.length ? html` · ${t("hall.flagged_late")}` : nothing}${others.length ? html`<br>${numbersWords(breaches)}` : nothing}${breach.acknowledged_at ? html`<br>${t("hall.seen_by", { name: breach.acknowledged_by, time: clock(breach.acknowledged_at) })}${breach.note ? html`: ${breach.note}` : nothing}` : nothing}</p></div>
    <p class="over"><b>+${span(secondsSince(breach.at))}</b></p>
    ${breach.acknowledged_at ? nothing : html`<button type="button" data-acknowledge=${breach.id} aria-label="${name}: ${aboutBreach(breach)}" ?disabled=${!canAct()} @click=${() => openDialog("acknowledge", { breaches })}>${t("hall.acknowledge")}</button>`}</li>`;
}

function numbersWords(breaches) {
  const numbers = breaches.map(({ number }) => number).filter(Boolean);
  const named = numbers.slice(0, NUMBERS).join(", ");
  return numbers.length > NUMBERS ? `${named} ${t("hall.more", { n: numbers.length - NUMBERS })}` : named;
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
