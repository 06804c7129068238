import type { AccessSite } from "../../../../compiler/backends/wasm/index.js";
import { TOUCH } from "../../../../compiler/backends/wasm/index.js";
import type { Span } from "../../../../compiler/ir/index.js";
import { TileScriptError } from "../../../../dsl/errors.js";
import { FAULT } from "../control.js";
import { type AccessFault, type Program, place, verb, where } from "../errors.js";
import { indexOf } from "../printed.js";

/** The op that a checked kernel asserts with that what it makes is a number. */
export const FINITE_OP = "finite";

export type Check = "uninitialised-read" | "race" | "waits" | "tensor-map" | "not-finite";

interface Found {
  readonly check: Check;
  readonly kernel: string;
  readonly problem: string;
  readonly hint: string;
  readonly span: Span;
  readonly program: Program;
  readonly parameter?: string;
  readonly byte?: number;
}

/**
 * What a checked device has found: the place in the kernel's source, the program, and where it is about memory the parameter and the byte of
 * its buffer. `code` and `check` say which kind it is.
 */
export class CheckedError extends TileScriptError {
  override readonly name = "CheckedError";
  readonly check: Check;
  readonly kernel: string;
  readonly span: Span;
  readonly program: Program;
  readonly parameter: string | undefined;
  readonly byte: number | undefined;

  constructor({ check, kernel, problem, hint, span, program, parameter, byte }: Found) {
    super(check, `${kernel}: ${problem}`, { hint });
    this.check = check;
    this.kernel = kernel;
    this.span = span;
    this.program = program;
    this.parameter = parameter;
    this.byte = byte;
  }
}

/** What a worker says of a finding beside the access. */
interface Facts {
  readonly byte: number;
  readonly writes: boolean;
  readonly other: Other;
  readonly axis: number;
  readonly value: number;
}

interface Other {
  readonly program: number;
  readonly site: number;
  readonly does: number;
}

type Locate = (other: Other) => { readonly site: AccessSite; readonly program: Program };
type Explain = (
  access: AccessFault,
  facts: Facts,
  locate: Locate,
) => Pick<Found, "check" | "problem" | "hint"> & { readonly byte?: number };

const access = ({ site, parameter }: AccessFault): string => `${verb(site.op)} \`${parameter}\` at ${place(site.span)}`;

const FOUND: Readonly<Record<number, Explain>> = {
  [FAULT.uninitialised]: (at, { byte }) => ({
    check: "uninitialised-read",
    problem: `${access(at)} reads byte ${byte} (element ${at.element} of ${at.elements}) ${where(at.program)}, which nothing has written since it was allocated`,
    hint: "Write, fill or copy to the buffer before the launch, or mask the elements that hold nothing.",
    byte,
  }),
  [FAULT.race]: (at, { byte, writes, other }, locate) => {
    const { site, program } = locate(other);
    const did = (other.does & TOUCH.write) !== 0 ? "has written" : "has read";
    return {
      check: "race",
      problem: `${access(at)} ${writes ? "writes" : "reads"} byte ${byte} (element ${at.element} of ${at.elements}) ${where(at.program)}, which program (${program.join(", ")}) ${did} at ${place(site.span)}; nothing orders the two`,
      hint: "Give each program bytes of its own, use atomic ops, or order the two by a release that the other acquires.",
      byte,
    };
  },
  [FAULT.waits]: (at, { byte }) => ({
    check: "waits",
    problem: `${access(at)} looks at byte ${byte} again and again ${where(at.program)}: it waits for a program that has not run yet`,
    hint: "A launch promises neither an order of its programs nor that they run at once: let none wait for a later one, or build with cooperative: true.",
    byte,
  }),
  [FAULT.tensorMap]: (at, { axis, value }) => ({
    check: "tensor-map",
    problem: `${access(at)} has ${axis < 0 ? `a base at address ${value}` : `a stride of ${value} bytes along axis ${axis}`} ${where(at.program)}; a GPU's tensor map takes multiples of 16 bytes`,
    hint: "Pad the rows, or read such a tensor through pointers.",
  }),
};

/** What was found at an access. */
export function checkedError(kind: number, at: AccessFault, facts: Facts, locate: Locate): CheckedError {
  const { kernel, site, parameter, program } = at;
  return new CheckedError({ kernel, span: site.span, parameter, program, ...FOUND[kind]!(at, facts, locate) });
}

/** An op that made a NaN or an infinity of numbers. */
export function notFinite(kernel: string, site: AccessSite, program: Program, element: number): CheckedError {
  const shape = site.values?.[0]?.shape ?? [];
  const which = shape.length === 0 ? "" : `, element (${indexOf(element, shape).join(", ")}),`;
  return new CheckedError({
    check: "not-finite",
    kernel,
    problem: `${site.text} at ${place(site.span)} makes a NaN or an infinity of operands that are numbers${which} ${where(program)}`,
    hint: "Where the element is masked out later, give its operand another value first: where(mask, x, 1).",
    span: site.span,
    program,
  });
}
