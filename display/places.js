// Which calls are on the screen? The newest one large, the ones before it in rows; when there are more than rows, they
// take turns, and none leaves for good before it has been on the screen for 20 s.
export const NEW_FOR_MS = 20000;
const TURN_MS = 5000;
const OWED_FOR_MS = 120000;
const CAME_LONG_AGO_MS = 600000;

const shownFor = new Map();
let countedAt = performance.now();

const msShown = (call) => shownFor.get(call.call) ?? 0;
const turnsHad = (call) => Math.floor(msShown(call) / TURN_MS);
const isOwed = (call, age) => age < OWED_FOR_MS && msShown(call) < NEW_FOR_MS;
const isAwaited = (call, age) => call.state === "called" && age < CAME_LONG_AGO_MS;

// places(calls, the newest first; how many rows; now in ms) → {newest, rows}
export function places(calls, count, now) {
  const [newest, ...earlier] = calls;
  const age = (call) => now - new Date(call.called_at);
  const first = earlier.slice(0, count);
  const beyond = earlier.slice(count).filter((call) => isOwed(call, age(call)) || isAwaited(call, age(call)));
  if (!beyond.length) return { newest, rows: first };
  const turning = [...first, ...beyond];
  const owed = turning.filter((call) => isOwed(call, age(call)));
  const pinned = first.filter((call) => owed.includes(call));
  // New calls stand still, unless they alone are more than there are rows: then whoever had the fewest turns comes next.
  const standing = pinned.length < count ? pinned : [];
  const next = owed.filter((call) => !standing.includes(call)).sort((one, other) => turnsHad(one) - turnsHad(other));
  const rest = turning.filter((call) => !owed.includes(call));
  const room = Math.max(0, count - standing.length - next.length);
  const start = rest.length ? (Math.floor(Math.max(0, age(newest)) / TURN_MS) * room) % rest.length : 0;
  const chosen = [...standing, ...next, ...rest.slice(start), ...rest.slice(0, start)].slice(0, count);
  return { newest, rows: earlier.filter((call) => chosen.includes(call)) };
}

// Told before every change of the picture: which calls were on the screen until now.
export function countShown(ids) {
  const now = performance.now();
  for (const id of ids) shownFor.set(id, (shownFor.get(id) ?? 0) + now - countedAt);
  countedAt = now;
  if (shownFor.size > 200) for (const id of shownFor.keys()) if (!ids.includes(id)) shownFor.delete(id);
}
