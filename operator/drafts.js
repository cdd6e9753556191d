// What has the operator entered for a visitor and not sent yet? Kept by itself, per leg, on this computer alone.
import { choices, desk, mine } from "./state.js";

const PREFIX = "desk.draft.";

// {outcome, note, papers: [positions ticked]}
export function draft(leg) {
  const kept = JSON.parse(localStorage.getItem(PREFIX + leg) ?? "{}");
  const known = choices("outcome").map(({ code }) => code);
  return { note: "", papers: [], ...kept, outcome: known.includes(kept.outcome) ? kept.outcome : known[0] };
}

export const keepDraft = (leg, changes) => localStorage.setItem(PREFIX + leg, JSON.stringify({ ...draft(leg), ...changes }));

// A draft goes when its visitor can come back to this window no more.
export function forgetOldDrafts() {
  const window = mine();
  const needed = [window?.leg?.leg, window?.undo?.leg, ...desk.board.held.map(({ leg }) => leg)];
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX) && !needed.includes(key.slice(PREFIX.length)))
    .forEach((key) => localStorage.removeItem(key));
}
