/** Values as they are compared; a list that stands beside many others is written once. */
const written = new WeakMap<readonly unknown[], ReadonlySet<string>>();

function writtenOf(values: readonly unknown[]): ReadonlySet<string> {
  const texts = written.get(values) ?? new Set(values.map((value) => JSON.stringify(value)));
  written.set(values, texts);
  return texts;
}

/** Whether no value is in two of some lists. */
export function areApart(...lists: readonly (readonly unknown[])[]): boolean {
  const seen = new Set<string>();
  return lists.every((values) => {
    const texts = [...writtenOf(values)];
    const isNew = !texts.some((text) => seen.has(text));
    for (const text of texts) seen.add(text);
    return isNew;
  });
}
