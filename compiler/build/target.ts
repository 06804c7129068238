import { type Kernel, mapStatements, type Stmt, walkStatements } from "../ir/index.js";

/** First architecture with dependent launch and clusters. */
export const HOPPER = 90;

const DEPENDENT_LAUNCH = new Set(["gdcWait", "gdcLaunchDependents"]);

const isDependentLaunch = (stmt: Stmt): boolean =>
  stmt.kind === "effect" && stmt.value.kind === "op" && DEPENDENT_LAUNCH.has(stmt.value.op);

const withoutThem = (body: readonly Stmt[]): readonly Stmt[] =>
  mapStatements(body, (stmt) => (isDependentLaunch(stmt) ? [] : [stmt]));

function usesDependentLaunch({ body, functions }: Kernel): boolean {
  let found = false;
  for (const each of [body, ...functions.map((one) => one.body)])
    walkStatements(each, (stmt) => {
      found ||= isDependentLaunch(stmt);
    });
  return found;
}

/**
 * The kernel as an architecture can run it. Before Hopper a launch never starts ahead of its predecessor's end, so waiting for it, and
 * letting the next one go, mean nothing; ptxas refuses the instructions there.
 */
export function forTarget(kernel: Kernel, arch: number): Kernel {
  if (arch >= HOPPER || !usesDependentLaunch(kernel)) return kernel;
  return {
    ...kernel,
    body: withoutThem(kernel.body),
    functions: kernel.functions.map((one) => ({ ...one, body: withoutThem(one.body) })),
  };
}
