// How true was what visitors were told about their wait? The published figures, for the office and each service.
import { html } from "lit-html";
import { api } from "/static/common/api.js";
import { language, oneDecimal, t, text } from "/static/common/i18n.js";
import { admin, edited } from "./admin.js";

const FIGURES = ["mean_error", "bias", "covered_percent", "by_the_end_percent", "late_percent"];
let found = { branch: null, board: null };

async function look() {
  const { branch } = admin;
  found = { branch, board: found.branch === branch ? found.board : null };
  found.board = (await api.get(`/branches/${branch}/quality`)).waiting_times;
  edited();
}

const dayWords = (day) => new Intl.DateTimeFormat(language(), { dateStyle: "long", timeZone: "UTC" }).format(new Date(day));
const nameOf = (code) => text(admin.setup.services.find((service) => service.code === code)?.name) || code;

function figure(row, name) {
  const value = row[name];
  if (value === null) return html`<span class="soft">${t("admin.accuracy_few", { n: found.board.fewest })}</span>`;
  if (name.endsWith("percent")) return t("admin.percent", { n: Math.round(value) });
  return t("admin.accuracy_minutes", { n: oneDecimal(value / 60) });
}

const rowView = (row) => html`<tr><th scope="row">${t(`admin.accuracy_${row.told}`)}</th><td>${row.shown}</td><td>${row.called}</td>${FIGURES.map((name) => html`<td>${figure(row, name)}</td>`)}</tr>`;

const tableView = (service, rows) => html`<section class="card accuracy"><h2>${service === null ? t("admin.accuracy_all") : nameOf(service)}</h2>
  <div class="table" tabindex="0" role="region" aria-label=${service === null ? t("admin.accuracy_all") : nameOf(service)}><table data-service=${service ?? ""}><thead><tr><td></td>${["shown", "called", ...FIGURES].map((name) => html`<th scope="col">${t(`admin.accuracy_of.${name}`)}</th>`)}</tr></thead>
  <tbody>${rows.map(rowView)}</tbody></table></div></section>`;

export function accuracyView() {
  if (found.branch !== admin.branch) look();
  const { board } = found;
  if (!board) return html`<main class="accuracy-page" aria-busy="true"></main>`;
  const services = [...new Set(board.rows.map(({ service }) => service))];
  return html`<main class="accuracy-page"><h2>${t("admin.accuracy_title")}</h2><p class="soft">${t("admin.accuracy_means", { from: dayWords(board.from), to: dayWords(board.to), n: board.fewest })}</p>
    ${services.map((service) => tableView(service, board.rows.filter((row) => row.service === service)))}
    <button data-look @click=${look}>${t("admin.accuracy_again")}</button>
    <p class="soft"><a href=${`/api/v1/branches/${admin.branch}/quality`}>${t("admin.accuracy_public")}</a></p></main>`;
}
