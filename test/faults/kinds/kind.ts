import type { Resource } from "../../../provider/resource";
import type { Host } from "../../fleet";
import type { Attempt } from "../attempt";
import { faultFolder } from "../entry-program";

/** What is deployed one after the other: `later` shows that all is well again. */
export type Version = "base" | "old" | "new" | "later";

/** What is deployed. */
export const kindNames = ["nixos", "custom", "unit"] as const;
export type KindName = (typeof kindNames)[number];

/** What was on a host before the deployment that goes wrong. */
export const deployments = ["first", "update", "redeploy"] as const;
export type DeploymentKind = (typeof deployments)[number];

/** All that a deployment of a kind may change, by name. */
export type Observed = Readonly<Record<string, string>>;

/** Something that is deployed, on one host. */
export interface Subject {
  readonly kind: KindName;
  readonly host: Host;
  readonly resource: Resource<never, never>;
  /** Inputs without connection and protection; another `again` makes the same version run again. */
  inputs(version: Version, again: string): object;
  /** A shell text after which the way back fails, however often it is tried, until the deployment has ended. */
  spoilWayBack(attempt: Attempt, deployment: DeploymentKind): string;
  /** Has the commit of the new version wait. */
  holdCommit(attempt: Attempt): Promise<void>;
  /** Takes away what a case has left, and brings the host to where every case of this kind begins. */
  reset(): Promise<void>;
  /** Takes everything of this kind away. */
  clear(): Promise<void>;
  observe(): Promise<Observed>;
  /** What is there when a version was deployed onto that. */
  after(before: Observed, version: Version): Observed;
}

/** {@link Subject.spoilWayBack} where a step of an entry point is the way back. */
export function wayBackFails(attempt: Attempt, step: string): string {
  const file = `${faultFolder}/${step}`;
  attempt.afterwards(() => attempt.host.sh(`rm -f ${file}`));
  return `echo 'echo no way back; exit 4' >${file}`;
}

/** What is in a text of lines `name value`. */
export function observed(text: string): Observed {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const space = `${line} `.indexOf(" ");
        return [line.slice(0, space), line.slice(space + 1)];
      }),
  );
}
