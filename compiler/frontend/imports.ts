import { missingImport } from "../diagnostics/catalogue/frontend.js";
import { closest, type Diagnostic } from "../diagnostics/index.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** The problem with a name that an import does not bring: of the module, where that is not there, else of the name. */
export function importProblem(unit: Unit, imported: ts.ImportDeclaration, declaration: ts.Declaration): Diagnostic {
  return moduleProblem(unit, imported.moduleSpecifier as ts.StringLiteral, declaration);
}

function moduleProblem(unit: Unit, specifier: ts.StringLiteral, declaration: ts.Declaration): Diagnostic {
  const file = unit.checker.getSymbolAtLocation(specifier);
  if (file?.valueDeclaration === undefined || !ts.isSourceFile(file.valueDeclaration))
    return missingModule(unit, specifier);
  const place = placeOf(declaration);
  const name = place.getText();
  const exported = unit.checker.getExportsOfModule(file);
  const passedOn = exported.find((one) => one.name === name)?.declarations?.find(ts.isExportSpecifier);
  const { moduleSpecifier: further } = passedOn?.parent.parent ?? {};
  if (passedOn && further && ts.isStringLiteral(further)) return moduleProblem(unit, further, passedOn);
  const module = specifier.text;
  if (ts.isImportClause(declaration))
    return missingImport(unit.span(place), { name: "default", module, instead: `write import { ${name} }` });
  const names = exported.map((one) => one.name);
  return missingImport(unit.span(place), { name, module, instead: insteadOfExport(unit, name, names, file) });
}

/** Where a declaration says what it wants of the module. */
function placeOf(declaration: ts.Declaration): ts.Node {
  if (ts.isImportSpecifier(declaration) || ts.isExportSpecifier(declaration))
    return declaration.propertyName ?? declaration.name;
  return (ts.isImportClause(declaration) && declaration.name) || declaration;
}

function insteadOfExport(unit: Unit, name: string, names: readonly string[], { valueDeclaration }: ts.Symbol): string {
  const meant = closest(name, names);
  if (meant) return `did you mean ${meant}?`;
  const local = unit.checker.getSymbolsInScope(valueDeclaration!, ts.SymbolFlags.Value);
  const isThere = local.some((one) => one.name === name && one.declarations?.[0]?.getSourceFile() === valueDeclaration);
  if (isThere) return `it is there, but not exported: write export before ${name}`;
  return names.length > 0 && names.length < 20 ? `it exports ${names.join(", ")}` : "check the name";
}

/** A module that is not there, or that is no TypeScript. */
function missingModule(unit: Unit, specifier: ts.StringLiteral): Diagnostic {
  const module = specifier.text;
  const file = specifier.getSourceFile().fileName;
  const { resolvedModule } = ts.resolveModuleName(module, file, unit.program.getCompilerOptions(), ts.sys);
  const found = resolvedModule !== undefined && /\.[cm]?jsx?$/.test(resolvedModule.extension);
  const instead = found
    ? "kernels are compiled from TypeScript: make it a .ts file"
    : /^(triton|torch|numpy|cuda)\b/.test(module)
      ? 'kernels are written with what "tilescript" exports'
      : /^\.{1,2}\//.test(module)
        ? "there is no such file: check the path, which ends in .js or .ts"
        : "install it, check its name, or add compilerOptions.paths to tsconfig.json where it stands for a path";
  return missingImport(unit.span(specifier), { module, found, instead });
}
