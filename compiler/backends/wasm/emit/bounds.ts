import { call, type Instruction, i32, select } from "../encode/instructions.js";
import { linearForm } from "../lanes/graph.js";
import type { Access, Node } from "../lanes/node.js";
import type { NodeEmitter } from "./nodes.js";

/*
 * Every access is checked against the buffer that its pointer came from. Indices count elements from the start of the buffer, so a single
 * unsigned comparison covers both ends. A check that depends on loop counters only through a sum is done once, outside of the loops, for the
 * least and the greatest index that they reach.
 */

/** Calls the host with the place in the source, the buffer and the element; it throws. */
export function fail(e: NodeEmitter, access: Access, index: Instruction, level: number): Instruction {
  const name = e.module.imported("out_of_bounds", ["i32", "i32", "i32"], null);
  const site = i32.const(access.site);
  return call(name, site, e.scalar(access.from.base, level), index);
}

/** @param touch what the access does, of `TOUCH`: a checked kernel tells the host */
export function checkElement(e: NodeEmitter, access: Access, index: Node, level: number, touch: number): void {
  const { fb } = e;
  const outside = i32.ge_u(e.scalar(index, level), e.scalar(access.from.count, level));
  const report = e.scalar(index, level);
  fb.if(outside, () => fb.push(fail(e, access, report, level)));
  if (e.module.checked) tell(e, access, index, level, touch);
}

/** Calls the host with the place in the source, the buffer, the element, its bytes and what is done to it. */
export function tell(e: NodeEmitter, access: Access, index: Node, level: number, touch: number): void {
  const name = e.module.imported("touch", ["i32", "i32", "i32", "i32", "i32"], null);
  const place = [i32.const(access.site), e.scalar(access.from.base, level), e.scalar(index, level)];
  e.fb.push(call(name, ...place, i32.const(access.bytes), i32.const(touch)));
}

/** A run of neighbours from `index` on. */
export function checkRun(e: NodeEmitter, access: Access, index: Node, level: number, length = 4): void {
  const { fb } = e;
  const starts = e.graph.node("starts", "i32", [access.from.count, e.graph.constant("i32", length - 1)]);
  const outside = i32.ge_u(e.scalar(index, level), e.scalar(starts, level));
  fb.if(outside, () => fb.push(fail(e, access, firstOutside(e, access, index, level), level)));
}

/** Of a run that leaves the buffer, the first element outside: its start, or the one after the buffer's last. */
function firstOutside(e: NodeEmitter, access: Access, index: Node, level: number): Instruction {
  const count = () => e.scalar(access.from.count, level);
  const startInside = i32.lt_u(e.scalar(index, level), count());
  return select(startInside, count(), e.scalar(index, level));
}

const isCounter = (node: Node): boolean => node.data?.kind === "local" && node.level > 0;

/** A check in front of loops: of four elements whose index is a sum of `fixed` and of loop counters, from the least to the greatest. */
export interface HoistedCheck {
  readonly access: Access;
  readonly level: number;
  readonly fixed: ReadonlyMap<Node, number>;
  least: number;
  most: number;
}

/**
 * Notes that four elements at equal steps, which every iteration accesses, are to be checked in front of the loops whose counters their index is
 * a sum of; false where it is no such sum.
 */
export function hoistCheck(e: NodeEmitter, access: Access, index: Node): boolean {
  const { terms, constant } = linearForm(index);
  const others = [...terms].filter(([term]) => !isCounter(term) && term.op !== "lane");
  const level = Math.max(0, access.from.count.level, access.from.base.level, ...others.map(([term]) => term.level));
  const moving = [...terms].filter(([term]) => isCounter(term) && term.level > level);
  if (moving.length === 0) return false;
  const span = 3 * index.stride!;
  let [least, most] = [constant + Math.min(0, span), constant + Math.max(0, span)];
  for (const [term, coefficient] of moving) {
    least += Math.min(0, coefficient * term.facts.max);
    most += Math.max(0, coefficient * term.facts.max);
  }
  if (most - least >= 2 ** 31) return false;
  const fixed = new Map([...terms].filter(([term]) => term.op !== "lane" && !moving.some(([other]) => other === term)));
  const key = `${access.site} ${level} ${access.from.base.id} ${[...fixed].map(([term, factor]) => `${term.id}*${factor}`)}`;
  const known = e.hoisted.get(key);
  if (known) {
    known.least = Math.min(known.least, least);
    known.most = Math.max(known.most, most);
  } else e.hoisted.set(key, { access, level, fixed, least, most });
  return true;
}

/** Emits the checks that were moved out of loops, each for all that its accesses reach. */
export function emitHoisted(e: NodeEmitter): void {
  const { fb, graph } = e;
  for (const { access, level, fixed, least, most } of e.hoisted.values()) {
    const ends = [least, most].map((end) => graph.linear("i32", fixed, end | 0));
    fb.into(e.lists[level]!, () => {
      for (const end of ends) {
        const outside = i32.ge_u(e.scalar(end, level), e.scalar(access.from.count, level));
        const report = e.scalar(end, level);
        fb.if(outside, () => fb.push(fail(e, access, report, level)));
      }
    });
  }
}
