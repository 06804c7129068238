import { BYTES, REPRESENTATION } from "../encode/representation.js";
import type { Node } from "../lanes/node.js";

const is64Bit = ({ dtype }: Node): boolean => BYTES[REPRESENTATION[dtype]] === 8;

/**
 * The loads of four lanes that a nest makes to compute values in all lanes; null where it cannot go four lanes at a time, because numbers of
 * 64 bits vary over the lanes, or the buffers that they are loaded from.
 */
export function loadsOfLanes(values: readonly Node[]): readonly Node[] | null {
  const loads: Node[] = [];
  const seen = new Set<Node>();
  const fits = (node: Node): boolean => {
    if (node.stride === 0 || seen.has(node)) return true;
    seen.add(node);
    if (is64Bit(node)) return false;
    // Lane 0 and a step over the lanes: only that one is computed.
    if (node.stride !== null) return true;
    if (node.data?.kind === "access") {
      const { base, count } = node.data.access.from;
      if (base.stride !== 0 || count.stride !== 0) return false;
      loads.push(node);
    }
    return node.args.every(fits);
  };
  return values.every((node) => !is64Bit(node) && fits(node)) ? loads : null;
}
