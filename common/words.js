// Which words do several pages share? Needs of visitors, and refusals that need more than the server's sentence.
import { t } from "./i18n.js";

// Needs that only some windows can meet come first.
export const NEEDS = ["wheelchair", "interpreter", "hearing_loop", "language", "more_time", "companion"];
export const needName = (code) => t(`words.needs.${code}`);

// The sentence for a refusal; `needs` are those of the visitor, so that they are named in words.
export function refusalWords(problem, needs = []) {
  const own = t(`words.refused.${problem.code}`, { needs: needs.map(needName).join(", ") });
  return own || problem.words;
}
