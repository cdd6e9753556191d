// Who sits here, and what is the hall now? Signing in, and the picture of the hall kept current.
import { html, render } from "lit-html";
import { api } from "/static/common/api.js";
import { onLanguage, page, setLanguage, t } from "/static/common/i18n.js";
import { follow } from "/static/common/live.js";
import { signIn, signOut, whoAmI } from "/static/common/sign_in.js";
import { desk, update } from "./state.js";

export async function enter(root, { title, roles, branch, onBoard = () => {} }) {
  desk.me = (await whoAmI().catch(() => null)) ?? (await signIn(root, title));
  const codes = desk.me.branches.map(({ code }) => code);
  desk.branch = codes.includes(branch) ? branch : codes[0];
  if (!desk.branch || !roles.includes(desk.me.role)) return refuse(root);
  const stored = localStorage.getItem("desk.language");
  if (stored) setLanguage(stored);
  desk.live = follow({
    auth: { staff: true, branch: desk.branch },
    fetchState: () => api.get(`/branches/${desk.branch}/desk`),
    onState(board) {
      const before = desk.board;
      desk.board = board;
      page.branch = board.branch;
      onBoard(board, before);
      update();
    },
    onConnection({ connected, problem, lastSeen }) {
      if (problem?.status === 401) return location.reload();
      desk.link = { connected, lastSeen };
      update();
    },
  });
  desk.now = desk.live.now;
  addEventListener("offline", update);
  await desk.live.refresh();
  setInterval(update, 1000);
}

const refuse = (root) => render(html`<div class="sign-in card"><p>${t("common.no_rights")}</p><button @click=${signOut}>${t("common.sign_out")}</button></div>`, root);

onLanguage((code) => {
  localStorage.setItem("desk.language", code);
  signIn.redraw?.();
  update();
});
