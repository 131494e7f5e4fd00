import { join } from "node:path";
import { assertGolden, engineGolden } from "../../golden";
import type { Host } from "../../fleet";
import { projectName, type Project } from "../project";
import { inOrder } from "./blocks";
import { stableJson, stableText, withNames, type Names } from "./stable";

/** Compares what the engine prints, for people and for programs, with what is kept of it. */
export async function assertPreviews(
  project: Project,
  hosts: Readonly<Record<string, Host>>,
  name: string,
): Promise<void> {
  const { stdout, stderr } = await project.pulumi("preview", "--diff");
  const { stdout: json } = await project.pulumi("preview", "--json", "--show-sames");
  const names = namesOf(project, hosts);
  const text = inOrder({ stdout: withNames(stdout, names), stderr: withNames(stderr, names) });
  assertGolden(join(engineGolden, `${name}.txt`), stableText(text, names));
  assertGolden(join(engineGolden, `${name}.json`), stableJson(json, names));
}

export function namesOf({ folder }: Project, hosts: Readonly<Record<string, Host>>): Names {
  return { folder, project: projectName, hosts };
}
