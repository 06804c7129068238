import { type Build, DEFAULT_OPTIONS, type Kernel, type Param, type Span } from "../../../compiler/ir/index.js";

export const span: Span = { file: "k.kernel.ts", line: 3, column: 1, endLine: 3, endColumn: 2 };

export const pointer = (name: string, dtype: "f32" | "bf16" = "f32"): Param => ({ kind: "pointer", name, dtype, span });
export const scalar = (name: string, dtype: "i32" | "f32" | "bf16" | "bool" | "i64"): Param => ({
  kind: "scalar",
  name,
  dtype,
  span,
});
export const constant = (name: string): Param => ({ kind: "const", name, of: "int", span });
export const descriptor = (name: string, block: Extract<Param, { kind: "descriptor" }>["block"]): Param => ({
  kind: "descriptor",
  name,
  dtype: "bf16",
  block,
  padding: "zero",
  span,
});

export const build = (changes: Partial<Build> = {}): Build => ({
  constants: {},
  dtypes: {},
  ...DEFAULT_OPTIONS,
  ...changes,
});

export const kernel = (changes: Partial<Kernel> = {}): Kernel => ({
  name: "k",
  file: "k.kernel.ts",
  doc: "",
  span,
  params: [],
  dtypes: {},
  body: [],
  functions: [],
  builds: [],
  ...changes,
});
