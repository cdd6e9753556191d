// What of the messages to visitors does not get through, and why? In plain words, and never whose they are.
import { html, nothing } from "lit-html";
import { api } from "/static/common/api.js";
import { clock, t } from "/static/common/i18n.js";
import { admin, edited, tell } from "./admin.js";

let found = { branch: null, board: null };
const path = () => `/admin/branches/${admin.branch}/messages`;

async function look() {
  const { branch } = admin;
  found = { branch, board: found.branch === branch ? found.board : null };
  found.board = await api.get(path());
  edited();
}

async function sendAgain(messages) {
  for (const { id } of messages) await api.post(`${path()}/${id}/retry`).catch(() => {}); // somebody else has done it
  await look();
  tell(t("admin.messages_again_said"));
}

const byReason = (messages) => [...new Set(messages.map(({ reason }) => reason))].map((reason) => messages.filter((one) => one.reason === reason));

function troubleView(messages) {
  const [{ reason, error, channel }] = messages;
  const failed = messages.filter(({ state }) => state === "failed");
  const next = messages.map(({ next_attempt_at: at }) => at).filter(Boolean).sort()[0];
  return html`<li class="card" data-reason=${reason}><p><b>${t(`admin.messages_why.${reason}`, { error })}</b></p>
    <p>${t("admin.messages_count", { n: messages.length })} (${t(`admin.messages_channel.${channel}`)})${next ? html`. ${t("admin.messages_next", { time: clock(next) })}` : nothing}</p>
    ${failed.length && admin.me.role === "admin" ? html`<button data-again @click=${() => sendAgain(failed)}>${t("admin.messages_again")}</button>` : nothing}</li>`;
}

export function messagesView() {
  if (found.branch !== admin.branch) look();
  const { board } = found;
  if (!board) return html`<main class="messages-page" aria-busy="true"></main>`;
  const off = ["email", "text"].filter((channel) => !board.configured[channel]);
  return html`<main class="messages-page"><h2>${t("admin.messages_title")}</h2>
    <p>${t("admin.messages_now", { waiting: board.waiting, overdue: board.overdue, failed: board.failed })}</p>
    ${off.map((channel) => html`<p class="soft">${t(`admin.messages_off.${channel}`)}</p>`)}
    ${board.troubled.length ? html`<ul>${byReason(board.troubled).map(troubleView)}</ul>` : off.length < 2 ? html`<p>${t("admin.messages_fine")}</p>` : nothing}
    <button data-look @click=${look}>${t("admin.messages_look")}</button></main>`;
}
