const binary = ["a", "b"] as const;
const unary = ["x"] as const;

/** Ops that compute each element from the operands' elements at the same place, with their operands in order. */
export const ELEMENTWISE: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      "add sub mul div floorDiv cdiv mod minimum maximum and or bitAnd bitOr bitXor",
      "shiftLeft shiftRight shiftRightLogical eq ne lt le gt ge",
    ].flatMap((names) => names.split(" ").map((name) => [name, binary])),
  ),
  ...Object.fromEntries(
    "neg not bitNot exp exp2 log log2 sqrt rsqrt sin cos abs sigmoid floor ceil tanh erf"
      .split(" ")
      .map((name) => [name, unary]),
  ),
  where: ["condition", "a", "b"],
  fma: ["a", "b", "c"],
  clamp: ["x", "low", "high"],
};
