import { ANYWHERE, type CpuKernelInfo } from "../../../compiler/backends/wasm/index.js";
import { checkedError, FINITE_OP, notFinite } from "./checked/errors.js";
import { FAULT } from "./control.js";
import { assertionFailed, KernelFailure, misaligned, OutOfBoundsError, strayAddress } from "./errors.js";
import type { Fault } from "./queue.js";

/** What a worker wrote about a kernel that failed, as an error that names the place in its source. */
export function explainFault(fault: Fault, info: CpuKernelInfo | undefined, memory: WebAssembly.Memory): Error {
  const { kind, base, element, program, text, block } = fault;
  const site = info?.sites[fault.site];
  if (kind === FAULT.other || !info || !site)
    return new KernelFailure(info?.name ?? "the queue", `the kernel broke off (${text})`, program);
  if (kind === FAULT.assertion)
    return (site.op === FINITE_OP ? notFinite : assertionFailed)(info.name, site, program, element);
  const word = (at: number): number => new Uint32Array(memory.buffer, block + at, 1)[0]!;
  const buffers = info.layout.slots.flatMap((slot) =>
    slot.kind === "pointer" || slot.kind === "descriptor"
      ? [{ slot, start: word(slot.offset), count: word(slot.offset + 4) }]
      : [],
  );
  const exact = buffers.find(({ slot, start }) => site.params.includes(slot.name) && start === base);
  if (!exact && site.params.includes(ANYWHERE) && kind === FAULT.outOfBounds)
    return strayAddress(info.name, site, program, base >>> 0, element);
  const left = exact ?? buffers.find(({ slot }) => site.params.includes(slot.name));
  const access = {
    kernel: info.name,
    site,
    parameter: left?.slot.name ?? site.params.join(" or "),
    program,
    element,
    elements: left?.count ?? 0,
  };
  if (kind === FAULT.misaligned) return misaligned(access);
  if (kind === FAULT.outOfBounds) return new OutOfBoundsError(access);
  const grid = [word(0), word(4)] as const;
  return checkedError(kind, access, JSON.parse(text), ({ program: number, site: at }) => ({
    site: info.sites[at]!,
    program: [number % grid[0], Math.floor(number / grid[0]) % grid[1], Math.floor(number / grid[0] / grid[1])],
  }));
}
