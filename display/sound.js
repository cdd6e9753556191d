// What comes out of the loudspeaker? Tones and wave files through one volume; nothing before the browser allows sound.
let audio = null;
let volume = null;

function output() {
  if (!audio) {
    audio = new AudioContext();
    volume = audio.createGain();
    volume.connect(audio.destination);
  }
  return audio;
}

// Sound may start only after a touch, unless the browser was told otherwise.
export const isSoundOn = () => output().state === "running";

export async function turnSoundOn(onChange) {
  output().onstatechange = onChange;
  await Promise.race([audio.resume(), pause(500)]);
  onChange();
}

// 0 to 1, as loud as an ear takes it: half is half as loud.
export function setVolume(share) {
  output();
  volume.gain.value = share * share;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// playTones([[seconds from now, hertz], …], seconds each tone rings): resolves when the last one has faded.
export async function playTones(tones, ringing) {
  if (!isSoundOn()) return;
  for (const [at, pitch] of tones) {
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const envelope = new GainNode(audio, { gain: 0 });
    const start = audio.currentTime + at;
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(0.5, start + 0.02);
    envelope.gain.exponentialRampToValueAtTime(0.001, start + ringing);
    tone.connect(envelope).connect(volume);
    tone.start(start);
    tone.stop(start + ringing);
  }
  await pause((tones.at(-1)[0] + ringing) * 1000);
}

// The samples of a wave file at an address of our own server; null when there is none.
export async function loadWave(address) {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(4000) });
    return answer.ok ? await output().decodeAudioData(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

// Resolves when it has been played; a loudspeaker that never says so does not stop the calls after this one.
export function playWave(wave) {
  if (!isSoundOn()) return Promise.resolve();
  const source = new AudioBufferSourceNode(audio, { buffer: wave });
  source.connect(volume);
  const played = new Promise((resolve) => { source.onended = resolve; });
  source.start();
  return Promise.race([played, pause((wave.duration + 1) * 1000)]);
}

// The browser's own voice; resolves to whether it has one for the language.
export function sayByBrowser(words, language, loudness) {
  const voice = (window.speechSynthesis?.getVoices() ?? []).find((one) => one.lang.toLowerCase().startsWith(language));
  if (!voice || !isSoundOn()) return Promise.resolve(false);
  const utterance = Object.assign(new SpeechSynthesisUtterance(words), { voice, lang: voice.lang, rate: 0.95, volume: loudness });
  const said = new Promise((resolve) => { utterance.onend = utterance.onerror = () => resolve(true); });
  speechSynthesis.speak(utterance);
  return Promise.race([said, pause(8000).then(() => true)]); // some engines never say that they are done
}
