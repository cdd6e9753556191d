// Some offices ask a browser to work before it may look for times: nobody notices, but a machine that wants them all does.
import { sha256 } from "./sha256.js";

const AT_A_TIME = 2000;
const TRIES = 3;
let proof = null;

// Solves a puzzle of altcha, without the page standing still meanwhile.
async function solve({ algorithm, challenge, salt, signature, maxNumber }) {
  const wanted = challenge.match(/.{8}/g).map((word) => parseInt(word, 16) | 0);
  for (let number = 0; number <= maxNumber; number += 1) {
    if (number % AT_A_TIME === 0) await new Promise((resolve) => setTimeout(resolve));
    const found = sha256(salt + number);
    if (found[0] === wanted[0] && found.every((word, i) => word === wanted[i])) {
      return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    }
  }
  return null;
}

// Asks with the proof that there is; where another is needed, it is worked out and the question put again.
export async function worked(ask) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(proof ? { "X-Proof-Of-Work": proof } : {});
    } catch (problem) {
      if (attempt === TRIES || !["proof_needed", "proof_spent"].includes(problem.code)) throw problem;
      proof = problem.challenge ? await solve(problem.challenge) : null; // a spent one: the next answer brings a puzzle
    }
  }
}
