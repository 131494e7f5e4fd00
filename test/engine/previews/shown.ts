import { join } from "node:path";
import { assertGolden, engineGolden } from "../../golden";
import type { Host, Outcome } from "../../fleet";
import { projectName, type Project } from "../project";
import { inOrder } from "./blocks";
import { stableJson, stableText, withNames, type Names } from "./stable";

/** Compares what the engine prints, for people and for programs, with what is kept of it. */
export async function assertPreviews(
  project: Project,
  hosts: Readonly<Record<string, Host>>,
  name: string,
): Promise<void> {
  const { stdout, stderr } = await preview(project, "--diff");
  const { stdout: json } = await preview(project, "--json", "--show-sames");
  const names = namesOf(project, hosts);
  const text = inOrder({ stdout: withNames(stdout, names), stderr: withNames(stderr, names) });
  assertGolden(join(engineGolden, `${name}.txt`), stableText(text, names));
  assertGolden(join(engineGolden, `${name}.json`), stableJson(json, names));
}

/** One resource after the other: of the first that a provider process reads, a drift shows in the outputs only. */
function preview(project: Project, ...options: string[]): Promise<Outcome> {
  return project.pulumi("preview", "--parallel", "1", ...options);
}

export function namesOf({ folder }: Project, hosts: Readonly<Record<string, Host>>): Names {
  return { folder, project: projectName, hosts };
}
