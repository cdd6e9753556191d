// How does a page stay current? It listens, and checks: a newer picture is shown, a missed one is fetched.
import { io } from "socket.io-client";

const COMPARE_EVERY_MS = 15000;
const STALE_AFTER_MS = 20000;
const SLEPT_MS = 6000;
const ASK_EVERY_MS = 1500;
const MOST_QUESTIONS = 5;

/* follow({auth, fetchState, onState, onConnection, machine}) → {refresh, now, key, stop}
   auth: {branch} | {ticket} | {staff: true, branch}. Every state has version and server_time.
   machine: on the page of a paired device, what thisDevice() of device.js gave.
   onConnection({connected, lastSeen (Date of the last sign of life), isStale}) is called on every change of those. */
export function follow({ auth, fetchState, onState, onConnection = () => {}, machine = null }) {
  let shown = null;
  let offset = 0;
  let lastSeen = Date.now();
  let lastTick = Date.now();
  let heardAt = 0;
  let connected = false;
  let told = "";
  let questions = 0; // not answered yet
  let isUnreachable = false;

  function alive(state) {
    lastSeen = Date.now();
    if (state?.server_time) offset = new Date(state.server_time) - lastSeen;
    tell();
  }

  function tell() {
    const isStale = Date.now() - lastSeen > STALE_AFTER_MS;
    const news = `${connected} ${isStale}`;
    if (news !== told) onConnection({ connected, isStale, lastSeen: new Date(lastSeen + offset) });
    told = news;
  }

  function take(state) {
    shown = state;
    alive(state);
    onState(state);
  }

  // What the server sends by itself: a newer picture is shown, one that was heard before is known already, and an older
  // one means that the server was restored, or that something overtook it: ask. What a change of a ticket leaves out
  // is as it was.
  function hear(state) {
    heardAt = Date.now();
    const isNewer = !shown || state.version > shown.version || (state.version === shown.version && state.server_time > shown.server_time);
    if (isNewer) return take({ ...shown, ...state });
    alive(state);
    if (state.version < shown.version) refresh();
  }

  // Nothing has happened that this page should show, up to this version. A ticket is told only what concerns it;
  // everybody else was sent every version, so that an unknown one means that a picture was lost.
  function beat(state) {
    heardAt = Date.now();
    alive(state);
    if (shown && state.version > shown.version && auth.ticket) shown = { ...shown, version: state.version };
    else if (!shown || state.version !== shown.version) refresh();
  }

  // Every fifteen seconds: has anything come by itself that says which version is the newest? If not, ask.
  function compare() {
    if (!connected || Date.now() - heardAt >= COMPARE_EVERY_MS) refresh();
  }

  // What was just asked for is the truth, whatever its version, unless something newer was heard meanwhile.
  async function refresh() {
    const before = shown;
    questions += 1;
    try {
      const state = await fetchState();
      reached();
      if (shown === before || state.version >= shown.version) take(state);
    } catch (problem) {
      if (problem.code === "offline") isUnreachable = true;
      tell();
      if (problem.status === 401 || problem.status === 404) {
        onConnection({ connected, isStale: false, lastSeen: new Date(lastSeen + offset), problem });
      }
    } finally {
      questions -= 1;
    }
  }

  // The way to the server is free again: the socket need not wait for its next attempt.
  function reached() {
    if (isUnreachable && !connected) socket.disconnect().connect();
    isUnreachable = false;
  }

  // What hangs in a hall or stands on a desk is few, and asks until somebody answers; phones are many, and wait.
  function ask() {
    if (!connected && !auth.ticket && questions < MOST_QUESTIONS) refresh();
  }

  // A machine that slept wakes with an old picture and no event to say so; its clock jumped.
  function tick() {
    const slept = Date.now() - lastTick > SLEPT_MS;
    lastTick = Date.now();
    tell();
    if (slept) refresh();
  }

  const socket = io("/live", {
    auth: machine ? (send) => send(machine.auth()) : auth, // asked anew each time: a device's key changes
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
  });
  socket.on("snapshot", hear);
  socket.on("change", hear);
  socket.on("beat", beat);
  socket.on("device", (told) => machine?.hear(told));
  socket.on("connect", () => { connected = true; alive(); });
  socket.on("disconnect", (reason) => {
    connected = false;
    tell();
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), 300); // cut off on purpose: ask why
  });
  // A server that refuses (or is still starting) is asked again; the library itself gives up on a refusal.
  socket.on("connect_error", (error) => {
    connected = false;
    tell();
    if (machine?.refuse(error.message)) return;
    if (!socket.active) setTimeout(() => socket.connect(), 3000);
  });
  socket.io.on("ping", () => alive());

  const comparing = setInterval(compare, COMPARE_EVERY_MS);
  const ticking = setInterval(tick, 1000);
  const asking = setInterval(ask, ASK_EVERY_MS);
  const onVisible = () => { if (document.visibilityState === "visible") refresh(); };
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", refresh);

  return {
    refresh,
    now: () => Date.now() + offset,
    key: () => machine?.key() ?? null, // of the paired device whose page this is
    stop() {
      clearInterval(comparing);
      clearInterval(ticking);
      clearInterval(asking);
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("online", refresh);
      socket.disconnect();
    },
  };
}
