import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

/** No file may come back to itself by what it imports, types included: what both need belongs into the lower one. */
export const importCircles = {
  meta: {
    type: "problem",
    schema: [],
    messages: { circle: "'{{to}}' comes back here, by {{way}}: what both need belongs into one of them" },
  },
  create(context) {
    const look = (node, source) => {
      if (typeof source?.value !== "string") return;
      const to = fileOf(context.filename, source.value);
      const way = to === undefined ? undefined : wayBetween(to, context.filename);
      if (way === undefined) return;
      const shown = way.map((file) => relative(context.cwd, file));
      context.report({ node, messageId: "circle", data: { to: source.value, way: shown.join(" → ") } });
    };
    return {
      ImportDeclaration: (node) => look(node, node.source),
      ExportNamedDeclaration: (node) => look(node, node.source),
      ExportAllDeclaration: (node) => look(node, node.source),
      TSImportType: (node) => look(node, node.source ?? node.argument?.literal),
    };
  },
};

/** The files from one to another along what each imports, both included. */
function wayBetween(from, to) {
  const cameBy = new Map([[from, undefined]]);
  for (const file of cameBy.keys()) {
    if (file === to) return backFrom(file, cameBy);
    for (const next of importedBy(file)) if (!cameBy.has(next)) cameBy.set(next, file);
  }
  return undefined;
}

function backFrom(file, cameBy) {
  const way = [];
  for (let at = file; at !== undefined; at = cameBy.get(at)) way.unshift(at);
  return way;
}

/** One run of the linter is one look at the disk. */
const known = new Map();

function importedBy(file) {
  if (!known.has(file)) {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
    known.set(
      file,
      importedFiles.map(({ fileName }) => fileOf(file, fileName)).filter((found) => found !== undefined),
    );
  }
  return known.get(file);
}

/** The file of ours that an import means; undefined of a package. */
function fileOf(from, source) {
  if (!source.startsWith(".")) return undefined;
  const target = join(from, "..", source);
  return [`${target}.ts`, join(target, "index.ts")].find((file) => existsSync(file));
}
