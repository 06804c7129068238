import { colours } from "../report/colours.js";

/**
 * Node ends when nothing is left to wait for, even in the middle of an `await`, and says nothing about it. Tells so on stderr and ends with
 * 1, unless the function that this gives was called before. `script` is what was run; `what` of it is under way can change.
 */
export function watchForPendingAwait(script: string): { what: string; done: () => void } {
  const watched = { what: "its top-level await", done: () => process.off("exit", told).off("beforeExit", stranded) };
  let nothingLeft = false;
  const stranded = (): void => {
    nothingLeft = true;
  };
  const told = (): void => {
    // A program that called process.exit() ended as it wanted.
    if (!nothingLeft) return;
    const pc = colours(process.stderr);
    process.stderr.write(
      `${pc.red("error:")} ${script}: the program ended while ${watched.what} was still pending\n` +
        `${pc.cyan("hint:")} nothing was left that could settle the promise it waited for: look for one that is never resolved\n`,
    );
    process.exitCode = 1;
  };
  process.on("beforeExit", stranded).on("exit", told);
  return watched;
}
