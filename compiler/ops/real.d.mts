export function erf(x: number): number;
export function fusedMultiplyAdd(a: number, b: number, c: number): number;
