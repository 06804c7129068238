/**
 * How alike two texts are, 0 to 1: the ratio of Python's `difflib.SequenceMatcher` with its defaults, which fuzzywuzzy 0.18 rounds. Twice the characters in matching
 * blocks over all characters; the longest block first, of equal ones the earliest in the first text and then in the second, and so on left and right of
 * it. In a second text of 200 characters and more those that make up more than 1 % of it begin no block (Ratcliff and Metzener 1988; difflib's `autojunk`).
 */
export function sequenceRatio(first: string, second: string): number {
  const [a, b] = [[...first], [...second]];
  if (a.length + b.length === 0) return 1;
  const places = placesOf(b);
  let matched = 0;
  const ranges: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let range = ranges.pop(); range; range = ranges.pop()) {
    const [aFrom, aTo, bFrom, bTo] = range;
    const { i, j, size } = longestMatch(a, b, places, range);
    if (size === 0) continue;
    matched += size;
    if (aFrom < i && bFrom < j) ranges.push([aFrom, i, bFrom, j]);
    if (i + size < aTo && j + size < bTo) ranges.push([i + size, aTo, j + size, bTo]);
  }
  return (2 * matched) / (a.length + b.length);
}

/** Where each character is that may begin a block. */
function placesOf(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, character] of b.entries()) {
    const known = places.get(character);
    if (known) known.push(place);
    else places.set(character, [place]);
  }
  const most = b.length >= 200 ? Math.floor(b.length / 100) + 1 : Number.POSITIVE_INFINITY;
  for (const [character, all] of places) if (all.length > most) places.delete(character);
  return places;
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [aFrom, aTo, bFrom, bTo]: readonly [number, number, number, number],
): { i: number; j: number; size: number } {
  let best = { i: aFrom, j: bFrom, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i]!) ?? []) {
      if (j < bFrom) continue;
      if (j >= bTo) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { i: i - size + 1, j: j - size + 1, size };
    }
    lengths = next;
  }
  // Characters that begin no block join one.
  let { i, j, size } = best;
  while (i > aFrom && j > bFrom && a[i - 1] === b[j - 1]) {
    i--;
    j--;
    size++;
  }
  while (i + size < aTo && j + size < bTo && a[i + size] === b[j + size]) size++;
  return { i, j, size };
}
