import { type Kernel, mapStatements, type Stmt, walkStatements } from "../ir/index.js";

/** First architecture with dependent launch and clusters. */
export const HOPPER = 90;

/** First architecture for which Triton gives the parts of a loop warps of their own. */
const BLACKWELL = 100;

const DEPENDENT_LAUNCH = new Set(["gdcWait", "gdcLaunchDependents"]);

/** Something that only some architectures can do, and what stands there for all others. */
interface Limited {
  /** Whether an architecture has it. */
  readonly on: (arch: number) => boolean;
  readonly is: (stmt: Stmt) => boolean;
  readonly instead: (stmt: Stmt) => readonly Stmt[];
}

const LIMITED: readonly Limited[] = [
  // Before Hopper a launch never starts ahead of its predecessor's end, so waiting for it, and letting the next one go, mean nothing; ptxas
  // refuses the instructions there.
  {
    on: (arch) => arch >= HOPPER,
    is: (stmt) => stmt.kind === "effect" && stmt.value.kind === "op" && DEPENDENT_LAUNCH.has(stmt.value.op),
    instead: () => [],
  },
  // Triton's documentation says that it divides the work of warps on Blackwell alone; on Hopper many such loops do not compile.
  {
    on: (arch) => arch >= BLACKWELL,
    is: (stmt) => stmt.kind === "for" && "warpSpecialize" in stmt.options,
    instead: (stmt) => {
      if (stmt.kind !== "for") return [stmt];
      const { warpSpecialize, ...options } = stmt.options;
      return [{ ...stmt, options }];
    },
  },
];

/** The kernel as an architecture can run it. */
export function forTarget(kernel: Kernel, arch: number): Kernel {
  return LIMITED.filter(({ on }) => !on(arch)).reduce(without, kernel);
}

function without(kernel: Kernel, { is, instead }: Limited): Kernel {
  let found = false;
  for (const { body } of [kernel, ...kernel.functions])
    walkStatements(body, (stmt) => {
      found ||= is(stmt);
    });
  if (!found) return kernel;
  const changed = (body: readonly Stmt[]) => mapStatements(body, (stmt) => (is(stmt) ? instead(stmt) : [stmt]));
  const functions = kernel.functions.map((one) => ({ ...one, body: changed(one.body) }));
  return { ...kernel, body: changed(kernel.body), functions };
}
