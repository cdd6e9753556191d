// How is a call heard? A chime, then words; one after the other, each call once, never one that is older than 30 s.
import { loadWave, pause, playTones, playWave, sayByBrowser, setVolume } from "./sound.js";

const TOO_OLD_MS = 30000;
// When calls pile up they are said in short, so that the last of eight still begins within half a minute.
const LATE_MS = 10000;
const CHIMES = {
  call: { tones: [[0, 587.33], [0.28, 880]], short: [[0, 880]] },
  recall: { tones: [[0, 880], [0.2, 880], [0.4, 587.33]], short: [[0, 880], [0.15, 880]] },
};
const RINGING = { tones: 0.9, short: 0.35 };

const line = [];
let speaking = null;

export const isSpeaking = () => speaking !== null;

/* announce(call, {now, languages, address, words, volume, chimes, isWanted, onStart})
   address(language): the wave file of the call; words(language): the same as a sentence; volume(): 0 to 1;
   isWanted(): false once the call has been taken back; onStart(): it is being announced from now on. */
export function announce(call, how) {
  const waves = Object.fromEntries(how.languages.map((language) => [language, loadWave(how.address(language))]));
  line.push({ call, how, waves });
  if (!speaking) sayAll();
}

async function sayAll() {
  while (line.length) {
    speaking = line.shift();
    await say(speaking).catch(() => pause(200));
  }
  speaking = null;
}

async function say({ call, how, waves }) {
  const age = how.now() - new Date(call.called_at);
  how.onStart();
  if (age > TOO_OLD_MS || !how.isWanted()) return;
  const inShort = line.length > 0 || age > LATE_MS;
  dispatchEvent(new CustomEvent("announced", { detail: call.call }));
  setVolume(how.volume());
  const length = inShort ? "short" : "tones";
  if (how.chimes) await playTones(CHIMES[call.recall ? "recall" : "call"][length], RINGING[length]);
  for (const language of inShort ? how.languages.slice(0, 1) : how.languages) {
    const by = await speak(await waves[language], how.words(language), language, how.volume());
    dispatchEvent(new CustomEvent("spoken", { detail: { call: call.call, language, by } }));
    if (line.length) return; // somebody else was called meanwhile: the second language gives way
  }
}

async function speak(wave, words, language, loudness) {
  if (wave) {
    await playWave(wave);
    return "server";
  }
  return (await sayByBrowser(words, language, loudness)) ? "browser" : "nobody";
}
