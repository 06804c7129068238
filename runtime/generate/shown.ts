const LONGEST = 80;

/** A value that an option got, as an error shows it: whatever it is. */
export function shown(value: unknown): string {
  const text = written(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function written(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "number") return `${value}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "what is no JSON";
  }
}
