import { dirname } from "node:path";
import type { Host } from "../host/host";
import { runProgram } from "../host/program";
import { deploymentProgram } from "./program";
import { parseRecord, type DeploymentRecord } from "./record";

/** A deployment that a machine remembers, or that goes on there. Its log is not read. */
export interface PastDeployment extends DeploymentRecord {
  readonly id: string;
  /** Where it is kept: `<our folder>/profiles/<name>-<digest>/deployments/<id>`. */
  readonly folder: string;
  /** For people: what it changed. */
  readonly subject: string;
  /** Who began it: `alice at laptop`. */
  readonly by: string;
  /** UTC, as ISO 8601 writes it; of a record of an early version, when it ended. */
  readonly when: string;
  /** Whether its watchdog lives. */
  readonly watched: boolean;
  /** Seconds since it began, of one that goes on since the last boot. */
  readonly age: number | undefined;
}

const program = deploymentProgram("others.sh", "history.sh");

/** The deployments below a folder of ours, the newest first. */
export async function history(host: Host, stateFolder: string, user: string): Promise<PastDeployment[]> {
  const doing = "reading the records of deployments";
  const { stdout } = await runProgram(host, program, [stateFolder], { doing, as: user });
  const records = stdout.split("\n\n").filter((text) => text.trim() !== "");
  return records
    .map((text) => pastDeployment(parseRecord(text, host.name)))
    .filter((deployment) => deployment.phase !== undefined)
    .sort(newestFirst);
}

/** What was said while it went on: the last 64 KiB. */
export async function logOf(host: Host, { id, folder }: PastDeployment, user: string): Promise<string> {
  const argv = ["tail", "-c", "65536", `${folder}/log`];
  // One that was refused at once has said nothing.
  const options = { doing: `reading the log of deployment ${id}`, as: user, accept: [0, 1] };
  return (await host.run(argv, options)).stdout;
}

/** Whether it has not come to its end, be it that its watchdog is gone. */
export function goesOn({ outcome }: DeploymentRecord): boolean {
  return outcome === undefined;
}

/** The folder of ours that keeps what we know of a subject. */
export function subjectFolder({ folder }: PastDeployment): string {
  return dirname(dirname(folder));
}

function pastDeployment(record: DeploymentRecord): PastDeployment {
  const note = (name: string): string => record.notes.get(name) ?? "";
  const folder = note("folder");
  const age = record.notes.get("age");
  return {
    ...record,
    id: folder.slice(folder.lastIndexOf("/") + 1),
    folder,
    subject: note("subject"),
    by: note("by"),
    when: note("began_at") || note("finished"),
    watched: note("watched") === "yes",
    age: age === undefined ? undefined : Number(age),
  };
}

/** The clock of a machine may be set back; since its last boot there is another one. */
function newestFirst(one: PastDeployment, other: PastDeployment): number {
  if (one.notes.get("boot") === other.notes.get("boot")) return began(other) - began(one);
  return one.when < other.when ? 1 : -1;
}

function began({ notes }: PastDeployment): number {
  return Number(notes.get("began"));
}
