import type { Attrs } from "../../../ir/index.js";

/** What an access does to memory, as bits: what a checked kernel tells the host. */
export const TOUCH = { read: 1, write: 2, atomic: 4, acquire: 8, release: 16 } as const;

const ORDERS: Readonly<Record<string, number>> = {
  relaxed: 0,
  acquire: TOUCH.acquire,
  release: TOUCH.release,
  acq_rel: TOUCH.acquire | TOUCH.release,
};

/** Ops that need not look at what was there; all else reads and writes. */
const ONLY: Readonly<Record<string, number>> = {
  atomicLoad: TOUCH.read,
  atomicPoll: TOUCH.read,
  atomicStore: TOUCH.write,
  atomicExchange: TOUCH.write,
};

/** Of an atomic op; `kept` says whether anybody wants what was there. An order that is not said is the strictest that the op has, as in Triton. */
export function touchOfAtomic(op: string, { sem }: Attrs, kept: boolean): number {
  const does = ONLY[op] ?? TOUCH.read | TOUCH.write;
  const looks = kept ? TOUCH.read : 0;
  const order = ORDERS[String(sem ?? "acq_rel")]!;
  const possible = (does & TOUCH.write ? TOUCH.release : 0) | (op === "atomicStore" ? 0 : TOUCH.acquire);
  return TOUCH.atomic | does | looks | (order & possible);
}
