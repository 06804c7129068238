/** Values as they are compared; a list that stands beside many others is written once. */
const written = new WeakMap<readonly unknown[], ReadonlySet<string>>();

function writtenOf(values: readonly unknown[]): ReadonlySet<string> {
  const texts = written.get(values) ?? new Set(values.map((value) => JSON.stringify(value)));
  written.set(values, texts);
  return texts;
}

/** The first two of some lists that have a value in common. */
export function meeting(lists: readonly (readonly unknown[])[]): readonly [one: number, other: number] | undefined {
  const seen = new Map<string, number>();
  for (const [i, values] of lists.entries())
    for (const text of writtenOf(values)) {
      const before = seen.get(text) ?? i;
      if (before !== i) return [before, i];
      seen.set(text, i);
    }
  return undefined;
}

/** Whether no value is in two of some lists. */
export const areApart = (...lists: readonly (readonly unknown[])[]): boolean => meeting(lists) === undefined;
