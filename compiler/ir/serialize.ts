import { exactText } from "./float-bits.js";
import type { Kernel } from "./kernel.js";
import { BIGINT, IrFormatError, NUMBER, readKernel, SPAN } from "./read.js";
import type { Span } from "./span.js";

export { IrFormatError };

/** Raised by every change of the IR that an older reader would misread. */
export const IR_VERSION = 2;

type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/**
 * A kernel as JSON text: equal kernels give equal bytes. Keys are sorted, spans are written as
 * `[file index, line, column, endLine, endColumn]`, and what JSON lacks (bigint, NaN, infinities, −0) is tagged.
 */
export function serializeKernel(kernel: Kernel): string {
  const files: string[] = [];
  const fileIndex = (file: string): number => {
    const known = files.indexOf(file);
    return known >= 0 ? known : files.push(file) - 1;
  };
  const encode = (value: unknown): Plain => {
    if (typeof value === "bigint") return { [BIGINT]: value.toString() };
    if (typeof value === "number")
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { [NUMBER]: exactText(value) };
    if (value === null || typeof value !== "object") return value as Plain;
    if (Array.isArray(value)) return value.map(encode);
    if (isSpan(value))
      return { [SPAN]: [fileIndex(value.file), value.line, value.column, value.endLine, value.endColumn] };
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, encode(member)]),
    );
  };
  const body = encode(kernel);
  return `${JSON.stringify({ version: IR_VERSION, files, kernel: body })}\n`;
}

/** Reads what `serializeKernel` wrote. Throws IrFormatError for anything else. */
export function parseKernel(text: string): Kernel {
  let document: { version?: unknown; files?: unknown; kernel?: unknown };
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new IrFormatError("the IR file is no JSON; build the bundle again", { cause });
  }
  if (document?.version !== IR_VERSION)
    throw new IrFormatError(
      `the IR file has version ${String(document?.version)}, this compiler reads ${IR_VERSION}; build the bundle again`,
    );
  const { files, kernel } = document;
  if (!Array.isArray(files) || kernel === null || typeof kernel !== "object")
    throw new IrFormatError("the IR file lacks its kernel or its list of sources; build the bundle again");
  return readKernel(kernel, files);
}

function isSpan(value: object): value is Span {
  return "endColumn" in value && "line" in value && "file" in value;
}
