import { randomInt } from "node:crypto";
import { heldBack } from "../generate/stop-filter.js";
import type { Form, Written } from "./forms.js";
import type { ToolCall } from "./tools.js";

/** What an answer says, apart from the calls in it. */
export interface Heard {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** Mistral's templates want nine letters and digits. */
const newId = (): string => Array.from({ length: 9 }, () => LETTERS[randomInt(LETTERS.length)]).join("");

/**
 * Takes calls out of an answer's text as it comes. Of what may become a call nothing is told before it is known; what turns out to be none is text. A call
 * that the answer's end cuts off is neither.
 */
export class CallReader {
  readonly #form: Form;
  readonly #names: ReadonlySet<string>;
  /** Text that may become the sign of a call, or white space that may stand before another. */
  #held = "";
  /** What came behind the sign of a call. */
  #call: string | undefined;
  #sign = "";
  #began = false;
  #calls = 0;

  readonly #isForced: boolean;

  /** @param names of the tools that there are: what asks for another is no call @param isForced the answer is a call and nothing else */
  constructor(form: Form, names: readonly string[], isForced = false) {
    this.#form = form;
    this.#names = new Set(names);
    this.#isForced = isForced;
  }

  push(text: string): Heard {
    let said = "";
    const calls: ToolCall[] = [];
    for (let rest = text; rest !== ""; ) {
      if (this.#call === undefined) {
        const [shown, behind] = this.#read(rest);
        said += shown;
        rest = behind;
      } else {
        this.#call += rest;
        const { closes } = this.#form;
        const end = closes === undefined ? -1 : this.#call.indexOf(closes);
        if (end < 0) break;
        rest = this.#call.slice(end + closes!.length);
        said += this.#close(this.#call.slice(0, end), calls, closes!);
      }
    }
    return { text: said, calls };
  }

  /**
   * @param isCut the answer was not at its end: what is unfinished says nothing
   * @param isStopped a stop text ended it: that may be the end of an object, but of no call that a sign began
   */
  end(isCut: boolean, isStopped = false): Heard {
    const calls: ToolCall[] = [];
    if (this.#call !== undefined) {
      const call = this.#call;
      const isLost = isCut || (isStopped && (this.#sign !== "" || this.#isForced));
      if (isLost && !this.#known(call)) return { text: "", calls };
      return { text: this.#close(call, calls, ""), calls };
    }
    const isPart = (this.#isForced && (isCut || isStopped)) || (this.#calls > 0 && this.#held.trim() === "");
    const held = isPart ? "" : this.#held;
    this.#held = "";
    return { text: held, calls };
  }

  /** What is text for sure, and what is behind the sign of a call. */
  #read(more: string): readonly [said: string, behind: string] {
    const all = this.#held + more;
    this.#held = "";
    const { opens, bare } = this.#form;
    if (bare && !this.#began && /^\s*(?:\{|$)/.test(all)) {
      if (all.trim() === "") return this.#hold(all, 0);
      [this.#call, this.#sign, this.#began] = ["", "", true];
      return ["", all];
    }
    const at = all.indexOf(opens);
    if (at < 0) return this.#hold(all, all.length - heldBack(all, opens));
    [this.#call, this.#sign, this.#began] = ["", opens, true];
    const before = all.slice(0, at);
    return [this.#calls > 0 && before.trim() === "" ? "" : before, all.slice(at + opens.length)];
  }

  /** Tells what is before `certain`, and keeps the rest. */
  #hold(all: string, certain: number): readonly [string, string] {
    const said = all.slice(0, certain);
    // White space behind a call is text only before more of it.
    if (this.#calls > 0 && said.trim() === "") {
      this.#held = all;
      return ["", ""];
    }
    this.#held = all.slice(certain);
    if (said.trim() !== "") this.#began = true;
    return [said, ""];
  }

  #known(call: string): readonly Written[] | undefined {
    const written = this.#form.read(call.trim());
    return written?.every(({ name }) => this.#names.has(name)) ? written : undefined;
  }

  /** Puts what was called into `calls`; gives what is no call as the text that it is. */
  #close(call: string, calls: ToolCall[], closing: string): string {
    this.#call = undefined;
    const written = this.#known(call);
    if (!written) return this.#sign + call + closing;
    calls.push(...written.map((one) => ({ id: newId(), ...one })));
    this.#calls += written.length;
    return "";
  }
}
