const camel = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** How many letters are to be put in, left out, changed or swapped: Damerau and Levenshtein's distance. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed, swapped ? rows[i - 2]![j - 2]! + 1 : changed));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The name that was meant, where one is close enough; of several equally close ones all. */
export function closest(name: string, names: Iterable<string>): string | undefined {
  const lower = (text: string): string => text.toLowerCase();
  const able = [...names].filter((one) => one !== name && Math.abs(one.length - name.length) <= 2);
  const same = able.find((one) => one === camel(name)) ?? able.find((one) => lower(one) === lower(name));
  if (same !== undefined || name.length < 3) return same;
  const most = name.length < 5 ? 1 : 2;
  const ranked = able
    .map((one) => [distance(lower(name), lower(one)) + (one[0] === name[0] ? 0 : 1), one] as const)
    .sort(([a], [b]) => a - b);
  const nearest = ranked[0]?.[0] ?? Number.POSITIVE_INFINITY;
  if (nearest > most) return undefined;
  const meant = ranked.filter(([far]) => far === nearest).map(([, one]) => one);
  return meant.slice(0, 3).join(" or ");
}
