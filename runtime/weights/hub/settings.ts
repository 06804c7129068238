/** Where the Hub is, who asks, and where files go: the variables that Hugging Face's own tools read. */

import { join } from "node:path";
import { homeFolder, userCacheFolder } from "../../../compiler/store/index.js";
import { readText } from "../../files.js";
import { PullError } from "./errors.js";

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Where the token comes from, for messages: "HF_TOKEN", or the path of a file. */
  readonly tokenFrom: string | undefined;
  /** The folder of models--OWNER--REPO folders. */
  readonly cacheFolder: string;
  /** Only what is cached. */
  readonly offline: boolean;
  /** A proxy is named that Node's fetch does not go through, since it was not told to. */
  readonly proxyIgnored: boolean;
}

/** HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE and XDG_CACHE_HOME; an empty one counts as unset, as does a relative XDG_CACHE_HOME. */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const folder = (text: string): string => text.replace(/^~(?=\/|$)/, homeFolder(env) ?? userCacheFolder(env));
  const home = folder(env.HF_HOME || join(userCacheFolder(env), "huggingface"));
  return {
    endpoint: endpointOf(env.HF_ENDPOINT || "https://huggingface.co"),
    ...tokenOf(env, folder(env.HF_TOKEN_PATH || join(home, "token"))),
    cacheFolder: folder(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub")),
    offline: /^(?:1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? ""),
    proxyIgnored: Boolean(env.HTTPS_PROXY || env.https_proxy) && env.NODE_USE_ENV_PROXY !== "1",
  };
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) throw new PullError("endpoint", "HF_ENDPOINT has a user name or password in it");
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new PullError("endpoint", `HF_ENDPOINT is ${JSON.stringify(text)}, which is no address of a server`);
  return text.replace(/\/+$/, "");
}

function tokenOf(env: NodeJS.ProcessEnv, path: string): Pick<HubSettings, "token" | "tokenFrom"> {
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const token = clean(env[name], name);
    if (token) return { token, tokenFrom: name };
  }
  const token = clean(readIfThere(path), path);
  return token ? { token, tokenFrom: path } : { token: undefined, tokenFrom: undefined };
}

/** @throws PullError where a header could not carry the token, without showing it */
function clean(text: string | undefined, from: string): string | undefined {
  const token = text?.trim();
  if (token && !/^[\x21-\x7e]+$/.test(token))
    throw new PullError("repo-closed", `the token of ${from} has characters that no token has`, {
      hint: `Put one token and nothing else into ${from}.`,
    });
  return token;
}

/** Tokens have some forty characters. */
const mostOfToken = 1 << 16;

function readIfThere(path: string): string | undefined {
  try {
    return readText(path, mostOfToken);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw Object.assign(error as Error, { path });
  }
}
