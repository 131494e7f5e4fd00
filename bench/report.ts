import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";

const file = join(__dirname, "../docs/benchmarks.md");

const opening = `# Benchmarks

Written by \`npm run bench [-- NAME...] [--rounds N]\`; each part is replaced when its benchmark is run again.`;

/** Puts a part into docs/benchmarks.md, in the place of its former figures. */
export async function writeReport(part: { title: string; text: string }): Promise<void> {
  const old = existsSync(file) ? readFileSync(file, "utf8") : opening;
  const [start = opening, ...parts] = old.split(/^## /m).map((text) => text.trim());
  const fresh = `${part.title}\n\n${part.text}`.trim();
  const at = parts.findIndex((text) => text.startsWith(`${part.title}\n`));
  if (at === -1) parts.push(fresh);
  else parts[at] = fresh;
  const whole = [start, ...parts.map((text) => `## ${text}`)].join("\n\n");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await format(whole, { ...(await resolveConfig(file)), parser: "markdown" }));
}
