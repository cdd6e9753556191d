// How does a screen last for years? It moves a little, rests at night, and starts afresh when nobody looks.
const SHIFT_EVERY_MS = 300000;
const SHIFTS = [[0, 0], [8, 0], [8, 8], [0, 8], [-8, 8], [-8, 0], [-8, -8], [0, -8], [8, -8]];
const QUIET_BEFORE_NIGHT_MS = 1800000;
const BEFORE_OPENING_MS = 3600000;
const WANDER_EVERY_MS = 60000;
const IDLE_MS = 600000;
const OLD_PAGE_MS = 4 * 3600000;

const at = (list, now, every) => list[Math.floor(now / every) % list.length];

// Where the picture is moved to now, in pixels: no line stays on the same pixels for a day.
export const shiftAt = (now) => at(SHIFTS, now, SHIFT_EVERY_MS);

// Where the clock of the night stands, in hundredths of the screen.
export function placeAtNight(now) {
  const step = Math.floor(now / WANDER_EVERY_MS);
  return [8 + ((step * 37) % 61), 8 + ((step * 23) % 67)];
}

// Closed, nobody called for half an hour, and an hour or more until the office opens.
export function isNight(hall, now) {
  const last = hall.calls[0];
  const isQuiet = !last || now - new Date(last.called_at) > QUIET_BEFORE_NIGHT_MS;
  return !hall.open && isQuiet && (!hall.opens_at || new Date(hall.opens_at) - now > BEFORE_OPENING_MS);
}

// Between 03:00 and 05:00, each screen at its own minute, when nothing happens.
const ownMinute = 180 + Math.floor(Math.random() * 110);

export function isTimeToReload(hall, localTime, now, startedAt) {
  const [hours, minutes] = localTime.split(":").map(Number);
  const minute = hours * 60 + minutes;
  const last = hall.calls[0];
  const isIdle = !last || now - new Date(last.called_at) > IDLE_MS;
  return minute >= ownMinute && minute < 300 && isIdle && now - startedAt > OLD_PAGE_MS;
}

// Only while the server answers: a page that is loaded stays, one that cannot be loaded is an error page for ever.
export async function reloadIfServed() {
  const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(5000) }).catch(() => null);
  if (answer?.ok) location.reload();
}
