import { join } from "node:path";
import { assertGolden, engineGolden } from "../../golden";
import type { Host, Outcome } from "../../fleet";
import { projectName, type Project } from "../project";
import { inOrder } from "./blocks";
import { stableJson, stableText, withNames, type Names } from "./stable";

type Hosts = Readonly<Record<string, Host>>;

/** Compares what the engine prints for people with what is kept of it. */
export async function assertText(project: Project, hosts: Hosts, name: string): Promise<void> {
  const { stdout, stderr } = await preview(project, "--diff");
  const names = namesOf(project, hosts);
  const text = inOrder({ stdout: withNames(stdout, names), stderr: withNames(stderr, names) });
  assertGolden(join(engineGolden, `${name}.txt`), stableText(text, names));
}

/** The same of what it prints for programs. */
export async function assertJson(project: Project, hosts: Hosts, name: string): Promise<void> {
  const { stdout } = await preview(project, "--json", "--show-sames");
  assertGolden(join(engineGolden, `${name}.json`), stableJson(stdout, namesOf(project, hosts)));
}

/** One resource after the other: of the first that a provider process reads, a drift shows in the outputs only. */
function preview(project: Project, ...options: string[]): Promise<Outcome> {
  return project.pulumi("preview", "--parallel", "1", ...options);
}

export function namesOf({ folder }: Project, hosts: Hosts): Names {
  return { folder, project: projectName, hosts };
}
