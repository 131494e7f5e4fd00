import { transformSync } from "esbuild";

/**
 * Programs of tests as JavaScript: to start a compiler takes a second of a processor each time. That programs in TypeScript
 * are run is shown by the examples.
 */
export function compiled(text: string): string {
  return transformSync(text, { loader: "ts", format: "cjs", target: "es2022" }).code;
}

/** A Pulumi.yaml with which Pulumi starts none either. */
export function withoutCompiler(settings: string): string {
  return replaced(
    settings,
    /^runtime: nodejs$/m,
    "runtime: { name: nodejs, options: { typescript: false } }",
  );
}

/** The package.json of an example whose program is compiled. */
export function withCompiledMain(text: string): string {
  return replaced(text, /"index\.ts"/, '"index.js"');
}

function replaced(text: string, pattern: RegExp, by: string): string {
  if (!pattern.test(text)) throw new Error(`there is no ${pattern.source} in ${text}`);
  return text.replace(pattern, by);
}
