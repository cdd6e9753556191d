// How does a page stay current? It listens, and checks: a newer picture is shown, a missed one is fetched.
import { io } from "socket.io-client";

const COMPARE_EVERY_MS = 15000;
const STALE_AFTER_MS = 20000;
const SLEPT_MS = 6000;

/* follow({auth, fetchState, onState, onConnection}) → {refresh, now, stop}
   auth: {branch} | {ticket} | {staff: true, branch}. Every state has version and server_time.
   onConnection({connected, lastSeen (Date of the last sign of life), isStale}) is called on every change of those. */
export function follow({ auth, fetchState, onState, onConnection = () => {} }) {
  let shown = null;
  let offset = 0;
  let lastSeen = Date.now();
  let lastTick = Date.now();
  let connected = false;
  let told = "";

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

  // What the server sends by itself: a newer picture is shown, the same one is known already, and an older one
  // means that the server was restored, or that something overtook it: ask.
  function hear(state) {
    alive(state);
    if (!shown || state.version > shown.version) take(state);
    else if (state.version < shown.version) refresh();
  }

  // What was just asked for is the truth, whatever its version, unless something newer was heard meanwhile.
  async function refresh() {
    const before = shown;
    try {
      const state = await fetchState();
      if (shown === before || state.version >= shown.version) take(state);
    } catch (problem) {
      tell();
      if (problem.status === 401 || problem.status === 404) {
        onConnection({ connected, isStale: false, lastSeen: new Date(lastSeen + offset), problem });
      }
    }
  }

  // A machine that slept wakes with an old picture and no event to say so; its clock jumped.
  function tick() {
    const slept = Date.now() - lastTick > SLEPT_MS;
    lastTick = Date.now();
    tell();
    if (slept) refresh();
  }

  const socket = io("/live", {
    auth,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
  });
  socket.on("snapshot", hear);
  socket.on("change", hear);
  socket.on("connect", () => { connected = true; alive(); });
  socket.on("disconnect", () => { connected = false; tell(); });
  // A server that refuses (or is still starting) is asked again; the library itself gives up on a refusal.
  socket.on("connect_error", () => {
    connected = false;
    tell();
    if (!socket.active) setTimeout(() => socket.connect(), 3000);
  });
  socket.io.on("ping", () => alive());

  const comparing = setInterval(refresh, COMPARE_EVERY_MS);
  const ticking = setInterval(tick, 1000);
  const onVisible = () => { if (document.visibilityState === "visible") refresh(); };
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", refresh);

  return {
    refresh,
    now: () => Date.now() + offset,
    stop() {
      clearInterval(comparing);
      clearInterval(ticking);
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("online", refresh);
      socket.disconnect();
    },
  };
}
