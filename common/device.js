// Which machine is this? What pairing left in the browser: the device's key, and what the office last said of it.
import { page } from "./i18n.js";

const KEPT = "device";
const RETRY_RENEWAL_MS = 120000;
// Browsers write to the disk when they like; a key is used only when it has surely been written.
const WRITTEN_AFTER_MS = 120000;

// {key, next, isFixed, told: {id, name, role, branch, settings, renew_at, …}} or null.
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

const keep = (value) => localStorage.setItem(KEPT, JSON.stringify(value));
export const keepDevice = (key, told) => keep({ key, told });
export const keepTold = (told) => keep({ ...kept(), told });
export const deviceKey = () => kept()?.key ?? null;

// This key opens nothing any more. If the power failed while the next one took over, that one is tried.
export function loseKey(refused) {
  const { key, next, told } = kept() ?? {};
  if (key !== refused) return; // another one has taken over meanwhile
  if (next) keepDevice(next, told);
  else localStorage.removeItem(KEPT);
}

// A machine that forgets everything when it restarts brings its key in the address it opens: /device#KEY.
export function takeKeyFromAddress() {
  const key = location.hash.slice(1);
  if (!key.startsWith("device-")) return;
  keep({ key, isFixed: true });
  history.replaceState(null, "", location.pathname + location.search);
}

// Where a device of this role belongs; a rating tablet waits on the page that paired it.
export const pageOf = ({ role, branch }) => ({ kiosk: `/kiosk/${branch}`, display: `/display/${branch}` })[role] ?? "/device";

// A call of the device interface with a key; answers {status, body}, status 0 without a connection.
export async function ask(path, body = {}, key = deviceKey()) {
  const headers = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const init = { method: "POST", headers, body: JSON.stringify(body), credentials: "omit", cache: "no-store" };
  try {
    const response = await fetch(`/api/v1/devices/${path}`, { ...init, signal: AbortSignal.timeout(8000) });
    return { status: response.status, body: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, body: {} };
  }
}

// Says that the device is there: the first use of a new key ends the one before it.
export const arrive = (key) => ask("me", { version: page.version }, key);

/* The paired device whose page this is, or null: {key(), auth(), hear(told), refuse(code)}.
   onTold is called with what the office says of the device, at first with what it said last. */
export function thisDevice(onTold) {
  const own = kept();
  if (!own?.told || pageOf(own.told) !== location.pathname) return null;
  let shown = null;
  const machine = {
    key: deviceKey,
    auth() {
      shown = deviceKey();
      return { device: shown, version: page.version };
    },
    hear(told) {
      keepTold(told);
      if (pageOf(told) !== location.pathname) return location.replace(pageOf(told));
      identify(told);
      renewWhenDue(told);
      onTold(told);
    },
    // True when the office knows this device no more: back to the page that shows a code.
    refuse(code) {
      if (code !== "unknown_device_key") return false;
      loseKey(shown);
      if (deviceKey()) return false; // the next one has just taken over: tried with the next connection
      location.replace("/device");
      return true;
    },
  };
  queueMicrotask(() => onTold(own.told)); // the page is ready by then
  return machine;
}

let renewal = 0;

function renewWhenDue({ renew_at: due, server_time: now }) {
  clearTimeout(renewal);
  const { isFixed, next } = kept();
  if (isFixed) return;
  renewal = next ? setTimeout(useNext, WRITTEN_AFTER_MS) : setTimeout(fetchNext, Math.max(0, new Date(due) - new Date(now)));
}

// The present key stays good until the next one has been used, so nothing is lost on the way.
async function fetchNext() {
  const { status, body } = await ask("key");
  if (status === 200) keep({ ...kept(), next: body.key });
  renewal = status === 200 ? setTimeout(useNext, WRITTEN_AFTER_MS) : setTimeout(fetchNext, RETRY_RENEWAL_MS);
}

async function useNext() {
  const { next, ...present } = kept();
  const { status, body: told } = await arrive(next);
  if (status === 200) keepDevice(next, told);
  if (status === 401) keep(present);
  renewal = setTimeout(() => renewWhenDue(kept().told), status === 200 ? 0 : RETRY_RENEWAL_MS);
}

let sign = null;

// Shows the device's own name over whatever it shows, for as long as the office wants.
export function identify({ name, identify_until: until, server_time: now }) {
  const left = new Date(until) - new Date(now);
  sign?.remove();
  if (!until || left <= 0) return;
  sign = Object.assign(document.createElement("div"), { className: "identify", role: "status", textContent: name });
  document.body.append(sign);
  const own = sign;
  setTimeout(() => own.remove(), left);
}
