import { DTYPES } from "../../../ir/index.js";
import { touchOfAtomic } from "../checks/touch.js";
import { checkElement, tell } from "../emit/bounds.js";
import { elementPlace } from "../emit/loads.js";
import { br_if, call, i32, i64 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import type { Access } from "../lanes/node.js";
import { alignIndex, flatIndex, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { storeRef, type TileVariable } from "./assign.js";
import { checkAligned, Word } from "./atomic.js";
import type { Host } from "./host.js";
import { runElements } from "./nest.js";
import { place } from "./reduce.js";
import { stage } from "./stage.js";

/** Looks before a program sleeps between looks, and for how many nanoseconds: whoever it waits for may need its processor. */
const LOOKS = 1000;
const DOZE = 50_000n;

/** Waits at each pointer until it holds what is expected, or the time that all of them have together is over; each is looked at once at least. */
export function poll(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const { fb } = host;
  const { module } = fb;
  const { ptr, expected, timeoutNs } = expr.args;
  const shape = shapeOf(ptr!);
  const dtype = dtypeOf(ptr!);
  const target = to ?? place(host, "bool", shape);
  const order = shape.map((_size, axis) => axis);
  for (const operand of Object.values(expr.args)) {
    const own = shapeOf(operand);
    stage(
      host,
      operand,
      own,
      own.map((_size, axis) => axis),
    );
  }
  const clock = () => call(fb.module.imported("clock", [], "i64"));
  const start = timeoutNs ? fb.hold("i64", clock()) : null;
  runElements(
    host,
    shape,
    order.filter((axis) => shape[axis]! > 1),
    (nest) => {
      const { builder, emitter, innermost, graph } = nest;
      const index = nest.index(0);
      const at = builder.pointer(ptr!, index);
      const wanted = builder.convert(builder.build(expected!, alignIndex(graph, shapeOf(expected!), index)), dtype);
      const limit = timeoutNs ? builder.convert(builder.build(timeoutNs, []), "i64") : null;
      const spot = flatIndex(graph, shape, index);
      const site = host.env.site(expr.op, at.from.params, expr.span);
      const access: Access = { from: at.from, bytes: DTYPES[dtype].bytes, site };
      nest.at(innermost, () => {
        const held = fb.hold(REPRESENTATION[dtype], emitter.scalar(wanted, innermost));
        const until = limit && fb.hold("i64", emitter.scalar(limit, innermost));
        const touch = touchOfAtomic(expr.op, expr.attrs, true);
        checkElement(emitter, access, at.offset, innermost, touch);
        const { base, offset } = elementPlace(emitter, access, at.offset, innermost);
        const address = fb.hold("i32", i32.add(base, i32.const(offset)));
        checkAligned(nest, access, at.offset, address);
        const word = new Word(fb, dtype, address);
        const seen = fb.local("i32");
        const looks = fb.hold("i32", i32.const(LOOKS));
        fb.forever((done) => {
          fb.set(seen, word.holds(held));
          if (module.checked && !until) tell(emitter, access, at.offset, innermost, touch);
          fb.push(br_if(done, fb.get(seen)));
          if (until && start) fb.push(br_if(done, i64.ge_u(i64.sub(clock(), fb.get(start)), fb.get(until))));
          fb.if(
            fb.get(looks),
            () => fb.set(looks, i32.sub(fb.get(looks), i32.const(1))),
            () => word.doze(DOZE),
          );
        });
        if (target.kind === "scalar") fb.set(target.local, fb.get(seen));
        else storeRef(nest, target as TileVariable, spot, fb.get(seen), innermost);
      });
    },
  );
  return target;
}
