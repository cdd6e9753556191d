// SHA-256 at once, for many short texts. The browser's own answers later, and not at all on plain http, which is what a
// hall's own network speaks.
const wordsOf = (power) => {
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
  return primes.map((prime) => ((prime ** power) % 1) * 2 ** 32 | 0);
};
const ROUNDS = wordsOf(1 / 3);
const START = wordsOf(1 / 2).slice(0, 8);
const turn = (word, by) => (word >>> by) | (word << (32 - by));

function block(state, words) {
  for (let i = 16; i < 64; i += 1) {
    const [early, late] = [words[i - 15], words[i - 2]];
    words[i] = (words[i - 16] + words[i - 7] + (turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)) + (turn(late, 17) ^ turn(late, 19) ^ (late >>> 10))) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = (state[i] + word) | 0; });
}

// The hash of a text of ASCII signs, as eight 32-bit words.
export function sha256(text) {
  const state = [...START];
  const blocks = ((text.length + 8) >> 6) + 1;
  const all = new Int32Array(blocks * 16);
  for (let i = 0; i < text.length; i += 1) all[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
  all[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  all[blocks * 16 - 1] = text.length * 8;
  const words = new Int32Array(64);
  for (let at = 0; at < all.length; at += 16) {
    words.set(all.subarray(at, at + 16));
    block(state, words);
  }
  return state;
}
