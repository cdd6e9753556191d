// Which documents are packed already? Ticks stay in this browser, by the appointment's code, and nowhere else.
const nameOf = (code) => `packed.${code}`;
const keyOf = ({ name }) => Object.values(name).join("|");

function kept(code) {
  try {
    return JSON.parse(localStorage.getItem(nameOf(code))) ?? [];
  } catch {
    return [];
  }
}

export const isPacked = (code, paper) => kept(code).includes(keyOf(paper));

export function pack(code, paper, isIn) {
  const others = kept(code).filter((one) => one !== keyOf(paper));
  try {
    localStorage.setItem(nameOf(code), JSON.stringify(isIn ? [...others, keyOf(paper)] : others));
  } catch { /* a browser that keeps nothing: the tick is there until the page is closed */ }
}
