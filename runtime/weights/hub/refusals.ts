/** What the Hub's refusals mean. */

import { PullError } from "./errors.js";
import type { HubSettings } from "./settings.js";

/** What a request was about, for messages. */
export interface Subject {
  readonly repo: string;
  readonly revision: string;
  readonly settings: HubSettings;
}

type Refusal = (subject: Subject, status: number) => PullError;

const page = ({ repo, settings }: Subject): string => `${settings.endpoint}/${repo}`;

/** Without a token the Hub does not tell a closed repository from none; with one, the token may be at fault. */
const closed: Refusal = (subject, status) => {
  const { repo, settings } = subject;
  if (settings.token === undefined)
    return new PullError(
      "repo-closed",
      `${repo} does not exist, or is private or gated (HTTP ${status} without a token)`,
      {
        hint: `Check the name; else ask for access at ${page(subject)} and set HF_TOKEN to a token of yours.`,
      },
    );
  return new PullError(
    "repo-closed",
    `${repo} may not be read with the token of ${settings.tokenFrom} (HTTP ${status})`,
    {
      hint: `Check that HF_TOKEN is valid and may read this repository: ${page(subject)} says whether access has to be asked for.`,
    },
  );
};

const gated: Refusal = (subject, status) =>
  new PullError("repo-closed", `${subject.repo} is gated: its owner decides who may read it (HTTP ${status})`, {
    hint:
      `Ask for access at ${page(subject)}` +
      (subject.settings.token === undefined
        ? ", and set HF_TOKEN to a token of yours."
        : " with the account of your HF_TOKEN."),
  });

const missing: Refusal = (subject) =>
  new PullError("repo-missing", `there is no repository ${subject.repo} on ${subject.settings.endpoint}`, {
    hint: `Check the owner and the name at ${page(subject)}.`,
  });

/** The Hub's X-Error-Code. */
const byCode: Readonly<Record<string, Refusal>> = {
  GatedRepo: gated,
  RevisionNotFound: ({ repo, revision }) => new PullError("revision-missing", `${repo} has no revision ${revision}`),
  EntryNotFound: ({ repo }) => new PullError("file-missing", `${repo} no longer has a file that it listed`),
};

const byStatus: Readonly<Record<number, Refusal>> = { 401: closed, 403: closed, 404: missing };

/** Worth another attempt: too many requests, and whatever is the server's own trouble. */
export const isPassing = (status: number): boolean => status === 429 || status === 408 || status >= 500;

/** The error that an answer which is not fine stands for. */
export function refusal(response: Response, subject: Subject): PullError {
  const { status } = response;
  const known = byCode[response.headers.get("X-Error-Code") ?? ""] ?? byStatus[status];
  if (known) return known(subject, status);
  const host = new URL(response.url || subject.settings.endpoint).host;
  if (isPassing(status))
    return new PullError("unreachable", `${host} answers HTTP ${status}`, { hint: "Try again later." });
  return new PullError("answer", `${host} answers HTTP ${status}`);
}
