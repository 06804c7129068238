// Packs the extension for VS Code (editors/vscode) into a .vsix, which is a zip with two descriptions: the Open Packaging Conventions' and
// Visual Studio's. The official packer needs a newer Node than we support and brings hundreds of packages along.
//
//   node scripts/vscode-extension.mjs [FILE]        default: .pack/tilescript-vscode.vsix
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { zip } from "./zip.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "editors/vscode");
const read = (path) => readFileSync(join(root, path), "utf8");

/** The extension and what it imports as one CommonJS file, which is what VS Code loads. */
async function bundled() {
  const build = await rolldown({
    input: join(folder, "src/extension.mjs"),
    external: ["vscode"],
    platform: "node",
    cwd: root,
  });
  const { output } = await build.generate({ format: "cjs", minify: true, codeSplitting: false });
  return output[0];
}

/** The licences of the packages whose modules are in a bundle. */
function licences({ moduleIds }) {
  const packages = moduleIds.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0]);
  return [...new Set(packages)].flatMap((path) => {
    if (path === undefined) return [];
    const { name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const file = readdirSync(path).find((one) => /^licen[cs]e/i.test(one));
    return [`${name} ${version}\n\n${file ? readFileSync(join(path, file), "utf8").trim() : "(no licence file)"}\n`];
  });
}

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${Object.entries({
  js: "application/javascript",
  json: "application/json",
  md: "text/markdown",
  txt: "text/plain",
  vsixmanifest: "text/xml",
})
  .map(([extension, type]) => `  <Default Extension=".${extension}" ContentType="${type}"/>`)
  .join("\n")}
</Types>
`;

const description = ({
  name,
  displayName,
  description,
  version,
  publisher,
  engines,
  categories,
  keywords,
}) => `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${escaped(name)}" Version="${escaped(version)}" Publisher="${escaped(publisher)}"/>
    <DisplayName>${escaped(displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(description)}</Description>
    <Tags>${escaped(keywords.join(","))}</Tags>
    <Categories>${escaped(categories.join(","))}</Categories>
    <License>extension/LICENSE.txt</License>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${escaped(engines.vscode)}"/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/readme.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
`;

/** The extension as the bytes of a .vsix. */
export async function vsix() {
  const manifest = read("editors/vscode/package.json");
  const bundle = await bundled();
  return zip({
    "extension.vsixmanifest": description(JSON.parse(manifest)),
    "[Content_Types].xml": contentTypes,
    "extension/package.json": manifest,
    "extension/readme.md": read("editors/vscode/README.md"),
    "extension/LICENSE.txt": read("LICENSE"),
    "extension/third-party.txt": licences(bundle).join("\n"),
    "extension/extension.js": bundle.code,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = resolve(process.argv[2] ?? join(root, ".pack/tilescript-vscode.vsix"));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await vsix());
  console.log(file);
}
