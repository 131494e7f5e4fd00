import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseStorePath, type StorePath } from "../../provider/values";
import { output, run } from "../fleet";

type Tree =
  | { readonly kind: "file"; readonly size: number; readonly isExecutable: boolean }
  | { readonly kind: "link"; readonly to: string }
  | { readonly kind: "folder"; readonly of: readonly (readonly [string, Tree])[] };

/** A path to be built, or to be added as it is. */
interface Made {
  readonly tree: Tree;
  /** How it comes into the store. */
  readonly by: "derivation" | "several outputs" | "fixed" | "text";
  /** Numbers of the paths before it that it refers to. */
  readonly references: readonly number[];
  readonly refersToItself: boolean;
}

const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom(
    " ",
    "a b",
    "-n",
    "..a",
    "ünï→",
    "line\nbreak",
    "'\"$`\\",
    "*",
    "#",
    "~",
    "x".repeat(255),
    "\x01",
  ),
);
/** More than copies of the same time share of a reading (`NarReader`, 8 MiB). */
const large = 17 * 2 ** 20;
const size = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 7, 8, 9, 4096, 65_536, 300_000), weight: 100 },
  { arbitrary: fc.nat(1000), weight: 100 },
  { arbitrary: fc.constant(large), weight: 1 },
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("file" as const), size, isExecutable: fc.boolean() }),
    fc.record({
      kind: fc.constant("link" as const),
      to: fc.constantFrom("x", "/nowhere", "../..", "ünï→", "a b"),
    }),
    fc.record({
      kind: fc.constant("folder" as const),
      of: fc.uniqueArray(fc.tuple(name, tie("tree")), { selector: ([key]) => key, maxLength: 4 }),
    }),
  ),
}));

/** Nix 2.26 itself overflows its stack with a source of 60 (`builtins.path`). */
const deep = fc.constant(
  Array.from({ length: 40 }).reduce<Tree>((of) => ({ kind: "folder", of: [["deep", of]] }), {
    kind: "file",
    size: 3_000_000,
    isExecutable: true,
  }),
);

const made: fc.Arbitrary<Made> = fc.record({
  tree: fc.oneof({ arbitrary: tree, weight: 8 }, { arbitrary: deep, weight: 1 }),
  by: fc.constantFrom("derivation", "derivation", "several outputs", "fixed", "text"),
  references: fc.array(fc.nat(), { maxLength: 3 }),
  refersToItself: fc.boolean(),
});

/** Paths, each of which may refer to those before it. */
export const randomClosure = fc.array(made, { minLength: 1, maxLength: 7 });

/** A large file, and behind it another path. */
export const largeClosure: Made[] = [
  {
    tree: { kind: "file", size: large, isExecutable: false },
    by: "derivation",
    references: [],
    refersToItself: false,
  },
  {
    tree: { kind: "file", size: 1, isExecutable: true },
    by: "derivation",
    references: [0],
    refersToItself: true,
  },
];

/** Builds them with Nix; no other closure has the same ones. */
export async function built(closure: readonly Made[], mark: string): Promise<StorePath[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-random-"));
  try {
    closure.forEach(({ tree: root }, index) => write(join(folder, `p${index}`), root, `${mark} ${index}`));
    const lines = closure.map((path, index) => `p${index} = ${expression(path, index, folder, mark)};`);
    const all = closure.map((_, index) => `p${index}`).join(" ");
    // One path that refers to all, for a text is not built.
    const top = `derivation { name = "top"; ${system} mark = "${mark}"; all = [ ${all} ]; args = [ "-ec" "echo $all >$out" ]; }`;
    const text = `let ${lines.join("\n")} in ${top}`;
    const paths = output("nix-build", await run(["nix-build", "--no-out-link", "-E", text]));
    return paths.split("\n").map(parseStorePath);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const system = `system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";`;

function expression(
  { by, references, refersToItself }: Made,
  index: number,
  folder: string,
  mark: string,
): string {
  const before = index === 0 ? [] : [...new Set(references.map((reference) => `p${reference % index}`))];
  const tree = `${folder}/p${index}`;
  switch (by) {
    case "text":
      return `builtins.toFile "text-${index}" "${mark}"`;
    case "fixed":
      return `builtins.path { path = ${tree}; name = "fixed-${index}"; }`;
    default: {
      const outputs = by === "derivation" ? ["out"] : ["out", "dev"];
      const itself = refersToItself ? "$out " : "";
      const commands = [
        `mkdir $out; cp -a ${tree} $out/tree; echo ${itself}$before >$out/refers`,
        ...outputs.slice(1).map((other) => `echo $out >$${other}`),
      ].join("\n");
      const quoted = outputs.map((each) => `"${each}"`).join(" ");
      return `derivation { name = "built-${index}"; ${system} outputs = [ ${quoted} ]; mark = "${mark}"; before = [ ${before.join(" ")} ]; args = [ "-ec" ''${commands}'' ]; }`;
    }
  }
}

function write(path: string, tree: Tree, seed: string): void {
  switch (tree.kind) {
    case "file":
      writeFileSync(path, Buffer.alloc(tree.size, seed), { mode: tree.isExecutable ? 0o755 : 0o644 });
      return;
    case "link":
      symlinkSync(tree.to, path);
      return;
    case "folder":
      mkdirSync(path);
      for (const [key, below] of tree.of) write(join(path, key), below, `${seed}/${key}`);
  }
}
