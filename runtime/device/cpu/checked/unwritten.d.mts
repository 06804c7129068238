export class Unwritten {
  constructor(shared: SharedArrayBuffer);
  set(start: number, bytes: number, unwritten: boolean): void;
  first(start: number, bytes: number): number | null;
  copy(to: number, from: number, bytes: number): void;
}
