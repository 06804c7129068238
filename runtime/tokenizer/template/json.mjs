/** The filter tojson as transformers has it: Python's json.dumps with ensure_ascii off. */
import { state } from "./state.mjs";
import {
  ArrayValue,
  asValue,
  BooleanValue,
  compare,
  FloatValue,
  floatText,
  isNumber,
  isText,
  isTrue,
  NamespaceValue,
  NullValue,
  nameOf,
  ObjectValue,
  shown,
  text,
  written,
} from "./values.mjs";

export function tojson(operand, args, named) {
  const [ascii, indent, separators, sorted] = ["ensure_ascii", "indent", "separators", "sort_keys"].map(
    (name, i) => args[i] ?? named.get(name),
  );
  const isIndented = indent !== undefined && !(indent instanceof NullValue);
  const own = separators instanceof ArrayValue ? separators.value.map((one) => one.value) : undefined;
  const style = {
    ascii: ascii !== undefined && isTrue(ascii),
    step: !isIndented
      ? undefined
      : isText(indent)
        ? indent.value
        : " ".repeat(Math.max(0, Math.min(indent.value, state.limits.text))),
    comma: own?.[0] ?? (isIndented ? "," : ", "),
    colon: own?.[1] ?? ": ",
    sorted: sorted !== undefined && isTrue(sorted),
    made: 0,
  };
  return text(put(operand, style, 0));
}

function put(value, style, depth) {
  state.limits.step();
  if (isText(value)) return charged(quoted(value.value, style.ascii), style);
  if (value instanceof NullValue) return "null";
  if (value instanceof BooleanValue) return value.value ? "true" : "false";
  if (value instanceof FloatValue) return floatText(value.value);
  if (isNumber(value)) return written(value);
  const padding = style.step === undefined ? "" : `\n${style.step.repeat(depth)}`;
  const inner = style.step === undefined ? "" : padding + style.step;
  const within = (open, parts, close) => {
    charged(inner.repeat(0), style, parts.length * (inner.length + style.comma.length));
    return parts.length === 0 ? open + close : open + inner + parts.join(style.comma + inner) + padding + close;
  };
  if (value instanceof ArrayValue)
    return within(
      "[",
      value.value.map((one) => put(one, style, depth + 1)),
      "]",
    );
  if (value instanceof ObjectValue && !(value instanceof NamespaceValue)) {
    const entries = [...value.value];
    if (style.sorted) entries.sort(([a], [b]) => compare(asValue(a), asValue(b)));
    const parts = entries.map(
      ([key, one]) => charged(quoted(keyText(key), style.ascii), style) + style.colon + put(one, style, depth + 1),
    );
    return within("{", parts, "}");
  }
  throw new TypeError(`Object of type ${nameOf(value)} is not JSON serializable`);
}

/** Text is charged as it is made: a list may hold itself many times over. */
function charged(made, style, more = 0) {
  style.made += made.length + more;
  if (style.made > state.limits.text) state.limits.makeText(style.made);
  return made;
}

const keyText = (key) => (typeof key === "string" ? key : key === null ? "null" : String(key));

function quoted(value, isAscii) {
  const written = JSON.stringify(value);
  if (!isAscii) return written;
  return written.replace(/[\x7f-\uffff]/g, (unit) => {
    const said = shown(text(unit));
    return said < "\x7f" ? unit : `\\u${said.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
