import type { Node } from "../lanes/node.js";
import { BYTES, REPRESENTATION } from "../wasm/representation.js";

/** The nest cannot be computed four lanes at a time: 64-bit values vary over the lanes. */
export class NeedsScalars extends Error {
  override readonly name = "NeedsScalars";
}

const SHIFTS = new Set(["shiftLeft", "shiftRight", "shiftRightLogical"]);

const is64Bit = ({ dtype }: Node): boolean => BYTES[REPRESENTATION[dtype]] === 8;

/** Counts for every node how many computations need it, following what emission will ask for. */
export class Needs {
  private readonly scalars = new Set<Node>();
  private readonly vectors = new Set<Node>();
  /** Loads of four lanes. */
  readonly loads: Node[] = [];

  /** A value that the nest uses in all lanes, even where it is the same in each. */
  lanes(node: Node): void {
    if (is64Bit(node)) throw new NeedsScalars();
    this.vector(node);
  }

  scalar(node: Node): void {
    node.uses++;
    if (this.scalars.has(node)) return;
    this.scalars.add(node);
    for (const arg of node.args) this.scalar(arg);
  }

  vector(node: Node): void {
    if (node.stride === 0) {
      this.scalar(node);
      return;
    }
    if (is64Bit(node)) throw new NeedsScalars();
    node.uses++;
    if (this.vectors.has(node)) return;
    this.vectors.add(node);
    if (node.stride !== null) {
      if (node.op !== "lane") this.scalar(node);
    } else if (node.data?.kind === "access") this.access(node);
    else this.operands(node);
  }

  private operands(node: Node): void {
    node.args.forEach((arg, index) => {
      const steady =
        arg.stride !== null && (node.data !== null || (SHIFTS.has(node.op) && index === 1 && arg.stride === 0));
      if (steady) this.scalar(arg);
      else this.vector(arg);
    });
  }

  private access(node: Node): void {
    const [index, base, count, mask, other] = node.args as [Node, Node, Node, Node?, Node?];
    if (base.stride !== 0 || count.stride !== 0) throw new NeedsScalars();
    this.loads.push(node);
    if (index.stride === 1) this.scalar(index);
    else this.vector(index);
    this.scalar(base);
    this.scalar(count);
    if (mask) this.vector(mask);
    if (other) this.vector(other);
  }
}
