import { z } from "zod";
import { coordinator } from "../provider/deployment/coordinator";
import { goesOn, history, type PastDeployment } from "../provider/deployment/history";
import type { DeploymentRecord } from "../provider/deployment/record";
import { unlock } from "../provider/deployment/unlock";
import { RefusedError } from "../provider/errors";
import { optionsOf, type Command } from "./command";
import { hostDetails, hostOptions } from "./connection";
import { at, print, tell, type Place } from "./place";
import { goingShown } from "./shown";

const schema = z.object({ id: z.string().min(1).optional(), force: z.boolean().default(false) });

export const unlockCommand: Command = {
  name: "unlock",
  summary: "Ends deployments that are stuck or were cut off, and takes back what they did",
  takes: "HOST",
  details: `${hostDetails}\nOne whose commit had begun is not taken back but ended.`,
  options: {
    ...hostOptions,
    id: { value: "ID", help: "only this one; its beginning is enough" },
    force: { help: "also one that is neither stuck nor cut off" },
  },

  async run(given) {
    const { id, force } = optionsOf(schema, given);
    return at(given, async (place) => {
      const going = (await history(place.host, place.stateFolder, place.user)).filter(goesOn);
      const meant = going.filter((one) => id === undefined || one.id.startsWith(id));
      if (id !== undefined && meant.length === 0) throw nothingCalled(id, place);
      if (meant.length === 0) print([`${place.host.name}: nothing goes on`]);
      let code = 0;
      for (const one of meant) code = Math.max(code, await ended(one, force, place));
      return code;
    });
  },
};

/** @returns the exit code: 1 when what it did could not be taken back */
async function ended(deployment: PastDeployment, force: boolean, { host, user }: Place): Promise<number> {
  const { id, subject, by } = deployment;
  tell(`ending deployment ${id} of ${subject} by ${by}, ${goingShown(deployment)}`);
  const record = await unlock(host, deployment, { user, by: coordinator(), force, onLine: tell });
  print([`deployment ${id} of ${subject}: ${said(record)}`]);
  return record.outcome === "not-restored" ? 1 : 0;
}

function said({ outcome, reason, restoreReason, is }: DeploymentRecord): string {
  const target = is.get("target");
  const now = target === undefined ? "" : `; it leads to ${target}`;
  switch (outcome) {
    case "restored":
      return `ended, and what it did was taken back${now}`;
    case "not-restored":
      return `ended, but what it did could not be taken back: ${restoreReason}${now}`;
    case "done":
      return `it was confirmed already, and has come to its end${now}`;
    default:
      return `ended before it changed anything (${reason})${now}`;
  }
}

function nothingCalled(id: string, { host }: Place): RefusedError {
  const happened = "no deployment that goes on has this id";
  return new RefusedError({ doing: `ending deployment ${id}`, host: host.name, happened });
}
