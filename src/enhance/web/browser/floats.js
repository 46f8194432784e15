// Networks of 8 bits as networks of floats, for GPUs, and the finder of faces everywhere: enhance/inference/floats.py and protobuf.py, with
// their names. A message is a row of [field number, content, its bytes as they were].
const MODEL_GRAPH = 7,
	[GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_OUTPUT, GRAPH_VALUE_INFO] = [1, 5, 12, 13],
	[NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR, NODE_ATTRIBUTE] = [1, 2, 4, 5],
	ATTRIBUTE_INT = 3,
	[TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_INTS, TENSOR_NAME, TENSOR_RAW] = [1, 2, 4, 5, 8, 9],
	FLOAT = 1,
	ARRAYS = { 1: Float32Array, 2: Uint8Array, 3: Int8Array, 6: Int32Array },
	[ROUND, BACK] = ["QuantizeLinear", "DequantizeLinear"];

const text = bytes => new TextDecoder().decode(bytes),
	bytesOf = word => new TextEncoder().encode(word),
	one = (message, field) => message.find(([number]) => number === field)?.[1],
	all = (message, field) => message.filter(([number]) => number === field).map(([, value]) => value),
	nameOf = message => text(one(message, 1)),
	inputs = node => all(node, NODE_INPUT).map(text),
	operator = node => text(one(node, NODE_OPERATOR));

/** The same network with float weights, that rounds nothing. */
export const floats = model =>
	serialize(parse(model).map(field => (field[0] === MODEL_GRAPH ? [MODEL_GRAPH, floatGraph(parse(field[1]))] : field)));

function floatGraph(graph) {
	const tensors = new Map(all(graph, GRAPH_INITIALIZER).map(value => [text(one(parse(value), TENSOR_NAME)), value])),
		madeBy = new Map(all(graph, GRAPH_NODE).map(value => [text(one(parse(value), NODE_OUTPUT)), value])),
		outputs = all(graph, GRAPH_OUTPUT).map(value => nameOf(parse(value))),
		same = new Map(), // what was rounded and put back -> what it was before
		nodes = [],
		rest = [];
	for (const field of graph) {
		const node = field[0] === GRAPH_NODE && parse(field[1]);
		if (field[0] === GRAPH_VALUE_INFO) continue;
		if (!node) rest.push(field);
		else if (operator(node) !== BACK) nodes.push(node);
		else {
			const [source] = inputs(node),
				pair = madeBy.has(source) && parse(madeBy.get(source));
			if (tensors.has(source)) rest.push([GRAPH_INITIALIZER, unpacked(node, tensors)]);
			else if (pair && operator(pair) === ROUND) same.set(text(one(node, NODE_OUTPUT)), inputs(pair)[0]);
			else nodes.push(node);
		}
	}
	const before = name => (same.has(name) ? before(same.get(name)) : name),
		plain = nodes.map(node => node.map(field => (field[0] === NODE_INPUT ? [NODE_INPUT, bytesOf(before(text(field[1])))] : field)));
	for (const name of outputs.filter(name => same.has(name)).sort()) // what the graph answers keeps its name
		plain.push([
			[NODE_INPUT, bytesOf(before(name))],
			[NODE_OUTPUT, bytesOf(name)],
			[NODE_OPERATOR, bytesOf("Identity")],
		]);
	const wanted = new Set([...plain.flatMap(inputs), ...outputs]),
		needed = plain.filter(node => all(node, NODE_OUTPUT).some(name => wanted.has(text(name)))),
		used = new Set(needed.flatMap(inputs));
	return serialize([
		...needed.map(node => [GRAPH_NODE, serialize(node)]),
		...rest.filter(([number, value]) => number !== GRAPH_INITIALIZER || used.has(text(one(parse(value), TENSOR_NAME)))),
	]);
}

/** The float tensor that a DequantizeLinear node would make of tensors that are stored: one scale, one for each place of an axis, or one
 * for each block along it. */
function unpacked(node, tensors) {
	const [values, scales, zeros] = inputs(node).map(name => array(parse(tensors.get(name)))),
		attributes = all(node, NODE_ATTRIBUTE).map(parse),
		setting = name => one(attributes.find(one => nameOf(one) === name) ?? [], ATTRIBUTE_INT),
		axis = setting("axis") ?? 1,
		block = setting("block_size") ?? 0,
		inner = values.dims.slice(axis + 1).reduce((product, side) => product * side, 1),
		long = values.dims[axis],
		count = scales.data.length,
		plain = new Float32Array(values.data.length);
	for (let n = 0; n < plain.length; n += 1) {
		const line = Math.floor(n / inner);
		let k = count > 1 ? line % count : 0;
		if (count > 1 && block) k = (Math.floor(line / long) * scales.dims[axis] + Math.floor((line % long) / block)) * inner + (n % inner);
		plain[n] = (values.data[n] - (zeros?.data[k] ?? 0)) * scales.data[k];
	}
	return serialize([
		...values.dims.map(side => [TENSOR_DIMS, side]),
		[TENSOR_TYPE, FLOAT],
		[TENSOR_NAME, one(node, NODE_OUTPUT)],
		[TENSOR_RAW, new Uint8Array(plain.buffer)],
	]);
}

function array(tensor) {
	const kind = ARRAYS[one(tensor, TENSOR_TYPE)],
		raw = one(tensor, TENSOR_RAW) ?? one(tensor, TENSOR_FLOATS),
		ints = all(tensor, TENSOR_INTS).flatMap(value => (typeof value === "number" ? value : varints(value)));
	if (!kind || !(raw || ints.length)) throw new Error("a tensor that this cannot read");
	return { dims: all(tensor, TENSOR_DIMS), data: raw ? new kind(raw.slice().buffer) : kind.from(ints) };
}

/** The fields of a protocol buffer: numbers, or bytes. */
function parse(message) {
	const fields = [];
	let at = 0;
	const next = () => {
		const [value, end] = varint(message, at);
		at = end;
		return value;
	};
	while (at < message.length) {
		const start = at,
			key = next(),
			kind = key & 7;
		let value = 0;
		if (kind === 0) value = next();
		else if (kind === 2) {
			const length = next();
			value = message.subarray(at, at + length);
			at += length;
		} else at += kind === 1 ? 8 : 4;
		fields.push([key >> 3, value, message.subarray(start, at)]);
	}
	return fields;
}

/** Numbers of any length, packed one after another. */
function varints(message) {
	const values = [];
	for (let at = 0; at < message.length; ) {
		const [value, end] = varint(message, at);
		values.push(value);
		at = end;
	}
	return values;
}

function varint(message, at) {
	let value = 0n;
	for (let shift = 0n; ; shift += 7n, at += 1) {
		value |= BigInt(message[at] & 127) << shift;
		if (message[at] < 128) return [Number(BigInt.asIntN(64, value)), at + 1];
	}
}

/** The protocol buffer with these fields; new ones have no bytes yet. */
function serialize(fields) {
	const parts = fields.map(([number, value, bytes]) => {
		if (bytes) return bytes;
		const head =
			typeof value === "number" ? [...packed(number << 3), ...packed(value)] : [...packed((number << 3) | 2), ...packed(value.length)];
		return typeof value === "number" ? Uint8Array.from(head) : joined([Uint8Array.from(head), value]);
	});
	return joined(parts);
}

function packed(value) {
	const to = [];
	for (; value > 127; value = Math.floor(value / 128)) to.push((value & 127) | 128);
	return [...to, value];
}

function joined(parts) {
	const to = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		to.set(part, at);
		at += part.length;
	}
	return to;
}
