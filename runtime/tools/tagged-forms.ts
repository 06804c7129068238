/** Forms in which arguments are written one by one between tags: texts as they are, all else as JSON. */
import { isOfType, type Markup, typesOfProperty } from "../grammar/index.js";
import { type Form, parsed, type Schemas, type Written } from "./form.js";
import { pythonValue } from "./written-values.js";

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
  /** What says, before a value, whether it is a text or JSON. */
  readonly kinds?: Markup["kinds"];
  /** Around a text that has what ends a value, or others of some characters. */
  readonly verbatim?: Markup["verbatim"];
  /** Other tokens within calls. */
  readonly inner?: readonly string[];
}

/** White space between tags is not looked at. */
const loose = (tags: string): string =>
  tags
    .trim()
    .replace(/[^\w\s<>]/g, "\\$&")
    .replace(/(?<=>)\s*(?=<)/g, "\\s*");

const escaped = (text: string): string => text.replace(/[^\w\s]/g, "\\$&");

function tagged({ opens, mayForget = false, closes, ends, call, argument, kinds, verbatim, inner }: Tags): Form {
  const begins = new RegExp(`(?:\\s*${loose(call[0])})${mayForget ? "?" : ""}\\s*([\\w.-]+)\\s*${loose(call[1])}`, "y");
  const [[before, behindName, behind], line] = [argument, argument[1].endsWith("\n") ? "\\n?" : ""];
  const kind = kinds ? `(?:(${escaped(kinds[0])})|${escaped(kinds[1])})` : "()";
  const argumentBegins = new RegExp(`\\s*${loose(before)}([^<>"\\n]+)${loose(behindName)}${kind}${line}`, "y");
  const whole = verbatim && `${escaped(verbatim[0])}([\\s\\S]*?)${escaped(verbatim[1])}`;
  const verbatimEnds = whole === undefined ? undefined : new RegExp(`\\s*${whole}\\s*${loose(behind)}`, "y");
  const argumentEnds = new RegExp(`${line}${loose(behind)}`, "g");
  const over = new RegExp(`\\s*${loose(call[2])}`, "y");
  const markup: Markup = {
    around: (name) => [`${before}${name}${behindName}`, behind],
    never: [behind.trim(), closes, ...(ends === undefined ? [] : [ends])],
    ...(kinds && { kinds }),
    ...(verbatim && { verbatim }),
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
        const [, argumentName = "", isText] = next;
        const from = at;
        const text = verbatimEnds && take(verbatimEnds)?.[1];
        const end = text === undefined ? take(argumentEnds) : undefined;
        if (end === null) return undefined;
        const value = text ?? said.slice(from, end!.index);
        // Where the kind is said, a text is one.
        const types = text === undefined && !isText ? typesOfProperty(schemas.get(name), argumentName) : TEXT;
        given.push([argumentName, meant(value, kinds && types !== TEXT ? undefined : types)]);
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
    ...(inner && { inner }),
    ...(whole !== undefined && {
      verbatim: new RegExp(`${escaped(verbatim![0])}[\\s\\S]*?(?:${escaped(verbatim![1])}|$)`, "g"),
    }),
    read,
    around: (name) => {
      const prefix = call[0].startsWith(opens) ? "" : opens;
      const suffix = call[2].endsWith(closes) ? "" : closes;
      return [`${prefix}${call[0]}${name}${call[1]}`, `${call[2]}${suffix}`];
    },
    markup,
  };
}

const TEXT: readonly string[] = ["string"];

/** A value as it was meant, where templates show values as Python writes them: a text, unless its schema lets through other types and it is of one of those. */
function meant(said: string, types: readonly string[] | undefined): unknown {
  if (types?.every((type) => type === "string")) return said;
  const written = said.trim();
  const value = parsed(written) ?? pythonValue(written);
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

/** The same between tags of a language of their own, which say of each argument whether it is a text: `mark` names the language, `section` all calls. */
const markedUp = (mark: string, section: string): Form =>
  tagged({
    opens: `<｜${mark}｜${section}>`,
    ends: `</｜${mark}｜invoke>`,
    closes: `</｜${mark}｜${section}>`,
    call: [`\n<｜${mark}｜invoke name="`, '">\n', `</｜${mark}｜invoke>\n`],
    argument: [`<｜${mark}｜parameter name="`, '" string="', `</｜${mark}｜parameter>\n`],
    kinds: ['true">', 'false">'],
    inner: [`｜${mark}｜`],
  });

/** `<｜DSML｜invoke name="…">\n<｜DSML｜parameter name="a" string="true">…</｜DSML｜parameter>\n</｜DSML｜invoke>` in a section: DeepSeek V3.2. */
export const DSML_32 = markedUp("DSML", "function_calls");
/** The same in a section of another name: DeepSeek V4. */
export const DSML = markedUp("DSML", "tool_calls");
/** The same of another language: GigaChat 3.5. */
export const GCML = markedUp("GCML", "tool_calls");

/** `<function name="…"><param name="a">…</param></function>`: MiniCPM5, with texts that have <, & or lines in CDATA. */
export const MINICPM = tagged({
  opens: '<function name="',
  closes: "</function>",
  call: ["", '">', ""],
  argument: ['<param name="', '">', "</param>"],
  verbatim: ["<![CDATA[", "]]>", "<&\n"],
});
