import { basename } from "node:path";
import { z } from "zod";
import { observeProfile, type ProfileObservation } from "../provider/activation/profile";
import { ofProfiles } from "../provider/activation/rollback";
import { goesOn, history, subjectFolder, type PastDeployment } from "../provider/deployment/history";
import { columns } from "./columns";
import { optionsOf, type Command } from "./command";
import { hostDetails, hostOptions } from "./connection";
import { at, print, type Place } from "./place";
import { asJson, changeShown, goingShown, resultShown, shortPath, whenShown } from "./shown";

const schema = z.object({ json: z.boolean().default(false) });
const somethingGoesOn = 3;

/** What a subject of deployments is now. */
interface Subject {
  readonly name: string;
  readonly last: PastDeployment;
  /** Of a profile. */
  readonly seen: ProfileObservation | undefined;
}

export const statusCommand: Command = {
  name: "status",
  summary: "Tells what goes on on a machine, and what is active there of what was deployed",
  takes: "HOST",
  details: `${hostDetails}\nExit code 3 when something goes on, is stuck or was cut off.`,
  options: { ...hostOptions, json: { help: "print JSON" } },

  async run(given) {
    const { json } = optionsOf(schema, given);
    return at(given, async (place) => {
      const deployments = await history(place.host, place.stateFolder, place.user);
      const going = deployments.filter(goesOn);
      const subjects = await subjectsOf(deployments, place);
      print(json ? [JSON.stringify(forPrograms(going, subjects), null, 2)] : shown(going, subjects, place));
      return going.length === 0 ? 0 : somethingGoesOn;
    });
  },
};

async function subjectsOf(deployments: readonly PastDeployment[], place: Place): Promise<Subject[]> {
  const newest = new Map([...deployments].reverse().map((one) => [subjectFolder(one), one]));
  const profiles = new Set(ofProfiles([...newest.values()], place.stateFolder));
  const subjects = [...newest.values()].map(async (last): Promise<Subject> => {
    const seen = profiles.has(last) ? await observed(last, place) : undefined;
    return { name: last.subject, last, seen };
  });
  return (await Promise.all(subjects)).sort((one, other) => (one.name < other.name ? -1 : 1));
}

function observed(last: PastDeployment, { host, user, stateFolder }: Place): Promise<ProfileObservation> {
  return observeProfile(host, { link: last.subject, record: subjectFolder(last), stateFolder, user });
}

function shown(going: readonly PastDeployment[], subjects: readonly Subject[], place: Place): string[] {
  const where = `${place.host.name}, deployments of ${place.user}`;
  const doing =
    going.length === 0 ? [`${where}: nothing goes on`] : [`${where}:`, ...going.flatMap(goingLines)];
  if (subjects.length === 0) return doing;
  const head = ["SUBJECT", "ACTIVE", "LAST DEPLOYMENT"];
  return [...doing, "", ...columns([head, ...subjects.map(row)])];
}

function goingLines(deployment: PastDeployment): string[] {
  const { id, subject, by, age, stuck, watched, phase } = deployment;
  const began = age === undefined ? "before the machine was started" : `${age} s ago`;
  const lines = [
    `deployment ${id} of ${subject}: ${goingShown(deployment)}`,
    `  begun by ${by} ${began} (${whenShown(deployment)}): ${changeShown(deployment)}`,
  ];
  if (phase === "waiting" && watched && !stuck) lines.push("  waits to be confirmed");
  if (stuck || !watched) lines.push("  pulumi-nix unlock brings it to its end, and back");
  return lines;
}

function row({ name, last, seen }: Subject): string[] {
  return [name, activeShown(last, seen), `${basename(last.folder)} ${resultShown(last)}`];
}

/** Of what is no profile, what its last deployment saw behind it. */
function activeShown(last: PastDeployment, seen: ProfileObservation | undefined): string {
  if (seen === undefined) return [...last.is].map((pair) => pair.join(" ")).join(", ") || "-";
  const { target, generation, running } = seen;
  const isSystem = last.notes.get("kind") === "nixos" && running !== undefined && running !== target;
  const number = generation === undefined ? "" : ` (generation ${generation})`;
  return `${shortPath(target)}${number}${isSystem ? `, running ${shortPath(running)}` : ""}`;
}

function forPrograms(going: readonly PastDeployment[], subjects: readonly Subject[]): object {
  return {
    goingOn: going.map((one) => asJson(one)),
    subjects: subjects.map(({ name, last, seen }) => ({
      subject: name,
      active: seen?.target,
      generation: seen?.generation,
      running: seen?.running,
      last: asJson(last),
    })),
  };
}
