// What runs beside the calls? Uploaded pictures and films in turn; a call stops a film until it has been said.
import { html, nothing } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { api } from "/static/common/api.js";
import { page } from "/static/common/i18n.js";

const LOOK_EVERY_MS = 600000;
const FILM = /\.(mp4|webm)$/i;

let files = [];
let index = 0;
let since = 0;
let lookedAt = 0;

// The files of the office, looked up now and then: a new one appears without a touch.
async function look(now) {
  lookedAt = now;
  const found = await api.get(`/branches/${page.branch.code}/media`).catch(() => null);
  if (found) files = found.map((file) => file.name);
}

const chosen = (settings) => (settings.media.length ? settings.media.filter((name) => files.includes(name)) : files);

function next(now) {
  index += 1;
  since = now;
}

// mediaView({settings, now}): null when there is nothing to show.
export function mediaView({ settings, now }) {
  if (now - lookedAt > LOOK_EVERY_MS) look(now);
  const names = chosen(settings);
  if (!names.length) return null;
  const isFilm = FILM.test(names[index % names.length]);
  since ||= now;
  if (!isFilm && names.length > 1 && now - since > settings.media_seconds * 1000) next(now);
  const name = names[index % names.length];
  const source = `/media/${page.branch.code}/${encodeURIComponent(name)}`;
  const go = () => next(Date.now());
  return html`${repeat([name], (one) => one, () => (FILM.test(name)
    ? html`<video src=${source} muted autoplay playsinline ?loop=${names.length === 1} @ended=${go} @error=${go}></video>`
    : html`<img src=${source} alt="" @error=${names.length > 1 ? go : nothing}>`))}`;
}

// Films are silent; while a call is new or being said they stand still as well.
export function holdFilms(root, isHeld) {
  for (const film of root.querySelectorAll("video")) {
    film.muted = true;
    if (isHeld) film.pause();
    else if (film.paused && !film.ended) film.play().catch(() => {});
  }
}
