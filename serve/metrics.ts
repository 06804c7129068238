import type { GenerationResult } from "../runtime/index.js";

/** Upper bounds, in seconds. */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

class Histogram {
  readonly #counts = BOUNDS.map(() => 0);
  #sum = 0;
  #count = 0;

  add(seconds: number): void {
    this.#sum += seconds;
    this.#count++;
    for (const [at, bound] of BOUNDS.entries()) if (seconds <= bound) this.#counts[at]!++;
  }

  lines(name: string): string[] {
    const buckets = BOUNDS.map((bound, at) => `${name}_bucket{le="${bound}"} ${this.#counts[at]}`);
    return [
      ...buckets,
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${this.#count}`,
    ];
  }
}

/** What `/metrics` tells Prometheus, in its text format (0.0.4). */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #tokens = { prompt: 0, cached: 0, generated: 0 };
  readonly #firstToken = new Histogram();
  readonly #duration = new Histogram();

  /** @param path the route, not what was asked for: whoever guesses paths must not make ever more series */
  request(path: string, status: number, seconds: number): void {
    const series = `{path="${path}",status="${status}"}`;
    this.#requests.set(series, (this.#requests.get(series) ?? 0) + 1);
    this.#duration.add(seconds);
  }

  answer({ promptTokens, cachedTokens, tokens, timings }: GenerationResult): void {
    this.#tokens.prompt += promptTokens;
    this.#tokens.cached += cachedTokens;
    this.#tokens.generated += tokens.length;
    this.#firstToken.add(timings.firstTokenMs / 1000);
  }

  text(underWay: number): string {
    const series = (name: string, kind: string, help: string, lines: readonly string[]) => [
      `# HELP tilescript_${name} ${help}`,
      `# TYPE tilescript_${name} ${kind}`,
      ...lines,
    ];
    const one = (name: string, kind: string, help: string, value: number) =>
      series(name, kind, help, [`tilescript_${name} ${value}`]);
    const requests = [...this.#requests].map(([labels, count]) => `tilescript_requests_total${labels} ${count}`);
    return [
      ...series("requests_total", "counter", "Requests that were answered.", requests),
      ...one("requests_under_way", "gauge", "Requests that run or wait.", underWay),
      ...one("prompt_tokens_total", "counter", "Tokens of prompts.", this.#tokens.prompt),
      ...one("cached_tokens_total", "counter", "Of these, tokens that the cache still held.", this.#tokens.cached),
      ...one("generated_tokens_total", "counter", "Tokens of answers.", this.#tokens.generated),
      ...series(
        "first_token_seconds",
        "histogram",
        "From a request to its first token.",
        this.#firstToken.lines("tilescript_first_token_seconds"),
      ),
      ...series(
        "request_seconds",
        "histogram",
        "From a request to the end of its answer.",
        this.#duration.lines("tilescript_request_seconds"),
      ),
      "",
    ].join("\n");
  }
}
