// How does the desk say it? Times against what was promised, needs, why somebody comes before others.
import { html, nothing } from "lit-html";
import { clock, t, text } from "/static/common/i18n.js";
import { CLOCK_SIGN, HERE_SIGN, NEED_SIGNS, PRIORITY_SIGN } from "./icons.js";
import { desk } from "./state.js";

export const secondsSince = (iso, until = desk.now()) => Math.max(0, (new Date(until) - new Date(iso)) / 1000);
export const minutes = (seconds) => Math.floor(seconds / 60);

export function span(seconds) {
  const hours = Math.floor(seconds / 3600);
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  return hours ? `${hours}:${two((seconds / 60) % 60)}:${two(seconds % 60)}` : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

// "within", "near" (80 % used) or "over" what was promised.
export const level = (seconds, norm) => (seconds >= norm ? "over" : seconds >= 0.8 * norm ? "near" : "within");
// An appointment waits from its time on.
export const waitLevel = (leg) => level(secondsSince(leg.booked_at > leg.ready_at ? leg.booked_at : leg.ready_at), leg.norm);

export const languageName = (code) => new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(code);
export const needWords = (need, leg) => t(`desk.needs.${need}`, { language: languageName(leg.language) });

const chip = (kind, sign, words) => html`<span class="chip ${kind}">${sign}<span>${words}</span></span>`;
const chipsView = (chips) => (chips.length ? html`<span class="chips">${chips}</span>` : nothing);
const needs = (leg) => leg.needs.map((need) => chip("need", NEED_SIGNS[need], needWords(need, leg)));
const booked = (leg) => (leg.booked_at ? [chip("booked", CLOCK_SIGN, t("desk.booked_at", { time: clock(leg.booked_at) }))] : []);

function priority({ code, name, proof, is_proven }) {
  const seen = is_proven ? t("desk.proof_seen") : t("desk.show_proof", { proof: text(proof) || t("desk.proof") });
  return chip(is_proven ? "priority" : "priority unproven", PRIORITY_SIGN, `${text(name) || code} — ${seen}`);
}

// What the operator has to know before the visitor sits down.
export const visitorChips = (leg) => chipsView([...(leg.priority ? [priority(leg.priority)] : []), ...booked(leg), ...needs(leg)]);

// Why somebody in the line comes when they come, and what they need; for the window that looks.
export function lineChips(leg, window) {
  const isForMe = leg.for_operator === desk.me.id || (window && leg.for_window === window.code);
  return chipsView([
    ...(isForMe ? [chip("mine", HERE_SIGN, t(leg.for_operator ? "desk.for_me" : "desk.for_my_window"))] : []),
    ...(leg.priority ? [chip("priority", PRIORITY_SIGN, t("desk.priority"))] : []),
    ...booked(leg),
    ...needs(leg),
  ]);
}
