/** How a server is reached, and how much it takes at a time. */
export interface ServeSettings {
  /** Address to listen at. Default 127.0.0.1; any that others can reach needs a token. */
  readonly host?: string;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** What callers must send as `Authorization: Bearer …`. Default: none is asked for. */
  readonly token?: string;
  /** Requests that may run or wait at a time; what comes beyond is answered with 429. Default 256. */
  readonly queue?: number;
  /** Bytes of a request's body. Default 32 MiB, about 8 million tokens. */
  readonly bodyBytes?: number;
  /** Milliseconds that requests under way get to end when the server is closed. Default 4000. */
  readonly patienceMs?: number;
  /** Gets a line a request. Default: none. */
  readonly log?: (line: string) => void;
}

export const DEFAULTS = {
  host: "127.0.0.1",
  port: 8080,
  queue: 256,
  bodyBytes: 32 << 20,
  patienceMs: 4000,
} as const;

/** Addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
