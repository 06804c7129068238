/** ⌈a / b⌉: how many blocks of b it takes to cover a. */
export const cdiv = (a: number, b: number): number => Math.ceil(a / b);

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The least whole number that both divide. */
export const leastCommonMultiple = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** The smallest power of two that holds n ≥ 1: the size of a tile for n elements. */
export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));
