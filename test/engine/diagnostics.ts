import assert from "node:assert/strict";
import type { Outcome } from "../fleet";

/** What the CLI's last part says of each resource, by the resource's name, without indentation. */
export function diagnostics({ stdout, stderr }: Outcome): Map<string, string> {
  const said = new Map<string, string>();
  const [, part = ""] = /^Diagnostics:\n([^]*?)(?:\nResources:|\nOutputs:|$(?![^]))/m.exec(stdout) ?? [];
  for (const section of part.split(/^ {2}(?=\S+ \(.*\):$)/m)) {
    const [, name, text = ""] = /^\S+ \((.*)\):\n([^]*)$/.exec(section) ?? [];
    if (name !== undefined) said.set(name, text.replace(/^ {4}/gm, "").trim());
  }
  assert.ok(said.size > 0, `the CLI has no diagnostics:\n${stdout}\n${stderr}`);
  return said;
}

/** A resource's message, which must be fit to be read at night: no stack, no type name, no value that is not there. */
export function saidOf(said: ReadonlyMap<string, string>, name: string): string {
  const text = said.get(name) ?? "";
  assert.notEqual(text, "", `nothing is said of ${name}, only of ${[...said.keys()].join(", ")}`);
  assert.doesNotMatch(text, /^\s+at .*:\d+|node_modules|\bundefined\b|\[object|\bError:|\x1b/m);
  return text;
}
