// How many services fit on the screen at once, so that nobody has to scroll at a kiosk?
const GAP = 16;
const NARROW = 620; // a phone: pages scroll there, as everybody expects

export function capacity(root) {
  const box = root.querySelector(".services");
  if (!box || innerWidth < NARROW) return Infinity;
  const style = getComputedStyle(box);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const lowest = parseFloat(style.getPropertyValue("--row")) * rem;
  const rows = Math.max(1, Math.floor((box.clientHeight + GAP) / (lowest + GAP)));
  return rows * style.gridTemplateColumns.split(" ").length;
}

// A list of documents longer than the screen gets a button to read on: nobody needs to know how to swipe.
export function isLong(root) {
  const sheet = root.querySelector(".sheet");
  return Boolean(sheet) && innerWidth >= NARROW && sheet.scrollHeight > sheet.clientHeight + 2;
}

export function readOn(root) {
  const sheet = root.querySelector(".sheet");
  const isAtEnd = sheet.scrollTop + sheet.clientHeight >= sheet.scrollHeight - 2;
  sheet.scrollTop = isAtEnd ? 0 : sheet.scrollTop + sheet.clientHeight * 0.85;
}

// The part of `all` on page `number`, and how many pages there are.
export function pageOf(all, number, perPage) {
  const total = Math.max(1, Math.ceil(all.length / perPage));
  const current = Math.min(number, total - 1);
  const first = total === 1 ? 0 : current * perPage;
  return { shown: all.slice(first, first + perPage), current, total };
}
