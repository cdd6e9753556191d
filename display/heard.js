// Does the office know when this screen cannot be heard? A paired screen tells it, and tells it again until it was told.
import { ask } from "/static/common/device.js";

const STEADY_MS = 3000; // a browser may take a moment to let the sound out
const AGAIN_MS = 30000;
let told = null;
let meant = null;
let meantAt = 0;
let notBefore = 0;

// Called every second with whether sound is wanted and blocked.
export async function tellOffice(isBlocked, now = Date.now()) {
  if (isBlocked !== meant) [meant, meantAt] = [isBlocked, now];
  if (meant === told || now - meantAt < STEADY_MS || now < notBefore) return;
  notBefore = now + AGAIN_MS;
  const { status } = await ask("sound", { blocked: isBlocked });
  if (status === 204) [told, notBefore] = [isBlocked, 0];
}
