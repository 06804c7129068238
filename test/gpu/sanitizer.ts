/** What tests do less of under a tool that makes kernels a hundred times slower (scripts/compute-sanitizer.mjs). */

const TOOL = process.env.TILESCRIPT_SANITIZER;

/** How often a test repeats what it does, or how much it does at once. */
export const repetitions = <T>(usual: T, slow: T): T => (TOOL ? slow : usual);

/**
 * The cases to run: all, but under racecheck, by far the slowest, for each `key` the one of the least `cost`, and of these
 * what TILESCRIPT_PART, such as "2/8", leaves to this process.
 */
export function chosen<T>(cases: readonly T[], key: (one: T) => string, cost: (one: T) => number): readonly T[] {
  if (TOOL !== "racecheck") return cases;
  const best = new Map<string, { readonly one: T; readonly cost: number }>();
  for (const one of cases) {
    const mine = { one, cost: cost(one) };
    const other = best.get(key(one));
    if (!other || mine.cost < other.cost) best.set(key(one), mine);
  }
  const [part, parts] = (process.env.TILESCRIPT_PART ?? "1/1").split("/").map(Number) as [number, number];
  return [...best.values()]
    .sort((a, b) => b.cost - a.cost)
    .filter((_, index) => index % parts === part - 1)
    .map(({ one }) => one);
}
