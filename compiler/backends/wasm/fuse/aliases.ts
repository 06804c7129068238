/**
 * Which parameters share memory. Kernels are compiled for parameters that do not; a launch that passes overlapping buffers gets a variant
 * compiled for that.
 */
export class Aliases {
  private readonly classOf = new Map<string, number>();

  constructor(groups: readonly (readonly string[])[]) {
    groups.forEach((names, index) => {
      for (const name of names) this.classOf.set(name, index);
    });
  }

  overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
    for (const one of a)
      for (const other of b) {
        if (one === other) return true;
        const group = this.classOf.get(one);
        if (group !== undefined && group === this.classOf.get(other)) return true;
      }
    return false;
  }
}
