// Somebody came to the window without a ticket: which service? Then the number, large, and a slip if they want one.
import { html, nothing } from "lit-html";
import { languages, t } from "/static/common/i18n.js";
import { waitWords } from "/static/common/words.js";
import { cancelView, change, closeDialog, digitsView, focusFirst, titleView } from "./dialog.js";
import { choose } from "./moves.js";
import { desk, mine, root } from "./state.js";

const servedHere = ({ code }) => mine()?.serves.includes(code) ?? false;
const isServed = ({ code }) => desk.board.windows.some((window) => window.services.includes(code));

// Slips print from a frame of their own, so that the page stays where it is.
export function printSlip({ token }, language) {
  root.ownerDocument.querySelector("iframe.slip")?.remove();
  const src = `/t/${token}/slip?print=auto&lang=${language}`;
  root.ownerDocument.body.append(Object.assign(document.createElement("iframe"), { className: "slip", title: t("desk.print"), src }));
}

async function issue(code) {
  const ticket = await choose.walkIn(code, desk.dialog.language);
  if (!ticket) return;
  change({ ticket });
  focusFirst("[data-done]");
}

export function walkInView() {
  const { ticket, language } = desk.dialog;
  if (ticket) return issuedView(ticket, language);
  const services = desk.board.services.filter(isServed).sort((a, b) => servedHere(b) - servedHere(a));
  return html`${titleView(t("desk.walk_in_title"))}
    <fieldset class="segments"><legend>${t("desk.language")}</legend>${languages().map(({ code, name }) => html`<label><input type="radio" name="language" value=${code} .checked=${language === code} @change=${() => change({ language: code })}><span lang=${code}>${name}</span></label>`)}</fieldset>
    <h3>${t("desk.walk_in_service")}</h3>
    ${digitsView(services, issue, { data: "walk-in" })}
    ${cancelView()}`;
}

const issuedView = (ticket, language) => html`${titleView(t("desk.walk_in_done"))}
  <p class="number issued" data-issued>${ticket.number}</p>
  <p class="center">${ticket.people_ahead ? t("desk.ahead", { n: ticket.people_ahead }) : t("desk.nobody_ahead")}${waitWords(ticket.estimate) ? html`<br>${waitWords(ticket.estimate)}` : nothing}</p>
  <div class="ends"><button type="button" class="main" data-done @click=${() => closeDialog()}>${t("common.close")} <kbd aria-hidden="true">↵</kbd></button>
    <button type="button" data-print @click=${() => printSlip(ticket, language)}>${t("desk.print")}</button></div>`;
