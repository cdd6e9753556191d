// The screen, read aloud: the words that are shown, in their order, when the machine has a voice.
import { language, t } from "/static/common/i18n.js";

export function readAloud(root) {
  if (!window.speechSynthesis) return;
  silence();
  const parts = root.querySelectorAll("[data-spoken], .services button, .actions button");
  const words = Array.from(parts, wordsOf).filter(Boolean).join(". ");
  const utterance = new SpeechSynthesisUtterance(words);
  utterance.lang = language();
  utterance.rate = 0.9;
  speechSynthesis.speak(utterance);
}

export function silence() {
  window.speechSynthesis?.cancel();
}

function wordsOf(part) {
  const words = part.innerText.trim().replace(/\s*\n+\s*/g, ". ");
  return part.ariaPressed === "true" ? `${words}. ${t("kiosk.chosen")}` : words;
}
