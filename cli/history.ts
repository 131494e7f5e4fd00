import { z } from "zod";
import { deploymentCalled } from "../provider/activation/rollback";
import { goesOn, history, logOf, type PastDeployment } from "../provider/deployment/history";
import { RefusedError } from "../provider/errors";
import type { Host } from "../provider/host/host";
import { columns } from "./columns";
import { optionsOf, type Command } from "./command";
import { hostDetails, hostOptions } from "./connection";
import { at, print, type Place } from "./place";
import { asJson, changeShown, resultShown, whenShown } from "./shown";
import { toldOfUnit, unitOf } from "./unit";

const schema = z.object({ json: z.boolean().default(false) });

export const historyCommand: Command = {
  name: "history",
  summary: "Lists the deployments that a machine remembers, the newest first; with an ID, all about one",
  takes: "HOST [ID]",
  details: `${hostDetails}\nTimes are UTC. Of an ID its beginning is enough.`,
  options: { ...hostOptions, json: { help: "print JSON" } },

  async run(given) {
    const { json } = optionsOf(schema, given);
    const id = given.words[1];
    return at(given, async (place) => {
      const deployments = await history(place.host, place.stateFolder, place.user);
      if (id !== undefined) await printOne(deployments, id, json, place);
      else if (json)
        print([
          JSON.stringify(
            deployments.map((one) => asJson(one)),
            null,
            2,
          ),
        ]);
      else print(table(deployments));
      return 0;
    });
  },
};

function table(deployments: readonly PastDeployment[]): string[] {
  if (deployments.length === 0) return ["no deployments"];
  const head = ["ID", "WHEN (UTC)", "SUBJECT", "FROM → TO", "BY", "RESULT"];
  return columns([head, ...deployments.map(row)]);
}

function row(deployment: PastDeployment): string[] {
  const { id, subject, by } = deployment;
  return [id, whenShown(deployment), subject, changeShown(deployment), by, resultShown(deployment)];
}

async function printOne(
  deployments: readonly PastDeployment[],
  id: string,
  json: boolean,
  { host, user }: Place,
): Promise<void> {
  const deployment = deploymentCalled(deployments, id);
  if (deployment === undefined) throw notOne(id, host);
  const log = await logOf(host, deployment, user);
  if (json) print([JSON.stringify(asJson(deployment, log), null, 2)]);
  else print([...fields(deployment), "", ...log.trimEnd().split("\n")]);
}

function notOne(id: string, { name }: Host): RefusedError {
  const happened = "none or several have an id that begins so";
  return new RefusedError({ doing: `looking for deployment '${id}'`, host: name, happened });
}

function fields(deployment: PastDeployment): string[] {
  const { id, subject, by, takenOver, was, is, notes } = deployment;
  const told = unitOf(deployment) ? toldOfUnit : (seen: typeof was) => seen;
  const behind = goesOn(deployment) ? [] : observed("is", told(is));
  return columns([
    ["deployment", id],
    ["of", subject],
    ["by", by],
    ["began (UTC)", whenShown(deployment)],
    ["ended (UTC)", notes.get("finished")?.replace("T", " ").replace("Z", "") ?? "-"],
    ["result", resultShown(deployment)],
    ...["to", "kind", "action", "unlocked_by"].flatMap((name) => optional(name, notes.get(name))),
    ...takenOver.map((other) => ["ended first", other]),
    ...observed("was", told(was)),
    ...behind,
  ]);
}

function optional(name: string, value: string | undefined): string[][] {
  return value === undefined ? [] : [[name.replace("_", " "), value]];
}

function observed(when: string, seen: ReadonlyMap<string, string>): string[][] {
  return [...seen].map(([name, value]) => [`${when} ${name}`, value]);
}
