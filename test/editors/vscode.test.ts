import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, inflateRawSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { mayHaveKernels, serverCommand } from "../../editors/vscode/src/server.mjs";
import { temporaryFolder } from "../temporary-folder.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The files of a zip archive, read as its directory at the end lists them; each is compared with its checksum. */
function unzipped(archive: Buffer): ReadonlyMap<string, string> {
  const end = archive.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files = new Map<string, string>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    expect(archive.toString("latin1", at, at + 4)).toBe("PK\x01\x02");
    const [crc, packed, size] = [16, 20, 24].map((offset) => archive.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = inflateRawSync(archive.subarray(from, from + packed));
    expect([crc32(bytes), bytes.length]).toEqual([crc, size]);
    files.set(archive.toString("utf8", at + 46, at + 46 + nameLength!), bytes.toString());
    at += 46 + nameLength! + extra! + comment!;
  }
  expect(at).toBe(end);
  return files;
}

const folder = temporaryFolder("vscode");

function packed(name: string): Buffer {
  const file = join(folder, name);
  execFileSync(process.execPath, [join(root, "scripts/vscode-extension.mjs"), file], { stdio: "pipe" });
  return readFileSync(file);
}

const archive = packed("first.vsix");
const files = unzipped(archive);

test("the extension is packed with its manifest, and twice the same bytes", () => {
  const manifest = JSON.parse(files.get("extension/package.json")!);
  expect(manifest).toMatchObject({ name: "tilescript", main: "./extension.js", engines: { vscode: "^1.91.0" } });
  expect(manifest.activationEvents).toEqual(["onLanguage:typescript", "workspaceContains:**/*.kernel.ts"]);
  expect(Object.keys(manifest.contributes.configuration.properties)).toContain("tilescript.path");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(manifest.version).toBe(version);
  const described = files.get("extension.vsixmanifest")!;
  expect(described).toContain(
    `<Identity Language="en-US" Id="tilescript" Version="${version}" Publisher="tilescript"/>`,
  );
  const named = [...described.matchAll(/Path="([^"]+)"/g)].map(([, path]) => path!);
  expect(named).toContain("extension/package.json");
  expect(named.filter((path) => !files.has(path))).toEqual([]);
  expect(files.get("extension/third-party.txt")).toContain("vscode-languageclient");
  const typed = [...files.get("[Content_Types].xml")!.matchAll(/Extension="([^"]+)"/g)].map(([, name]) => name!);
  expect([...files.keys()].filter((name) => !name.startsWith("[") && !typed.some((end) => name.endsWith(end)))).toEqual(
    [],
  );
  expect(packed("second.vsix").equals(archive)).toBe(true);
});

/** Something of which everything can be read, called, made and extended. */
const anything = (): unknown =>
  new Proxy(class {}, {
    get: (target, key) => (key in target ? Reflect.get(target, key) : anything()),
    apply: () => anything(),
  });

test("what is packed loads where there is nothing but vscode, and starts nothing before there is a kernel", async () => {
  const place = join(folder, "extension");
  mkdirSync(join(place, "node_modules/vscode"), { recursive: true });
  writeFileSync(join(place, "extension.js"), files.get("extension/extension.js")!);
  writeFileSync(join(place, "node_modules/vscode/index.js"), "module.exports = globalThis.vscodeForTest;");
  const opened: ((document: unknown) => void)[] = [];
  const started: string[] = [];
  const said: string[] = [];
  const vscode = Object.assign(Object.create(anything() as object), {
    commands: { registerCommand: () => ({}) },
    window: Object.assign(Object.create(anything() as object), { showErrorMessage: (text: string) => said.push(text) }),
    workspace: {
      workspaceFolders: undefined,
      textDocuments: [],
      onDidOpenTextDocument: (listener: (document: unknown) => void) => opened.push(listener),
      onDidSaveTextDocument: () => ({}),
      onDidChangeConfiguration: () => ({}),
      getConfiguration: (section: string) => {
        started.push(section);
        return { get: () => "" };
      },
    },
  });
  Object.assign(globalThis, { vscodeForTest: vscode });
  const { activate } = createRequire(join(place, "extension.js"))("./extension.js");
  const subscriptions: unknown[] = [];
  activate({ subscriptions });
  expect(subscriptions).toHaveLength(4);
  const document = {
    uri: { scheme: "file" },
    languageId: "typescript",
    fileName: "/a.ts",
    getText: () => "export {};",
  };
  opened[0]!(document);
  opened[0]!({ ...document, uri: { scheme: "git" }, fileName: "/a.kernel.ts" });
  expect(started).toEqual([]);
  opened[0]!({ ...document, fileName: "/a.kernel.ts" });
  // No server can start here, and that is said.
  await vi.waitFor(() => expect(said).toEqual([expect.stringContaining("npm install tilescript")]));
  expect(started).toContain("tilescript");
});

test("documents that may have kernels are those of the name, and those that name the language", () => {
  const may = (fileName: string, text = "") => mayHaveKernels({ fileName, text });
  expect(may("/x/matmul.kernel.ts")).toBe(true);
  expect(may("/x/host.ts", 'import { kernel } from "tilescript";')).toBe(true);
  expect(may("/x/host.ts", "import { kernel } from 'tilescript';")).toBe(true);
  expect(may("/x/host.ts", "export const tilescript = 1;")).toBe(false);
  expect(may("/x/notes.md", 'from "tilescript"')).toBe(false);
});

test("the server is the one that is set, else the workspace's, else that of the PATH", () => {
  const workspace = temporaryFolder("workspace");
  const of = (setting: string, folders: string[]) => serverCommand(setting, folders).command;
  expect(serverCommand("", [workspace])).toMatchObject({
    command: "tilescript",
    args: ["lsp"],
    options: { cwd: workspace },
  });
  mkdirSync(join(workspace, "node_modules/.bin"), { recursive: true });
  const installed = join(workspace, "node_modules/.bin/tilescript");
  writeFileSync(installed, "");
  expect(of("", [temporaryFolder("other"), workspace])).toBe(installed);
  expect(of("", [])).toBe("tilescript");
  expect(of(" /opt/bin/tilescript ", [workspace])).toBe("/opt/bin/tilescript");
  expect(of("./tools/tilescript", [workspace])).toBe(join(workspace, "tools/tilescript"));
  expect(of("my-tilescript", [workspace])).toBe("my-tilescript");
});
