import type { AccessSite } from "../../../compiler/backends/wasm/index.js";
import type { Span } from "../../../compiler/ir/index.js";
import { type ErrorDetails, TileScriptError } from "../../../dsl/errors.js";
import { LaunchError } from "../errors.js";
import { indexOf } from "./printed.js";

export type Program = readonly [x: number, y: number, z: number];

export interface AccessFault {
  readonly kernel: string;
  readonly site: AccessSite;
  /** The parameter whose buffer was left. */
  readonly parameter: string;
  readonly program: Program;
  /** Counted in elements from the start of the buffer. */
  readonly element: number;
  readonly elements: number;
}

export const place = ({ file, line, column }: Span): string => `${file}:${line}:${column}`;

const VERBS: Readonly<Record<string, string>> = { load: "load from", store: "store to" };

export const verb = (op: string): string => VERBS[op] ?? `${op} on`;

export const where = (program: Program): string => `in program (${program.join(", ")})`;

/** A kernel read or wrote outside of the buffer that its pointer came from. */
export class OutOfBoundsError extends TileScriptError {
  override readonly name = "OutOfBoundsError";
  readonly kernel: string;
  readonly parameter: string;
  /** Where the kernel's source does it. */
  readonly span: Span;
  readonly program: Program;
  readonly element: number;
  readonly elements: number;

  constructor({ kernel, site, parameter, program, element, elements }: AccessFault) {
    super(
      "out-of-bounds",
      `${kernel}: ${verb(site.op)} \`${parameter}\` at ${place(site.span)} reaches element ${element} of ${elements} ${where(program)}`,
      { hint: "Mask what lies outside, or pass a larger buffer." },
    );
    this.kernel = kernel;
    this.parameter = parameter;
    this.span = site.span;
    this.program = program;
    this.element = element;
    this.elements = elements;
  }
}

/** A kernel broke off for another reason than leaving a buffer. */
export class KernelFailure extends TileScriptError {
  override readonly name = "KernelFailure";
  readonly kernel: string;
  readonly program: Program;

  constructor(kernel: string, problem: string, program: Program, details?: ErrorDetails) {
    super("kernel-failure", `${kernel}: ${problem} ${where(program)}`, details);
    this.kernel = kernel;
    this.program = program;
  }
}

/** A deviceAssert that does not hold ends its launch as what cannot be launched does. */
export function assertionFailed(kernel: string, site: AccessSite, program: Program, element: number): LaunchError {
  const shape = site.values?.[0]?.shape ?? [];
  const which = shape.length === 0 ? "" : ` for element (${indexOf(element, shape).join(", ")})`;
  return new LaunchError({
    kernel,
    expected: `the deviceAssert at ${place(site.span)} to hold (${site.text})`,
    got: `false${which} ${where(program)}`,
  });
}

export const misaligned = ({ kernel, site, parameter, program, element }: AccessFault): KernelFailure =>
  new KernelFailure(
    kernel,
    `${site.op} on \`${parameter}\` at ${place(site.span)}: the address of element ${element} is no multiple of its size, which atomic operations need,`,
    program,
  );

/** A pointer that was made from an address left the buffer there, or there is none. */
export const strayAddress = (
  kernel: string,
  site: AccessSite,
  program: Program,
  address: number,
  element: number,
): KernelFailure =>
  new KernelFailure(
    kernel,
    `${verb(site.op)} address ${address} at ${place(site.span)} reaches element ${element}, which is in no buffer from there on,`,
    program,
    {
      hint: "A table of pointers has buffer.address of buffers that are alive at the launch; mask what lies outside of them.",
    },
  );
