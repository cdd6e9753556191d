// Somebody came, and the operator looks elsewhere: how do they hear of it? A soft tone, and a notice where allowed.
import { t } from "/static/common/i18n.js";
import { mine } from "./state.js";

const KEY = "desk.sound";
let before = null;

export const setting = {
  get isOn() { return localStorage.getItem(KEY) !== "off"; },
  turn(isOn) {
    localStorage.setItem(KEY, isOn ? "on" : "off");
    if (isOn && "Notification" in window && Notification.permission === "default") Notification.requestPermission();
  },
};

// Told once: when the first one comes for a free window whose page is hidden.
export function tellOfFirst() {
  const window = mine();
  const waiting = window?.waiting ?? 0;
  const isFirst = before === 0 && waiting > 0 && window.state === "open" && !window.leg;
  before = window ? waiting : null;
  if (!isFirst || !document.hidden || !setting.isOn) return;
  dispatchEvent(new CustomEvent("first-in-line"));
  tone();
  if ("Notification" in globalThis && Notification.permission === "granted") new Notification(t("desk.first_came", { window: window.code }), { tag: KEY });
}

function tone() {
  const audio = new AudioContext();
  const sound = audio.createOscillator();
  const volume = audio.createGain();
  sound.frequency.value = 660;
  volume.gain.setValueAtTime(0.12, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
  sound.connect(volume).connect(audio.destination);
  sound.start();
  sound.stop(audio.currentTime + 0.6);
  sound.onended = () => audio.close();
}
