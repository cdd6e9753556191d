// How do pages talk to the server? JSON over /api/v1; a refusal becomes a Problem with words to show.
import { language, t } from "./i18n.js";

let csrf = null;
export const setCsrf = (token) => { csrf = token; };

export class Problem extends Error {
  constructor({ status = 0, code, title = "", detail = "", errors = [], alternatives = null, challenge = null }) {
    super(detail || title || code);
    Object.assign(this, { status, code, title, detail, errors, alternatives, challenge });
  }
  // The sentence to show.
  get words() { return this.detail || this.title || t("common.unexpected"); }
}

// randomUUID is missing on plain http, which is what a hall's own network speaks.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const TIMEOUT_MS = 8000;
const FILE_TIMEOUT_MS = 600000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function send(method, path, body, headers) {
  const init = { method, headers: { "Accept-Language": language(), ...headers }, credentials: "same-origin", cache: "no-store" };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  if (csrf && method !== "GET") init.headers["X-CSRF-Token"] = csrf;
  const offline = () => new Problem({ code: "offline", detail: t("common.offline") });
  const response = await fetch(`/api/v1${path}`, { ...init, signal: AbortSignal.timeout(body instanceof Blob ? FILE_TIMEOUT_MS : TIMEOUT_MS) }).catch(() => { throw offline(); });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => { if (response.ok) throw offline(); return {}; }); // cut off half-way
  if (!response.ok) throw new Problem({ code: "unexpected", ...answer, status: response.status });
  return answer;
}

export const api = {
  get: (path, headers = {}) => send("GET", path, undefined, headers),
  patch: (path, body) => send("PATCH", path, body, {}),
  // A file as it is: a Blob.
  put: (path, file) => send("PUT", path, file, {}),
  del: (path) => send("DELETE", path, undefined, {}),
  // One key for all attempts: a lost answer is asked for again, and the action still happens once.
  // `as` is the key of the paired device that acts, if one does.
  async post(path, body = {}, { key = newKey(), as = null, headers: more = {} } = {}) {
    const headers = { ...more, "Idempotency-Key": key, ...(as ? { Authorization: `Bearer ${as}` } : {}) };
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await send("POST", path, body, headers);
      } catch (problem) {
        if (problem.code !== "offline" || attempt === 2) throw problem;
        await pause(400 * (attempt + 1));
      }
    }
  },
};
