export function realFunction(name: string): (...of: number[]) => number;
