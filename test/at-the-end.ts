const tidies: (() => unknown)[] = [];

/** Runs `tidy` when the tests of a file are through, of each that shares this module; outside of vitest, as in a fuzz target, when the process ends. */
export function atTheEnd(tidy: () => unknown): void {
  tidies.push(tidy);
}

export async function tidyUp(): Promise<void> {
  for (const tidy of tidies) await tidy();
}

if (!process.env.VITEST)
  process.on("exit", () => {
    for (const tidy of tidies) tidy();
  });
