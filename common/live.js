// How does a page stay current? It listens, and checks: a newer picture is shown, a missed one is fetched.
import { io } from "socket.io-client";

const COMPARE_EVERY_MS = 15000;
const STALE_AFTER_MS = 20000;

/* follow({auth, fetchState, onState, onConnection}) → {refresh, now, stop}
   auth: {branch} | {ticket} | {staff: true, branch}. Every state has version and server_time.
   onConnection({connected, lastSeen (Date of the last sign of life), isStale}) is called on every change of those. */
export function follow({ auth, fetchState, onState, onConnection = () => {} }) {
  let shown = null;
  let offset = 0;
  let lastSeen = Date.now();
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

  // Only a newer picture replaces the shown one. `isFresh` marks what was just asked for: after a restored
  // server its version may be lower, and it is the truth all the same.
  function take(state, isFresh) {
    alive(state);
    if (shown && !isFresh && state.version <= shown.version) return;
    shown = state;
    onState(state);
  }

  async function refresh() {
    try {
      take(await fetchState(), true);
    } catch (problem) {
      tell();
      if (problem.status === 401 || problem.status === 404) onConnection({ connected, isStale: false, lastSeen: new Date(lastSeen), problem });
    }
  }

  const socket = io("/live", { auth, transports: ["websocket", "polling"], tryAllTransports: true, reconnectionDelay: 500, reconnectionDelayMax: 5000, randomizationFactor: 0.5 });
  socket.on("snapshot", (state) => take(state, true));
  socket.on("change", (state) => take(state, false));
  socket.on("connect", () => { connected = true; alive(); });
  socket.on("disconnect", () => { connected = false; tell(); });
  // A server that refuses (or is still starting) is asked again; the library itself gives up on a refusal.
  socket.on("connect_error", () => { connected = false; tell(); if (!socket.active) setTimeout(() => socket.connect(), 3000); });
  socket.io.on("ping", () => alive());

  const comparing = setInterval(refresh, COMPARE_EVERY_MS);
  const telling = setInterval(tell, 1000);
  const onVisible = () => { if (document.visibilityState === "visible") refresh(); };
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", refresh);

  return {
    refresh,
    now: () => Date.now() + offset,
    stop() {
      clearInterval(comparing);
      clearInterval(telling);
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("online", refresh);
      socket.disconnect();
    },
  };
}
