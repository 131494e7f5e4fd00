import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { run } from "../test/fleet";

/** What the figures were taken on, in a line; nothing that names the machine. */
export async function machineFacts(): Promise<string> {
  const processor = cpus()[0]?.model.replace(/\s+/g, " ") ?? "an unknown processor";
  const nix = (await run(["nix-instantiate", "--version"])).stdout.trim().replace(/^.* /, "");
  const facts = [
    `${availableParallelism()} cores (${processor})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release().replace(/-.*/, "")}`,
    `Node ${process.versions.node}`,
    `Pulumi ${pulumiVersion()}`,
    `Nix ${nix} here`,
  ];
  return `${facts.join(", ")}.`;
}

function pulumiVersion(): string {
  const file = require.resolve("@pulumi/pulumi/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
