/** Runs `tidy` when the tests of the file are through; outside of vitest, as in a fuzz target, when the process ends. */
export const atTheEnd: (tidy: () => unknown) => void = process.env.VITEST
  ? (await import("vitest")).afterAll
  : (tidy) => void process.on("exit", tidy);
