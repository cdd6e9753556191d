// How does the kiosk say it? Waiting, opening hours, why a service is closed; and its arrows.
import { svg } from "lit-html";
import { closing, dayAndClock, t } from "/static/common/i18n.js";
import { opensWords, waitWords } from "/static/common/words.js";

const arrow = (d) => svg`<svg viewBox="0 0 24 24" width="28" height="28" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${d}/></svg>`;
export const backArrow = arrow("M15 4l-8 8 8 8");
export const downArrow = arrow("M4 9l8 8 8-8");
export const onArrow = arrow("M9 4l8 8-8 8");
export const tick = arrow("M4 12.5l5.5 5.5L20 7");

export const waitingWords = (service) => (service.waiting ? t("kiosk.waiting", { n: service.waiting }) : t("kiosk.nobody_waiting"));

// Where nobody waits and somebody calls at once there is nothing to add; where all wait for is a window that opens
// later, the hour says more than a span.
export function lineWords(service, now) {
  const { waiting, estimate } = service;
  const opens = opensWords(service, now);
  if (opens && !waiting) return opens;
  const line = [waitingWords(service), waiting || estimate?.low ? waitWords(estimate) : ""].filter(Boolean).join(" · ");
  return opens ? `${line}. ${opens}` : line;
}

export const estimateWords = ({ estimate }) => (waitWords(estimate) ? t("kiosk.estimate", { range: waitWords(estimate) }) : t("kiosk.no_estimate"));

export function hoursWords({ branch }, now) {
  if (branch.open) return t("kiosk.closes_at", { time: closing(branch.closes_at) });
  const closed = t("kiosk.closed_branch_closed");
  return branch.opens_at ? `${closed}. ${t("kiosk.opens_at", { time: dayAndClock(branch.opens_at, now) })}` : closed;
}

export const closedWords = (service, office, now) =>
  service.reason_closed === "branch_closed" ? hoursWords(office, now) : t(`kiosk.closed_${service.reason_closed}`);
