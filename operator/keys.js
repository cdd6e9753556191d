// Which key does what at the desk?
import { choose, moves, possible } from "./moves.js";
import { pressOf } from "./press.js";
import { choices, mine } from "./state.js";

export const KEYS = [
  { letter: "n", f: "F2", move: "next", words: "next" },
  { letter: "s", f: "F3", move: "start", words: "start" },
  { letter: "r", f: "F4", move: "recall", words: "recall" },
  { letter: "x", f: "F6", move: "no-show", words: "no_show" },
  { letter: "f", f: "F7", move: "finish", words: "finish" },
  { letter: "N", f: "Shift+F7", move: "finish-next", words: "finish_next" },
  { letter: "h", f: "F9", move: "hold", words: "hold" },
  { letter: "t", f: "F10", move: "transfer", words: "transfer" },
  { letter: "u", f: "Ctrl+Z", move: "undo", words: "undo_key" },
  { letter: "/", f: "Shift+F2", move: "call", words: "call_chosen" },
  { letter: "w", f: "Shift+F3", move: "walk-in", words: "walk_in" },
  { letter: "b", f: "F8", move: "pause", words: "pause_key" },
  { letter: "?", f: "F1", move: "help", words: "help" },
];

function moveOf(name, isShifted) {
  if (name === "N" && !isShifted) return "next"; // Caps Lock
  const found = KEYS.find(({ letter, f }) => letter === name || f === name) ?? KEYS.find(({ letter }) => letter === name.toLowerCase());
  return found?.move;
}

export function onKey(event) {
  const name = pressOf(event);
  const window = mine();
  if (!name || !window) return;
  const outcome = window.leg?.state === "serving" && /^[1-9]$/.test(name) ? choices("outcome")[Number(name) - 1] : null;
  const move = moveOf(name, event.shiftKey);
  if (!outcome && !move) return;
  event.preventDefault();
  if (outcome) return choose.outcome(outcome.code);
  const meant = move === "pause" && window.state === "paused" ? "resume" : move;
  if (possible(window).includes(meant)) moves[meant]();
}
