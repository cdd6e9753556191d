// Which presses count? One press, once: no repeats of a key held down, no letters while somebody types.
import { desk, root } from "./state.js";

const TEXT = "input:not([type=radio], [type=checkbox]), textarea, select";

export const letters = {
  get areOn() { return localStorage.getItem("desk.letters") !== "off"; },
  set areOn(isOn) { localStorage.setItem("desk.letters", isOn ? "on" : "off"); },
};

// The name of the key ("n", "N", "F2", "Shift+F2", "Ctrl+Z"), or null when the page has nothing to do with it.
export function pressOf(event) {
  // Enter held down on a button would press it again and again, whatever it says by then.
  if (event.repeat && [" ", "Enter"].includes(event.key)) event.preventDefault();
  if (event.repeat || event.altKey) return null;
  const name = nameOf(event);
  const isTyping = Boolean(event.target.closest?.(TEXT));
  if (name === null || (isTyping && (name.length === 1 || name === "Ctrl+Z" || name === "Enter"))) return null;
  if (name.length === 1 && !letters.areOn) return null;
  if (!desk.dialog) return name;
  if (/^[1-9]$/.test(name)) pick(event, name);
  return null;
}

// On a Russian keyboard the key N says "т": letters outside ASCII go by the key's place.
function nameOf({ key, code, shiftKey, ctrlKey, metaKey }) {
  if (ctrlKey || metaKey) return code === "KeyZ" && !shiftKey ? "Ctrl+Z" : null;
  if (key.length > 1) return shiftKey ? `Shift+${key}` : key;
  if (key.charCodeAt(0) < 128 || !code.startsWith("Key")) return key;
  return shiftKey ? code[3] : code[3].toLowerCase();
}

function pick(event, digit) {
  const button = root.querySelector(`dialog [data-digit="${digit}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
}
