import { type Edges, input, type KernelCase, named, output } from "../case.js";
import { many, numbers } from "../numbers.js";
import { chancesOf, draw, type Sampling } from "../sampler.js";
import { changedState, stateAfter } from "../state.js";

const SEED = 12345;

/** A step whose draw does not hang on rounding. */
function caseOf(title: string, sampling: Sampling): KernelCase {
  const ringSize = 8;
  const count = sampling.logits.length;
  return {
    kernel: "sampleTop",
    title: `${title}, ${count} logits`,
    constants: ({ tiles }) => ({ ...tiles.top }),
    grid: () => [1],
    prepare() {
      const { logits, temperature, topK, topP, minP = 0 } = sampling;
      const chances = chancesOf(sampling);
      const step = Array.from({ length: 100 }, (_, at) => at).find((at) => draw(chances, SEED, at).lead > 1e-3)!;
      const { token } = draw(chances, SEED, step);
      const position = 40;
      const ring = new Float64Array(ringSize).fill(Number.NaN);
      ring[step % ringSize] = token;
      return {
        buffers: {
          logits: input("f32", logits),
          state: changedState({ position, step }, stateAfter({ position, step, token })),
          ring: output("i32", ring, 0),
          chances: input("f32", [1 / temperature, topP, Math.log(minP)]),
          choices: input("i32", [topK, SEED]),
        },
        args: (b) => ({ ...named(b, "logits", "state", "ring", "chances", "choices"), count, ringSize }),
      };
    },
  };
}

/** Bell-shaped logits, no two the same. */
export const bellLogits = (count: number, seed = count): Float32Array =>
  Float32Array.from(many(count, numbers(seed).normal), (value) => 3 * value);

/** The last rows are padding, as `decodeLogits` leaves it: no token. */
function padded(sampling: Sampling, rows: number): Sampling {
  const tokens = sampling.logits.length - rows;
  const logits = sampling.logits.map((logit, token) => (token < tokens ? logit : Number.NEGATIVE_INFINITY));
  return { ...sampling, logits, topK: tokens };
}

export function sampleTopCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.top;
  return [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 9].flatMap((count) => {
    const logits = bellLogits(count);
    return [
      caseOf("the best", { logits, temperature: 1, topK: 1, topP: 1 }),
      caseOf("the best 40", { logits, temperature: 0.7, topK: Math.min(40, count), topP: 1 }),
      caseOf("nine tenths", { logits, temperature: 1, topK: count, topP: 0.9 }),
      caseOf("nine tenths of the best 20", { logits, temperature: 1.3, topK: Math.min(20, count), topP: 0.9 }),
      caseOf("a tenth of the best", { logits, temperature: 1.2, topK: count, topP: 1, minP: 0.1 }),
      caseOf("nine tenths of the best 20, a fifth of the best", {
        ...{ logits, temperature: 1.3, topK: Math.min(20, count), topP: 0.9, minP: 0.2 },
      }),
      caseOf("as likely as the best", { logits, temperature: 2, topK: count, topP: 1, minP: 1 }),
      caseOf("hardly more than the best", { logits, temperature: 1, topK: count, topP: 1e-6 }),
      caseOf("anything", { logits, temperature: 2, topK: count, topP: 1 }),
      ...(count > 8
        ? [caseOf("anything but padding", padded({ logits, temperature: 2, topK: count, topP: 1 }, 5))]
        : []),
    ];
  });
}
