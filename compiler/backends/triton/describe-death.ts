import type { TritonFailure, TritonJob } from "./job.js";
import { definitionLine, fileOf } from "./message.js";
import type { WorkerDeath } from "./worker-process.js";

const DETAIL_LIMIT = 32_000;

/** What LLVM, MLIR, libstdc++ and the C library say before they end a process. */
const LAST_WORDS = [
  /LLVM ERROR: .*/,
  /.*Assertion .* failed.*/,
  /terminate called .*(\n.*what\(\).*)?/,
  /Fatal Python error: .*/,
  /.*\berror: .*/,
];

/** The failure to report when a worker ended in the middle of a job; `limit` is set where we ended it, after that many ms. */
export function describeDeath(job: TritonJob, death: WorkerDeath, limit: number | undefined): TritonFailure {
  const place = placeIn(death.printed, fileOf(job)) ?? { line: definitionLine(job) };
  const detail = death.printed.slice(0, DETAIL_LIMIT);
  if (limit !== undefined) {
    return {
      stage: "timeout",
      message: `Compiling ${job.kernel} for sm_${job.target.arch} took longer than ${limit / 1000} s and was stopped`,
      ...place,
      calls: [],
      detail,
    };
  }
  return { stage: "crash", message: `Triton crashed on ${job.kernel}: ${reason(death)}`, ...place, calls: [], detail };
}

function reason(death: WorkerDeath): string {
  const said = LAST_WORDS.map((words) => words.exec(death.printed)?.[0]).find(Boolean);
  if (said) return said.replaceAll("\n", " ").trim();
  if (death.exitSignal === "SIGKILL") return "the process was killed, most likely because memory ran out";
  return death.exitSignal ? `ended by ${death.exitSignal}` : `exit code ${death.exitCode}`;
}

function placeIn(printed: string, file: string): { line: number; column: number } | undefined {
  for (const line of printed.split("\n")) {
    const at = line.indexOf(`${file}:`);
    const place = at < 0 ? null : /^(\d+):(\d+)/.exec(line.slice(at + file.length + 1));
    if (place) return { line: Number(place[1]), column: Number(place[2]) };
  }
  return undefined;
}
