// Which dtypes an op takes, asked of its object: all operands have the same one.

/** How a parameter that is no operand is given; of ops with others nothing is said. */
const GIVEN = { operand: {}, axis: {}, "integer?": {}, integer: 0 };
const FLOATS_OF_8 = /^f8/;

/** @returns what the object of the op accepts, in words; undefined for what has other parameters than operands and an axis */
export function acceptedDTypes({ op, fixed }, ops, dtypes) {
  const { params, infer } = ops.get(op);
  const entries = Object.entries(params);
  if (entries.length === 0 || entries.some(([, kind]) => GIVEN[kind] === undefined)) return undefined;
  if (!entries.some(([, kind]) => kind === "operand")) return undefined;
  const span = { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };
  const takes = (dtype) => {
    const operand = (name) => ({
      kind: "ref",
      name,
      type: { kind: "tile", dtype: name === "condition" ? "bool" : dtype, shape: [16], pointer: name === "ptr" },
      span,
    });
    const args = entries.filter(([, kind]) => kind === "operand").map(([name]) => [name, operand(name)]);
    const attrs = entries.filter(([, kind]) => kind === "integer").map(([name]) => [name, 0]);
    let fails = false;
    const fail = () => {
      fails = true;
      return null;
    };
    const context = { fail, warn() {}, origins: () => [] };
    const call = { op, args: Object.fromEntries(args), attrs: { ...Object.fromEntries(attrs), ...fixed }, span };
    return infer(call, context) !== null && !fails;
  };
  return inWords(Object.keys(dtypes).filter(takes), dtypes);
}

/** A list of dtypes, with those that go together named as one. */
function inWords(taken, dtypes) {
  const all = Object.keys(dtypes);
  if (taken.length === all.length) return "all";
  const groups = {
    integers: all.filter((one) => /signed/.test(dtypes[one].kind)),
    floats: all.filter((one) => dtypes[one].kind === "float"),
    "floats but float8": all.filter((one) => dtypes[one].kind === "float" && !FLOATS_OF_8.test(one)),
  };
  let left = taken;
  const words = [];
  for (const [name, group] of Object.entries(groups)) {
    if (!group.every((one) => left.includes(one))) continue;
    words.push(name);
    left = left.filter((one) => !group.includes(one));
  }
  return [...words, ...left.map((one) => `\`${one}\``)].join(", ");
}
