// Shows openapi.json to people.
import "./frame.js";

const element = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });
const { paths } = await (await fetch("openapi.json")).json();

for (const [path, methods] of Object.entries(paths)) {
  for (const [method, { summary, parameters = [], responses }] of Object.entries(methods)) {
    const heading = element("h2");
    heading.append(element("code", `${method.toUpperCase()} ${path}`));
    const list = element("dl");
    for (const { name, description = "", schema } of parameters) {
      const range = schema.enum?.join(", ") ?? (schema.minimum === undefined ? schema.type : `${schema.minimum} to ${schema.maximum}`);
      const preset = schema.default === undefined ? "" : `; ${schema.default} if not given`;
      list.append(element("dt", name), element("dd", `${description} ${range}${preset}`));
    }
    for (const [status, { description }] of Object.entries(responses)) list.append(element("dt", status), element("dd", description));
    document.querySelector("#paths").append(heading, element("p", summary), list);
  }
}
