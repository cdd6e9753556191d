// Which words do several pages share? Needs of visitors, and refusals that need more than the server's sentence.
import { dayAndClock, t } from "./i18n.js";

const minutesOf = (seconds) => Math.round(seconds / 60);
const LONG_MINUTES = 120;
const WIDE_MINUTES = 30;
const WIDE_TIMES = 3;

// "1 h 30 min" and the like.
function spanWords(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (!hours) return t("common.minutes_only", { n: rest });
  return rest ? t("common.hours_and_minutes", { hours, minutes: rest }) : t("common.hours_only", { hours });
}

// Before anything has been measured the doubt is wide: "10–95 minutes" helps nobody, its end does.
const isWide = (low, high) => high - low >= WIDE_MINUTES && high >= WIDE_TIMES * low;

// "about 10–25 minutes"; nothing when nobody can say. Slips and letters say the same: notifications/words.py.
export function waitWords(estimate) {
  if (!estimate?.high) return "";
  const [low, high] = [estimate.low, estimate.high].map(minutesOf);
  if (isWide(low, high)) return t("common.wait_at_most", { high: spanWords(high) });
  if (!low) return t("common.wait_up_to", { high });
  return high < LONG_MINUTES ? t("common.wait_about", { low, high }) : t("common.wait_long", { low: spanWords(low), high: spanWords(high) });
}

// When it begins, while no window for it is open; of a service, or of a ticket that waits.
export const opensWords = ({ opens_at: at }, now) => (at ? t("common.first_opens", { time: dayAndClock(at, now) }) : "");

// Needs that only some windows can meet come first.
export const NEEDS = ["wheelchair", "interpreter", "hearing_loop", "language", "more_time", "companion"];
export const needName = (code) => t(`words.needs.${code}`);

// What a page says of a refusal itself, if it does; `needs` are the visitor's, so that they are named in words.
export const ownWords = ({ code }, needs = []) => t(`words.refused.${code}`, { needs: needs.map(needName).join(", ") });

export const refusalWords = (problem, needs) => ownWords(problem, needs) || problem.words;
