/** The interesting part of what the CLI prints: resources, their store paths and changed values, and the counts. */

/** Of `preview --diff`: each resource that is touched, with what changes, as `old => new`. */
export function ofPreview(text: string): string[] {
  const lines: string[] = [];
  let operation = "";
  for (const line of text.split("\n")) {
    const { type, name } = resourceOf(line);
    operation = operationOf(line) ?? operation;
    if (name !== undefined && isTold(operation))
      lines.push(`${type} ${name}: ${words[operation] ?? operation}`);
    else if (isValue(line, operation)) lines.push(`    ${line.trim().replace(/ +:/, ":")}`);
  }
  return [...lines, ...counts(text)];
}

const words: Readonly<Record<string, string>> = {
  create: "to be created",
  update: "to be updated",
  refresh: "is no longer as it was left",
  delete: "to be deleted",
  replace: "to be replaced",
};

/** The line that opens a resource: `~ pulumi-nodejs:dynamic/nix:NixBuild: (update)`. The stack's outputs come last. */
function operationOf(line: string): string | undefined {
  if (/^ {4}--outputs:--/.test(line)) return "outputs";
  return /^\s*[-+~><]* ?pulumi\S*: \(([\w-]+)\)/.exec(line)?.[1];
}

function resourceOf(line: string): { type?: string; name?: string } {
  const [, type, name] = /\[urn=.*nix:(\w+)::(.+)\]$/.exec(line) ?? [];
  return { type, name };
}

function isTold(operation: string): boolean {
  return operation in words;
}

/** A change; or of what is new the one value that matters, where its build will lie. */
function isValue(line: string, operation: string): boolean {
  if (line.includes(" => ") && isTold(operation)) return !/^\s*~ *(drvPath|out|args|version)\b/.test(line);
  return operation === "create" && /^\s*outPath\s*:/.test(line);
}

/** Of `up` and `destroy`: each resource as it is done, with the last thing it said. */
export function ofUpdate(text: string): string[] {
  const done = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, type, name, how, said = ""] =
      /nix:(\w+) (\S+) (created|updated|deleted|replaced) \([\d.]+\w*\)(.*)$/.exec(line) ?? [];
    if (type !== undefined) done.set(`${type} ${name}`, `${how}${withoutDiff(said)}`);
  }
  return [...[...done].map(([resource, how]) => `${resource}: ${how}`), ...counts(text)];
}

/** `[diff: ~path]; copied 1 of 1 paths` says in its first part what the preview has said. */
function withoutDiff(said: string): string {
  const message = said.replace(/\[diff: .*?\];?/, "").trim();
  return message === "" ? "" : ` (${message})`;
}

function counts(text: string): string[] {
  const [, block = ""] = /^Resources:\n((?: +\S.*\n?)+)/m.exec(text) ?? [];
  const lines = block.split("\n").map((line) => line.replace(/^[\s+~-]+/, "").trim());
  const told = lines.filter((line) => line !== "").join(", ");
  return told === "" ? [] : [`Resources: ${told}`];
}
