import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type PullError, type Pulled, type PullOptions, pull } from "../../../../runtime/weights/hub/index.js";
import { usualPace } from "../../../../runtime/weights/hub/pace.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import type { FakeHub } from "./fake-hub.js";

export const TOKEN = "hf_secretsecretsecret";

/** As patient as usual in what counts, and quick. */
export const pace = { ...usualPace, attempts: 3, firstDelayMs: 5, longestDelayMs: 20, stallMs: 300, lockMs: 10 };

/** A cache of its own, and pulls into it. */
export class Puller {
  readonly home = temporaryFolder("hub");
  readonly env: NodeJS.ProcessEnv;

  constructor(hub: Pick<FakeHub, "endpoint">, env: NodeJS.ProcessEnv = {}) {
    this.env = { HOME: this.home, HF_HOME: this.home, HF_ENDPOINT: hub.endpoint, ...env };
  }

  pull = (reference: string, options: PullOptions = {}): Promise<Pulled> =>
    pull(reference, { env: this.env, ...options }, pace);

  /** The error of a pull that has to fail. */
  async failure(reference: string, options: PullOptions = {}): Promise<PullError> {
    try {
      await this.pull(reference, options);
    } catch (error) {
      return error as PullError;
    }
    throw new Error(`${reference} was pulled`);
  }

  repo = (...path: string[]): string => join(this.home, "hub", "models--owner--model", ...path);

  /** Names in a folder of the repository's part of the cache; none where there is no such folder. */
  names = (...path: string[]): string[] =>
    existsSync(this.repo(...path)) ? readdirSync(this.repo(...path)).sort() : [];

  get locks(): string[] {
    const folder = join(this.home, "hub", ".locks", "models--owner--model");
    return existsSync(folder) ? readdirSync(folder) : [];
  }
}
