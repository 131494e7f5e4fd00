import { existsSync } from "node:fs";
import { DeploymentError } from "../errors";
import type { Host } from "../host/host";
import type { Message } from "../resource";
import type { StorePath } from "../values";
import type { Builders } from "./builders";
import { buildTogether } from "./build-together";
import { contentsIn, type Contents } from "./contents";
import { builtFor, dryRun, wouldBuild, type DryRun } from "./dry-run";
import { pathInfos, type PathInfos } from "./path-info";
import { invalidAmong } from "./store";
import { infosElsewhere } from "./substituters";

/** A derivation of the program, of which somebody wants to know what it will be. */
export interface ClosureRequest {
  readonly drvPath: StorePath;
  readonly outPath: StorePath;
  readonly outputs: readonly StorePath[];
  /** For the commands that build. */
  readonly arguments: readonly string[];
  readonly builders?: Builders | undefined;
  /** Whether it may be built to find out. */
  readonly build: boolean;
}

export interface ClosureFacts {
  /** Undefined when nobody knows yet. */
  readonly contents?: Contents | undefined;
  /** Why it could not be built. */
  readonly failure?: string | undefined;
  readonly messages: readonly Message[];
}

export interface LookOptions {
  /** Whether it is worth asking what is not here: an update is about to build it. */
  readonly isPreview: boolean;
  readonly onBuild?: ((name: string) => void) | undefined;
  /** Seconds for what substituters say; 20 by default. */
  readonly limit?: number;
}

/**
 * Finds out what is in the closures of all derivations: in one nix process for what is in the store, and one more each
 * for building, for what would be built, and for what a substituter has.
 */
export async function closureFacts(
  controller: Host,
  requests: readonly ClosureRequest[],
  options: LookOptions,
): Promise<ClosureFacts[]> {
  const failures = await buildWanted(controller, requests, options);
  const { infos: here, problem } = await infosHere(controller, requests);
  const missing = requests.filter(
    ({ drvPath, outPath }) => !failures.has(drvPath) && contentsIn(here, outPath) === undefined,
  );
  const elsewhere = options.isPreview
    ? await lookElsewhere(controller, missing, options)
    : new Map<StorePath, ClosureFacts>();
  return requests.map(({ drvPath, outPath }) => {
    const contents = contentsIn(here, outPath);
    const failure = failures.get(drvPath);
    return {
      messages: contents === undefined && problem !== undefined ? [problem] : [],
      ...elsewhere.get(drvPath),
      ...(contents && { contents }),
      ...(failure && { failure }),
    };
  });
}

/** Those that nix takes the same arguments for. */
function groups(requests: readonly ClosureRequest[]): ClosureRequest[][] {
  const found = new Map<string, ClosureRequest[]>();
  for (const request of requests) {
    const kind = JSON.stringify([request.arguments, request.builders]);
    found.set(kind, [...(found.get(kind) ?? []), request]);
  }
  return [...found.values()];
}

function drvPathsOf(requests: readonly ClosureRequest[]): StorePath[] {
  return [...new Set(requests.map(({ drvPath }) => drvPath))];
}

async function buildWanted(
  controller: Host,
  requests: readonly ClosureRequest[],
  { onBuild }: LookOptions,
): Promise<Map<StorePath, string>> {
  const wanted = requests.filter(({ build, outputs }) => build && !outputs.every((path) => existsSync(path)));
  const failures = await Promise.all(
    groups(wanted).map((group) =>
      buildTogether(controller, group, {
        args: group[0]?.arguments ?? [],
        builders: group[0]?.builders,
        onBuild,
      }),
    ),
  );
  return new Map(failures.flatMap((some) => [...some]));
}

interface Known {
  readonly infos: PathInfos;
  /** Why nothing is known. */
  readonly problem?: Message;
}

/** What lies in the store's folder need not be valid: a build that was cut off leaves it behind. */
async function infosHere(controller: Host, requests: readonly ClosureRequest[]): Promise<Known> {
  const paths = [...new Set(requests.map(({ outPath }) => outPath))].filter((path) => existsSync(path));
  try {
    return { infos: await pathInfos(controller, paths).catch(() => infosOfValid(controller, paths)) };
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    const text = `its packages are not known: ${error.message}`;
    return { infos: new Map(), problem: { severity: "warning", text } };
  }
}

async function infosOfValid(controller: Host, paths: readonly StorePath[]): Promise<PathInfos> {
  const invalid = new Set(await invalidAmong(controller, paths));
  return pathInfos(
    controller,
    paths.filter((path) => !invalid.has(path)),
  );
}

async function lookElsewhere(
  controller: Host,
  requests: readonly ClosureRequest[],
  options: LookOptions,
): Promise<Map<StorePath, ClosureFacts>> {
  const found = await Promise.all(groups(requests).map((group) => lookForGroup(controller, group, options)));
  return new Map(found.flatMap((facts) => [...facts]));
}

async function lookForGroup(
  controller: Host,
  group: readonly ClosureRequest[],
  { limit = 20 }: LookOptions,
): Promise<Map<StorePath, ClosureFacts>> {
  const args = group[0]?.arguments ?? [];
  try {
    const plan = await dryRun(controller, drvPathsOf(group), args, limit);
    const fetched = group.filter(({ drvPath }) => !plan.built.has(drvPath)).map(({ outPath }) => outPath);
    const there = await infosThere(() => infosElsewhere(controller, fetched, args, limit));
    return new Map(group.map((request) => [request.drvPath, factsElsewhere(request, plan, there)]));
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    const text = `what would have to be built is not known: ${error.message}`;
    const messages: Message[] = [{ severity: "info", text, ofChange: true }];
    return new Map(group.map(({ drvPath }) => [drvPath, { messages }]));
  }
}

async function infosThere(ask: () => Promise<PathInfos>): Promise<Known> {
  try {
    return { infos: await ask() };
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    const text = `what a substituter has of it is not known: ${error.message}`;
    return { infos: new Map(), problem: { severity: "info", text, ofChange: true } };
  }
}

function factsElsewhere({ drvPath, outPath }: ClosureRequest, plan: DryRun, there: Known): ClosureFacts {
  const built = builtFor(drvPath, plan.built);
  if (built.length > 0) return { messages: [{ severity: "info", text: wouldBuild(built), ofChange: true }] };
  return { contents: contentsIn(there.infos, outPath), messages: there.problem ? [there.problem] : [] };
}
