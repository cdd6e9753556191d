// How many services fit on the screen at once, so that nobody has to scroll at a kiosk?
const GAP = 16;
const NARROW = 620; // a phone: pages scroll there, as everybody expects

const columnsOf = (box) => getComputedStyle(box).gridTemplateColumns.split(" ").length;

function capacity(box) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const lowest = parseFloat(getComputedStyle(box).getPropertyValue("--row")) * rem;
  return Math.max(1, Math.floor((box.clientHeight + GAP) / (lowest + GAP))) * columnsOf(box);
}

/* Finds how many services `device.perPage` go on one page, and draws until they fit: at first as many as rows of the
   usual height allow, then fewer when long names need more. It starts anew only when `occasion` (what the room and
   the words depend on) changes, so that pages keep their size while somebody turns them. */
export function fit(root, device, occasion, draw) {
  if (device.occasion !== occasion) Object.assign(device, { occasion, perPage: Infinity });
  draw();
  for (let box = root.querySelector(".services"); box && innerWidth >= NARROW; box = root.querySelector(".services")) {
    const isTooMuch = box.scrollHeight > box.clientHeight + 2;
    const fewer = Math.min(device.perPage, capacity(box), isTooMuch ? device.perPage - columnsOf(box) : Infinity);
    if (fewer === device.perPage || fewer < 1) break;
    device.perPage = fewer;
    draw();
  }
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
