// What does a scanner say? It is a keyboard that types very fast and ends with Enter.
const GAP_MS = 300;
const SHORTEST = 6;
const BY_PLACE = { Slash: ["/", "?"], Period: [".", ">"], Semicolon: [";", ":"], Minus: ["-", "_"], Equal: ["=", "+"] };

// On a Russian keyboard a scanner's letters come out Cyrillic: then what counts is where the keys are.
function byPlace({ code, shiftKey, key }) {
  if (code.startsWith("Key")) return shiftKey ? code[3] : code[3].toLowerCase();
  if (code.startsWith("Digit") && !shiftKey) return code[5];
  return BY_PLACE[code]?.[shiftKey ? 1 : 0] ?? key;
}

/* Hears every key of the page; onScan(text) is called with what came in one go. Answers whether the key was its Enter. */
export function scanner(onScan) {
  let keys = [];
  let lastAt = -Infinity;
  return (event) => {
    const { key, timeStamp } = event;
    if (timeStamp - lastAt > GAP_MS) keys = [];
    if (key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      keys.push({ key, place: byPlace(event) });
      lastAt = timeStamp;
    }
    if (key !== "Enter" || keys.length < SHORTEST) return false;
    const isLatin = keys.every((one) => one.key.charCodeAt(0) < 128);
    const text = keys.map((one) => (isLatin ? one.key : one.place)).join("");
    keys = [];
    event.preventDefault(); // whatever has the focus is not pressed by it
    onScan(text);
    return true;
  };
}
