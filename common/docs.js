// The HTTP interface, readable: drawn from the same OpenAPI document that programs load.
import { html, nothing, render } from "lit-html";
import { t } from "/static/common/i18n.js";

const document_ = await (await fetch("/api/openapi.json")).json();
const schemaOf = (operation) => {
  const reference = operation.requestBody?.content?.["application/json"]?.schema?.$ref;
  return reference ? document_.components.schemas[reference.split("/").pop()] : null;
};
const kind = (schema) => schema.type ?? (schema.$ref ?? schema.allOf?.[0]?.$ref ?? schema.anyOf?.map(kind).join(" | ") ?? "").split("/").pop();
const line = (name, schema, isRequired) => html`<li><code>${name}</code> <span class="soft">${kind(schema)}${isRequired ? `, ${t("docs.required")}` : ""}</span></li>`;

const callView = ([path, method, operation]) => {
  const body = schemaOf(operation);
  return html`<article class="call card"><code><span class="method">${method.toUpperCase()}</span> ${path}</code><p>${operation.summary ?? ""}</p>
    ${operation.parameters?.length ? html`<ul aria-label=${t("docs.parameters")}>${operation.parameters.map((p) => line(p.name, p.schema, p.required))}</ul>` : nothing}
    ${body ? html`<ul aria-label=${t("docs.body")}>${Object.entries(body.properties ?? {}).map(([name, schema]) => line(name, schema, body.required?.includes(name)))}</ul>` : nothing}</article>`;
};

const calls = Object.entries(document_.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => [path, method, operation]));
const tags = [...new Set(calls.flatMap(([, , operation]) => operation.tags ?? []))];
render(html`<div class="docs"><h1>${t("docs.page_title")}</h1><p>${t("docs.intro")}</p><p><a href="/api/openapi.json">${t("docs.document")}</a></p>
  ${tags.map((tag) => html`<h2>${tag}</h2>${calls.filter(([, , operation]) => operation.tags?.includes(tag)).map(callView)}`)}</div>`, document.getElementById("app"));
