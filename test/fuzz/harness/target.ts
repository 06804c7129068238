/** What a fuzz target is, and the loop that most of them share. */

import fc from "fast-check";
import { noteInput } from "./noted-input.js";

export interface Budget {
  /** The same seed gives the same inputs. */
  readonly seed: number;
  /** When to stop, as Date.now() tells it. */
  readonly deadline: number;
}

/** A module of test/fuzz. `run` throws for a fault, with the seed and the input in the message. */
export interface FuzzTarget {
  readonly name: string;
  run(budget: Budget): Promise<{ readonly inputs: number }>;
  /** Tries one input, as JSON has it; throws what the product throws. For the corpus. */
  replay?(input: unknown): Promise<void>;
}

export interface Attempts<Input> {
  /** JSON can hold each of them. */
  readonly inputs: fc.Arbitrary<Input>;
  /** Inputs with nothing wrong, which must be taken: where even these are refused, nothing behind the refusal is tried. */
  readonly right: readonly Input[];
  /** Names of the errors by which a wrong input is refused; every other one is a fault. */
  readonly refusals: readonly string[];
  attempt(input: Input): unknown;
}

/** `run` and `replay` of a target: tries inputs until the deadline, and makes the first one that is a fault as small as there is time for. */
export function attempts<Input>({ inputs, right, refusals, attempt }: Attempts<Input>): Omit<FuzzTarget, "name"> {
  const refuses = (error: unknown): boolean => error instanceof Error && refusals.includes(error.name);
  return {
    async run({ seed, deadline }) {
      let tried = 0;
      for (const input of right) {
        noteInput(++tried, input);
        try {
          await attempt(input);
        } catch (error) {
          throw new Fault(error, { seed, tried, input });
        }
      }
      const property = fc.asyncProperty(inputs, async (input) => {
        noteInput(++tried, input);
        try {
          await attempt(input);
        } catch (error) {
          if (!refuses(error)) throw error;
        }
      });
      const result = await fc.check(property, {
        seed,
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: Math.max(1, deadline - Date.now()),
      });
      if (!result.failed || result.counterexample === null) return { inputs: tried };
      throw new Fault(result.errorInstance, { seed, tried, input: result.counterexample[0] });
    },
    async replay(input) {
      await attempt(input as Input);
    },
  };
}

/** What a target found. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly tried: number;
  readonly input: string;
  /** What is wrong and where, without the input: the same for the same fault. */
  readonly what: string;

  constructor(cause: unknown, { seed, tried, input }: { seed: number; tried: number; input: unknown }) {
    const what = describe(cause);
    const json = JSON.stringify(input);
    super(`seed ${seed}: ${what}; input: ${json}`, { cause });
    this.what = what;
    this.tried = tried;
    this.input = json;
  }
}

/** The error and the first line of the project in its stack. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return `${String(cause)} was thrown`;
  const lines = (cause.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const own = lines.find((line) => /\/(?:dsl|compiler|runtime|cli)\//.test(line) && !line.includes("node_modules"));
  const place = /((?:dsl|compiler|runtime|cli|test)\/[^\s()]+)\)?$/.exec(own ?? lines[0] ?? "")?.[1];
  return `${cause.name}: ${cause.message.slice(0, 300)}${place ? ` (${place})` : ""}`;
}
