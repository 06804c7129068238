// The `tilescript` command for many command lines, one after the other: what each process of its own loads anew is loaded once. See warm-cli.ts.
import { main } from "../../dist/cli/main.js";

const first = { stdout: process.stdout.write, stderr: process.stderr.write, exit: process.exit };
const signals = Object.fromEntries(["stdout", "stderr"].map((name) => [name, process[name].listeners("error")]));
let written;

function capture() {
  written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"])
    process[name].write = (chunk, encoding, done) => {
      written[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      (typeof encoding === "function" ? encoding : done)?.();
      return true;
    };
}

/** What a new process would have: no listeners of an earlier program, its own environment, no exit code. */
function renew({ cwd, env }) {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.removeAllListeners("unhandledRejection");
  for (const name of ["stdout", "stderr"])
    for (const listener of process[name].listeners("error"))
      if (!signals[name].includes(listener)) process[name].off("error", listener);
  process.exitCode = undefined;
}

/** One more turn of the loop: a promise that failed and that nobody waited for is told by then. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function answer(status) {
  for (const name of ["stdout", "stderr"]) process[name].write = first[name];
  process.exitCode = undefined;
  return new Promise((resolve) => process.send({ ...written, status }, resolve));
}

process.on("message", async (request) => {
  capture();
  renew(request);
  // A program that ends the process ends this one, which has answered then.
  process.exit = (code) => {
    process.exit = first.exit;
    void answer(Number(code ?? process.exitCode ?? 0)).then(() => first.exit(0));
    return new Promise(() => {});
  };
  await main(request.argv);
  await turn();
  await turn();
  if (process.exit === first.exit) return;
  process.exit = first.exit;
  await answer(Number(process.exitCode ?? 0));
});
