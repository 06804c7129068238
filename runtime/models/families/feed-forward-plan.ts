import type { LayerPlan, MatrixPlan, Part } from "../weights-plan.js";
import { biasName, nameOf, type Role } from "./names.js";
import { type Planning, planMatrix } from "./planning.js";
import { range } from "./row-orders.js";

type FeedForwardPlan = Pick<LayerPlan, "gateUp" | "down" | "router">;

/** The feed-forward weights of each layer: dense ones, or those of experts. */
export function planFeedForward(planning: Planning): (n: number) => FeedForwardPlan {
  const { experts, feedForward } = planning.config;
  if (!experts) return (n) => planDense(planning, n, feedForward);
  const { dense } = experts;
  const mixed = planExperts(planning, experts.count);
  return (n) => (dense?.layers.has(n) ? planDense(planning, n, dense.feedForward) : mixed(n));
}

function planDense(planning: Planning, n: number, feedForward: number): FeedForwardPlan {
  const { config, names, tensors, biases } = planning;
  const { hidden } = config;
  const biased = biases("feedForward", n);
  const fused = names.gateUp !== "" && tensors.has(nameOf(names.gateUp, n));
  const down = planMatrix(planning, "down", n, [hidden, feedForward], biased);
  if (fused) return { gateUp: planMatrix(planning, "gateUp", n, [2 * feedForward, hidden], biased), down };
  const both = [names.gate, names.up].map((name) => nameOf(name, n));
  const gateUp: MatrixPlan = {
    parts: both.map((name) => ({ tensor: tensors.take(name, [feedForward, hidden]) })),
    bias: biased ? both.map((name) => ({ tensor: tensors.take(biasName(name), [feedForward]) })) : undefined,
  };
  return { gateUp, down };
}

/** Experts lie one by one in tensors of their own, or all in one tensor [experts, rows, columns] of which each takes its slice. */
function planExperts(planning: Planning, count: number): (n: number) => FeedForwardPlan {
  const { config, names, tensors } = planning;
  const { hidden, feedForward } = config;
  const experts = Array.from({ length: count }, (_, e) => e);
  // Shared by all layers, as together these lists are as long as the experts have rows; not made before a tensor has that many.
  const slices = new Map<number, Int32Array[]>();
  const slicesOf = (rows: number): Int32Array[] => {
    const known = slices.get(rows) ?? Array.from({ length: 2 * count }, (_, index) => range(index * rows, rows));
    slices.set(rows, known);
    return known;
  };
  const part = (role: Role, n: number, shape: readonly number[], e?: number): Part => ({
    tensor: tensors.take(nameOf(names[role], n, e), shape),
  });
  const gateUp: Record<ExpertForm, (n: number) => Part[]> = {
    fused: (n) => {
      const both = part("gateUps", n, [count, 2 * feedForward, hidden]);
      return slicesOf(feedForward).map((order) => ({ ...both, order }));
    },
    stacked: (n) => {
      const both = (["gates", "ups"] as const).map((role) => part(role, n, [count, feedForward, hidden]));
      return experts.flatMap((e) => both.map((of) => ({ ...of, order: slicesOf(feedForward)[e]! })));
    },
    single: (n) =>
      experts.flatMap((e) =>
        (["expertGate", "expertUp"] as const).map((role) => part(role, n, [feedForward, hidden], e)),
      ),
  };
  const down = (form: ExpertForm, n: number): Part[] => {
    if (form === "single") return experts.map((e) => part("expertDown", n, [hidden, feedForward], e));
    const all = part("downs", n, [count, hidden, feedForward]);
    return experts.map((e) => ({ ...all, order: slicesOf(hidden)[e]! }));
  };
  return (n) => {
    const form = expertForm(planning, n);
    return {
      gateUp: { parts: gateUp[form](n) },
      down: { parts: down(form, n) },
      router: { parts: [part("router", n, [count, hidden])] },
    };
  };
}

/** All experts' gates and ups in one tensor, in two, or each in its own. */
type ExpertForm = "fused" | "stacked" | "single";

/** How the file has them; where it has none of a layer, how it should, for the error that follows. */
function expertForm({ names, tensors }: Planning, n: number): ExpertForm {
  const found = (role: Role) => names[role] !== "" && tensors.has(nameOf(names[role], n));
  if (found("gateUps")) return "fused";
  if (found("gates")) return "stacked";
  return found("expertGate") || names.gates === "" ? "single" : "stacked";
}
