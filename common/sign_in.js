// Who is at this page? The form to sign in, shared by the desk and the administration.
import { html, nothing, render } from "lit-html";
import { api, setCsrf } from "./api.js";
import { language, languages, setLanguage, t } from "./i18n.js";

// The person of the running session, or null.
export async function whoAmI() {
  try {
    const me = await api.get("/me");
    setCsrf(me.csrf);
    return me;
  } catch (problem) {
    if (problem.code === "offline") throw problem;
    return null;
  }
}

export async function signOut() {
  await api.del("/session").catch(() => {});
  location.reload();
}

export const languageButtons = () => html`<nav class="languages" aria-label=${t("common.language")}>${languages().map(({ code, name }) => html`<button type="button" lang=${code} aria-pressed=${code === language() ? "true" : "false"} @click=${() => setLanguage(code)}>${name}</button>`)}</nav>`;

// Draws the form into `root` until somebody has signed in; resolves with that person.
export function signIn(root, title) {
  return new Promise((resolve) => {
    let problem = null;
    let isBusy = false;
    async function submit(event) {
      event.preventDefault();
      const { username, password } = Object.fromEntries(new FormData(event.target));
      isBusy = true;
      draw();
      try {
        const me = await api.post("/session", { username, password });
        setCsrf(me.csrf);
        resolve(me);
      } catch (refusal) {
        problem = refusal;
        isBusy = false;
        draw();
        root.querySelector("[name=password]").focus();
      }
    }
    function draw() {
      render(html`<form class="sign-in card" @submit=${submit}>
        <h1>${t(title)}</h1>
        ${problem ? html`<p class="notice alarm" role="alert" id="sign-in-problem">${problem.words}</p>` : nothing}
        <label>${t("common.username")}<input name="username" autocomplete="username" autocapitalize="none" required></label>
        <label>${t("common.password")}<input name="password" type="password" autocomplete="current-password" required aria-describedby=${problem ? "sign-in-problem" : nothing}></label>
        <button class="main" ?disabled=${isBusy}>${t("common.sign_in")}</button>
        ${languageButtons()}</form>`, root);
    }
    signIn.redraw = draw;
    draw();
    root.querySelector("[name=username]").focus();
  });
}
