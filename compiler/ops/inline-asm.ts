import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type Type } from "../ir/index.js";
import { mappedType, statesOf, typesOf } from "./combining.js";
import type { TileType } from "./convert.js";
import type { Op, OpNode } from "./op.js";
import { call, list } from "./python.js";
import { pythonString } from "./python-string.js";
import { dtypeText, materialize } from "./python-values.js";

/** Registers that `pack` elements take: what is smaller shares one of 32 bits. */
const registers = (type: Type, pack: number): number => Math.ceil((pack * Math.min(bytesOf(type), 4)) / 4);
const bytesOf = (type: Type): number => DTYPES[(type as TileType).dtype].bytes;

const PACKS = [1, 2, 4, 8, 16];

/** Outputs begin with `=`, clobbers with `~`, and all others are inputs. */
function counted(constraints: string): readonly [outputs: number, inputs: number] {
  const all = constraints.split(",").map((one) => one.trim());
  const outputs = all.filter((one) => one.startsWith("="));
  return [outputs.length, all.filter((one) => one !== "" && !/^[=~]/.test(one)).length];
}

const packOf = ({ attrs }: Pick<OpNode, "attrs">): number => Number(attrs.pack ?? 1);

/** PTX on each element, or on several at a time; what it means on a CPU a function of the author's says, whose results are its own. */
export const inlineAsm: Op = {
  name: "inlineAsm",
  params: { asm: "text", constraints: "text", cpu: { combines: "x", times: 1 }, tiles: { rest: "x" } },
  options: { pack: "integer" },
  infer(source, context) {
    const type = mappedType(source, context);
    if (!type) return null;
    const pack = packOf(source);
    if (!PACKS.includes(pack)) {
      const facts = { op: "inlineAsm", name: "pack", got: String(pack), known: PACKS.map(String) };
      return context.fail(problems.unknownChoice(source.span, facts));
    }
    const total = (types: readonly Type[]): number => types.reduce((sum, one) => sum + registers(one, pack), 0);
    const want = [total(typesOf(type)), total(statesOf(source.args).map((one) => one.type))] as const;
    const got = counted(String(source.attrs.constraints));
    if (got.join() !== want.join()) return context.fail(problems.asmRegisters(source.span, { got, want, pack }));
    return { kind: "op", op: "inlineAsm", args: source.args, attrs: source.attrs, type, span: source.span };
  },
  emit(args, node) {
    const given = statesOf(args).map((one, index) => materialize(one, statesOf(node.args)[index]!.type));
    const dtypes = typesOf(node.type).map((type) => dtypeText((type as TileType).dtype));
    const { asm, constraints } = node.attrs;
    return call("tl.inline_asm_elementwise", [pythonString(String(asm))], {
      constraints: pythonString(String(constraints)),
      args: list(given),
      dtype: node.type.kind === "tuple" ? `(${dtypes.join(", ")},)` : dtypes[0],
      is_pure: "True",
      pack: String(packOf(node)),
    });
  },
};
