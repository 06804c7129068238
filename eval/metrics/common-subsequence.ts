/**
 * The longest common subsequence of two lists of words: which places of the first are in it. Of several that are as long it is the one that published
 * code finds, going back from the end: where neither step loses length, `prefer` says which list gives up a word.
 */
export function commonPlaces(
  first: readonly string[],
  second: readonly string[],
  prefer: "first" | "second",
): number[] {
  const lengths = lengthsOf(first, second);
  const at = (i: number, j: number) => lengths[i * (second.length + 1) + j]!;
  const places: number[] = [];
  let [i, j] = [first.length, second.length];
  while (i > 0 && j > 0) {
    if (first[i - 1] === second[j - 1]) {
      places.push(i - 1);
      i--;
      j--;
    } else if (prefer === "first" ? at(i, j - 1) > at(i - 1, j) : at(i - 1, j) <= at(i, j - 1)) j--;
    else i--;
  }
  return places.reverse();
}

/** How long the longest common subsequence is. */
export const commonLength = (first: readonly string[], second: readonly string[]): number =>
  lengthsOf(first, second).at(-1)!;

/** Lengths for all beginnings of both, [first.length + 1, second.length + 1]. */
function lengthsOf(first: readonly string[], second: readonly string[]): Int32Array {
  const width = second.length + 1;
  const lengths = new Int32Array((first.length + 1) * width);
  for (const [i, word] of first.entries())
    for (const [j, other] of second.entries()) {
      const cell = (i + 1) * width + j + 1;
      lengths[cell] =
        word === other ? lengths[cell - width - 1]! + 1 : Math.max(lengths[cell - width]!, lengths[cell - 1]!);
    }
  return lengths;
}
