import { type Dim, type DType, isOptional, type Kernel, type Param } from "../ir/index.js";

/** Kernels of one name: the same parameters, bound to different dtypes. */
type Bindings = readonly Kernel[];

const union = (dtypes: readonly DType[]): string =>
  [...new Set(dtypes)].map((dtype) => JSON.stringify(dtype)).join(" | ");

const BASES = { int: "", float: "", bool: ", boolean", string: ", string" } as const;

const size = (dim: Dim): string =>
  typeof dim === "number" ? String(dim) : dim.op === "name" ? `Const<"${String(dim.args[0])}">` : "number";

/** A parameter's type as an author would write it, with every dtype that it is bound to. */
function typeOf(param: Param, dtypes: readonly DType[]): string {
  if (param.kind === "const") return `Const<"${param.name}"${BASES[param.of]}>`;
  if (param.kind === "pointer") return `Ptr<${union(dtypes)}>`;
  if (param.kind === "descriptor")
    return `Descriptor<${union(dtypes)}, [${param.block.map(size).join(", ")}]${param.padding === "nan" ? ', "nan"' : ""}>`;
  return dtypes.every((dtype) => dtype === "bool") ? "Bool" : `Scalar<${union(dtypes)}>`;
}

function declaration(bindings: Bindings): string {
  const [first] = bindings as [Kernel, ...Kernel[]];
  const members = first.params.map((param, index) => {
    const dtypes = bindings.flatMap(({ params }) => {
      const bound = params[index];
      return bound && "dtype" in bound ? [bound.dtype] : [];
    });
    return `  ${param.name}${isOptional(param) ? "?" : ""}: ${typeOf(param, dtypes)};\n`;
  });
  const doc = first.doc ? `/** ${first.doc.trim().replaceAll("*/", "* /").split("\n").join("\n * ")} */\n` : "";
  return `${doc}export declare const ${first.name}: Kernel<{\n${members.join("")}}>;\n`;
}

/** `index.d.ts` of a bundle: its kernels' types, from which launches are checked. */
export function typeDeclarations(kernels: readonly Bindings[]): string {
  const text = kernels.map(declaration).join("\n");
  const used = ["Bool", "Const", "Descriptor", "Kernel", "Ptr", "Scalar"].filter((name) =>
    new RegExp(`\\b${name}\\b(?:<|;)`).test(text),
  );
  return `import type { ${used.join(", ")} } from "tilescript";\n\n${text}`;
}

/** `index.js` of a bundle: references that \`device.load\` takes, whatever folder the bundle was moved to. */
export function references(kernels: readonly Bindings[]): string {
  const lines = kernels.map(([first]) => {
    const name = (first as Kernel).name;
    return `export const ${name} = Object.freeze({ kind: "kernel", name: ${JSON.stringify(name)}, bundle });\n`;
  });
  return `const bundle = new URL("./", import.meta.url).href;\n\n${lines.join("")}`;
}
