import { PullError } from "./errors.js";
import { backOff, type Pace } from "./pace.js";
import { isPassing, refusal, type Subject } from "./refusals.js";

export interface RequestContext extends Subject {
  readonly pace: Pace;
  readonly signal?: AbortSignal;
}

/** Nobody answers there at all: to ask again at once would not help. */
const NOBODY = new Set(["ENOTFOUND", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EAI_AGAIN"]);

/**
 * A fetch for the Hub: the token goes to the Hub's own origin and nowhere else, refusals become PullErrors, and passing trouble is tried
 * again. What cannot be reached becomes a PullError "unreachable"; an aborted signal throws its reason.
 */
export function hubFetch(context: RequestContext): typeof fetch {
  const { pace, signal } = context;
  return async (input, init) => {
    for (let failures = 1; ; failures++) {
      const outcome = await once(context, input, init);
      signal?.throwIfAborted();
      if (outcome instanceof Response) {
        if (outcome.ok) return outcome;
        if (!isPassing(outcome.status) || failures >= pace.attempts) throw await refused(outcome, context);
        await outcome.body?.cancel();
        await backOff(pace, failures, { signal, asked: retryAfter(outcome) });
      } else {
        if (failures >= pace.attempts || NOBODY.has(codeOf(outcome) ?? "")) throw unreachable(outcome, context);
        await backOff(pace, failures, { signal });
      }
    }
  };
}

/** One request: its answer, or what kept it from having one. */
export async function once(
  { settings, pace, signal }: RequestContext,
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<Response | Error> {
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = new Headers(init.headers);
  headers.set("User-Agent", "tilescript");
  // fetch itself takes the header away where a redirect leads to another origin.
  if (settings.token !== undefined && url.origin === new URL(settings.endpoint).origin)
    headers.set("Authorization", `Bearer ${settings.token}`);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`no answer within ${pace.stallMs / 1000} s`)), pace.stallMs);
  try {
    const signals = [signal, init.signal, patience.signal].filter((one) => one != null);
    return await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
  } catch (error) {
    return error as Error;
  } finally {
    clearTimeout(timer);
  }
}

export async function refused(response: Response, context: RequestContext): Promise<PullError> {
  await response.body?.cancel();
  return refusal(response, context);
}

export function unreachable(error: Error, { settings }: RequestContext): PullError {
  return new PullError("unreachable", `${new URL(settings.endpoint).host} cannot be reached (${causeText(error)})`, {
    cause: error,
    hint: settings.proxyIgnored
      ? "HTTPS_PROXY is set, which Node honours from 22.21 and 24 on, with NODE_USE_ENV_PROXY=1 only."
      : undefined,
  });
}

/** fetch says "fetch failed" of everything; what failed is in its cause. */
export const causeText = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message || codeOf(cause) || cause.name;
};

const codeOf = (error: Error): string | undefined =>
  [error, error.cause]
    .map((one) => (one as NodeJS.ErrnoException | undefined)?.code)
    .find((code) => code !== undefined);

/** Milliseconds of a Retry-After in seconds; a date is rare, and our own delay is good enough then. */
export function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
