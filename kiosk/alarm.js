// How does a phone tell of a call? One sound, one buzz; and the screen stays on while the call is near.
let wakeLock = null;

// A browser that forbids it stays silent, the screen says it anyway.
export function alarm() {
  navigator.vibrate?.([300, 150, 300]);
  try {
    const audio = new AudioContext();
    for (const [at, pitch] of [[0, 660], [0.25, 880]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.25, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.5);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.5);
    }
  } catch { /* no sound on this phone */ }
}

export async function keepAwake(ticket) {
  const isSoon = ticket.status === "called" || (ticket.status === "waiting" && ticket.people_ahead <= 1);
  if (isSoon && !wakeLock) wakeLock = await navigator.wakeLock?.request("screen").catch(() => null);
  if (!isSoon && wakeLock) { wakeLock.release(); wakeLock = null; }
}
