/** Forms in which arguments are written one by one between tags: texts as they are, all else as JSON. */
import { isOfType, type Markup, typesOfProperty } from "../grammar/index.js";
import { type Form, parsed, type Schemas, type Written } from "./form.js";

interface Tags {
  readonly opens: string;
  /** The model forgets what opens its calls at times, and begins with the call. */
  readonly mayForget?: boolean;
  readonly closes: string;
  readonly ends?: string;
  /** Around the name of a call, and behind its arguments. */
  readonly call: readonly [before: string, behindName: string, behind: string];
  /** Around the name of an argument, and behind its value. */
  readonly argument: readonly [before: string, behindName: string, behind: string];
}

/** White space between tags is not looked at. */
const loose = (tags: string): string =>
  tags
    .trim()
    .replace(/[^\w\s<>]/g, "\\$&")
    .replace(/(?<=>)\s*(?=<)/g, "\\s*");

function tagged({ opens, mayForget = false, closes, ends, call, argument }: Tags): Form {
  const begins = new RegExp(`(?:\\s*${loose(call[0])})${mayForget ? "?" : ""}\\s*([\\w.-]+)\\s*${loose(call[1])}`, "y");
  const [[before, behindName, behind], line] = [argument, argument[1].endsWith("\n") ? "\\n?" : ""];
  const argumentBegins = new RegExp(`\\s*${loose(before)}([^<>"\\n]+)${loose(behindName)}${line}`, "y");
  const argumentEnds = new RegExp(`${line}${loose(behind)}`, "g");
  const over = new RegExp(`\\s*${loose(call[2])}`, "y");
  const markup: Markup = {
    around: (name) => [`${before}${name}${behindName}`, behind],
    never: [behind.trim(), closes, ...(ends === undefined ? [] : [ends])],
  };

  /** Reads calls one behind the other; undefined where anything else stands between. */
  function read(said: string, schemas: Schemas): readonly Written[] | undefined {
    const calls: Written[] = [];
    let at = 0;
    const take = (pattern: RegExp): RegExpExecArray | null => {
      pattern.lastIndex = at;
      const match = pattern.exec(said);
      if (match) at = pattern.lastIndex;
      return match;
    };
    while (calls.length === 0 || said.slice(at).trim() !== "") {
      const [, name] = take(begins) ?? [];
      if (name === undefined) return undefined;
      const given: [string, unknown][] = [];
      for (let next = take(argumentBegins); next; next = take(argumentBegins)) {
        const from = at;
        const end = take(argumentEnds);
        if (!end) return undefined;
        given.push([next[1]!, meant(said.slice(from, end.index), typesOfProperty(schemas.get(name), next[1]!))]);
      }
      // What ends a call may be what the reader found already.
      if (!take(over) && said.slice(at).trim() !== "") return undefined;
      calls.push({ name, arguments: Object.fromEntries(given) });
    }
    return calls;
  }

  return {
    opens: mayForget ? [opens, call[0].trim()] : [opens],
    closes,
    ...(ends === undefined ? {} : { ends }),
    read,
    around: (name) => {
      const prefix = call[0].startsWith(opens) ? "" : opens;
      const suffix = call[2].endsWith(closes) ? "" : closes;
      return [`${prefix}${call[0]}${name}${call[1]}`, `${call[2]}${suffix}`];
    },
    markup,
  };
}

/** Templates show values as Python writes them. */
const PYTHON: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null" };

/** A value as it was meant: a text, unless its schema lets through other types and it is of one of those. */
function meant(said: string, types: readonly string[] | undefined): unknown {
  if (types?.every((type) => type === "string")) return said;
  const written = said.trim();
  const value = parsed(PYTHON[written] ?? written);
  const isMeant = types ? types.some((type) => isOfType(value, type)) : value !== undefined;
  return isMeant && typeof value !== "string" ? value : said;
}

/** `<tool_call>\n<function=name>\n<parameter=a>\n…\n</parameter>\n</function>\n</tool_call>`: Qwen3-Coder, Nemotron 3. */
export const QWEN_CODER = tagged({
  opens: "<tool_call>",
  // Qwen's own parser for vLLM takes calls without it.
  mayForget: true,
  closes: "</tool_call>",
  call: ["\n<function=", ">\n", "</function>\n"],
  argument: ["<parameter=", ">\n", "\n</parameter>\n"],
});

/** The same within tokens of Seed-OSS, each argument on a line. */
export const SEED = tagged({
  opens: "<seed:tool_call>",
  closes: "</seed:tool_call>",
  call: ["\n<function=", ">\n", "</function>\n"],
  argument: ["<parameter=", ">", "</parameter>\n"],
});

const glm = (line: string): Form =>
  tagged({
    opens: "<tool_call>",
    closes: "</tool_call>",
    call: ["", line, ""],
    argument: ["<arg_key>", `</arg_key>${line}<arg_value>`, `</arg_value>${line}`],
  });

/** `<tool_call>name\n<arg_key>a</arg_key>\n<arg_value>…</arg_value>\n</tool_call>`: GLM-4.5 and 4.6. */
export const GLM = glm("\n");
/** The same on one line: GLM-4.7 and 5. */
export const GLM_LINE = glm("");

/** `<invoke name="…">\n<parameter name="a">…</parameter>\n</invoke>` in a section: MiniMax M2. */
export const MINIMAX = tagged({
  opens: "<minimax:tool_call>",
  ends: "</invoke>",
  closes: "</minimax:tool_call>",
  call: ['\n<invoke name="', '">\n', "</invoke>\n"],
  argument: ['<parameter name="', '">', "</parameter>\n"],
});
