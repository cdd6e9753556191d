// Which words do several pages share? Needs of visitors, and refusals that need more than the server's sentence.
import { t } from "./i18n.js";

// Needs that only some windows can meet come first.
export const NEEDS = ["wheelchair", "interpreter", "hearing_loop", "language", "more_time", "companion"];
export const needName = (code) => t(`words.needs.${code}`);

// What a page says of a refusal itself, if it does; `needs` are the visitor's, so that they are named in words.
export const ownWords = ({ code }, needs = []) => t(`words.refused.${code}`, { needs: needs.map(needName).join(", ") });

export const refusalWords = (problem, needs) => ownWords(problem, needs) || problem.words;
