/** A number without a sign in LEB128: seven bits a byte, the lowest first, each but the last with its top bit set. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}

/** A number of 32 bits with its sign, which is the highest of the last byte's seven bits. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest & 127);
  return bytes;
}

/** The same of 64 bits. */
export function signedLong(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -64n || rest > 63n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest & 127n));
  return bytes;
}

/** Bytes under construction. */
export class Bytes {
  readonly written: number[] = [];

  add(...bytes: readonly number[]): void {
    this.all(bytes);
  }

  all(bytes: Iterable<number>): void {
    for (const byte of bytes) this.written.push(byte);
  }

  unsigned(value: number): void {
    this.all(unsigned(value));
  }

  /** What `build` writes, behind its length. */
  sized(build: (inner: Bytes) => void): void {
    const inner = new Bytes();
    build(inner);
    this.unsigned(inner.written.length);
    this.all(inner.written);
  }

  text(text: string): void {
    this.sized((inner) => inner.all(new TextEncoder().encode(text)));
  }

  /** How many there are, and one after the other. */
  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.unsigned(items.length);
    items.forEach(write);
  }
}
