// How is a call heard? A chime, then words; queued, each call once, never one that is older than 30 s.
const TOO_OLD_MS = 30000;
const CHIMES = { call: [[0, 587.33], [0.28, 880]], recall: [[0, 880], [0.2, 880], [0.4, 587.33]] };

let audio = null;
let queue = Promise.resolve();

// Sound may start only after a touch, unless the browser was told otherwise.
export function isSoundOn() {
  audio ??= new AudioContext();
  return audio.state === "running";
}

export async function turnSoundOn(onChange) {
  audio ??= new AudioContext();
  audio.onstatechange = onChange;
  await Promise.race([audio.resume(), new Promise((resolve) => setTimeout(resolve, 500))]);
  onChange();
}

// announce(call, {now, words}): words(language) is the sentence; `now` the server's time.
export function announce(call, { now, languages, words }) {
  queue = queue.then(async () => {
    if (now() - new Date(call.called_at) > TOO_OLD_MS) return;
    dispatchEvent(new CustomEvent("announced", { detail: call.call }));
    await chime(call.recall ? CHIMES.recall : CHIMES.call);
    for (const language of languages) await speak(words(language), language);
  }).catch(() => {});
}

async function chime(tones) {
  if (!isSoundOn()) return;
  for (const [at, pitch] of tones) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + at;
    tone.type = "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.5, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 1);
  }
  await new Promise((resolve) => setTimeout(resolve, 1100));
}

// The browser's own voice; a browser without one for the language stays with the chime.
function speak(words, language) {
  return new Promise((resolve) => {
    const voices = window.speechSynthesis?.getVoices() ?? [];
    const voice = voices.find((one) => one.lang.toLowerCase().startsWith(language));
    if (!voice) return resolve();
    const utterance = Object.assign(new SpeechSynthesisUtterance(words), { voice, lang: voice.lang, rate: 0.95 });
    utterance.onend = utterance.onerror = resolve;
    setTimeout(resolve, 8000); // some engines never say that they are done
    speechSynthesis.speak(utterance);
  });
}
