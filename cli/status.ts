import { z } from "zod";
import { observeProfile, type ProfileObservation } from "../provider/activation/profile";
import { goesOn, history, subjectFolder, type PastDeployment } from "../provider/deployment/history";
import { columns } from "./columns";
import { optionsOf, type Command } from "./command";
import { hostDetails, hostOptions } from "./connection";
import { at, print, type Place } from "./place";
import { asJson, changeShown, goingShown, resultShown, shortPath, whenShown } from "./shown";
import { seenNow, seenShown, unitOf } from "./unit";

const schema = z.object({ json: z.boolean().default(false) });
const somethingGoesOn = 3;

/** What a subject of deployments is now. */
interface Subject {
  readonly name: string;
  readonly last: PastDeployment;
  /** For people. */
  readonly active: string;
  /** For programs. */
  readonly seen: object;
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
  const subjects = await Promise.all([...newest.values()].map((last) => subjectOf(last, place)));
  return subjects.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function subjectOf(last: PastDeployment, place: Place): Promise<Subject> {
  const name = last.subject;
  const unit = unitOf(last);
  if (unit) {
    const seen = await seenNow(unit, place);
    return { name, last, active: seenShown(seen), seen: { active: seen.properties.activeState } };
  }
  const { host, stateFolder, user } = place;
  const seen = await observeProfile(host, { link: name, record: subjectFolder(last), stateFolder, user });
  const { target, generation, running } = seen;
  return { name, last, active: profileShown(last, seen), seen: { active: target, generation, running } };
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

function row({ name, last, active }: Subject): string[] {
  return [name, active, `${last.id} ${resultShown(last)}`];
}

function profileShown(last: PastDeployment, { target, generation, running }: ProfileObservation): string {
  const isSystem = last.notes.get("kind") === "nixos" && running !== undefined && running !== target;
  const number = generation === undefined ? "" : ` (generation ${generation})`;
  return `${shortPath(target)}${number}${isSystem ? `, running ${shortPath(running)}` : ""}`;
}

function forPrograms(going: readonly PastDeployment[], subjects: readonly Subject[]): object {
  return {
    goingOn: going.map((one) => asJson(one)),
    subjects: subjects.map(({ name, last, seen }) => ({ subject: name, ...seen, last: asJson(last) })),
  };
}
