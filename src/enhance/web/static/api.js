// Shows openapi.json to people.
import "./frame.js";
import { $, h } from "./dom.js";

const { paths } = await (await fetch("openapi.json")).json();

for (const [path, methods] of Object.entries(paths)) {
	for (const [method, { summary, parameters = [], responses }] of Object.entries(methods)) {
		const told = parameters.flatMap(({ name, description = "", schema }) => {
			const range =
				schema.enum?.join(", ") ?? (schema.minimum === undefined ? (schema.type ?? "") : `${schema.minimum} to ${schema.maximum ?? "…"}`);
			const preset = schema.default === undefined || schema.default === "" ? "" : `; ${schema.default} if not given`;
			return [h("dt", {}, name), h("dd", {}, `${description} ${range}${preset}`)];
		});
		const answers = Object.entries(responses).flatMap(([status, { description }]) => [h("dt", {}, status), h("dd", {}, description)]);
		$("paths").append(
			h("details", {}, h("summary", {}, h("code", {}, `${method.toUpperCase()} ${path}`), summary), h("dl", {}, ...told, ...answers)),
		);
	}
}
