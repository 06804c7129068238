import type { Draft } from "./family.js";

/** R, the dimensions of a head that rotate, as `key` states it; throws ModelError unless they are pairs within the head. */
export function requireRotated({ settings: { keys }, sizes }: Draft, rotated: number, key: string): number {
  const { headSize } = sizes;
  if (Number.isInteger(rotated) && rotated >= 4 && rotated <= headSize && rotated % 2 === 0) return rotated;
  throw keys.error(
    "metadata-value",
    key,
    `makes ${rotated} of ${headSize} dimensions of a head rotate, which are no pairs`,
  );
}
