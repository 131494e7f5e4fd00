import { z } from "zod";
import { connectionSchema, type Connection } from "../connection";
import { DeploymentError } from "../errors";
import { factsOf } from "../host/facts";
import { resourceId } from "../identity";
import type { Json } from "../nix/build-source";
import { buildersSchema, type Builders } from "../nix/builders";
import { contentsOn, knownContents, rememberContents, type Contents } from "../nix/contents";
import { rememberDerivation } from "../nix/known-derivations";
import { buildArguments } from "../nix/options";
import { invalidAmong } from "../nix/store";
import type { Packages } from "../nix/package-name";
import { isSamePath, meant, meantPathSchema } from "../observed";
import { programTold } from "../program-told";
import type { Context, Problem, Resource } from "../resource";
import { storePathSchema, type StorePath } from "../values";
import { isObject, type Properties } from "../wire";
import { bringHere, build, builderOf, leave } from "./build-place";
import { describedPaths, keeperHere, storeKeeper, type StoreKeeper } from "./store-keeper";

export interface NixBuildInputs {
  flake?: string | undefined;
  file?: string | undefined;
  attr?: string | undefined;
  expr?: string | undefined;
  args?: Record<string, Json> | undefined;
  system?: string | undefined;
  nixOptions?: Record<string, string> | undefined;
  extraArgs?: string[] | undefined;
  keepBuilds: number;
  buildOnPreview?: boolean | undefined;
  buildOn?: Connection | undefined;
  fetch?: boolean | undefined;
  builders?: Builders | undefined;
  drvPath: StorePath;
  outPath: StorePath;
  outputs: Record<string, StorePath>;
  /** Of the runtime closure of `outPath`, as far as it is known. */
  packages?: Packages | undefined;
  closureSize?: number | undefined;
}

export interface NixBuildState extends NixBuildInputs {
  /** The machine that ran Pulumi, by its machine id: another one's store says nothing about what was built here. */
  controller: string;
  /** The machine that it was built on, as messages name it. */
  builtOn?: string | undefined;
}

/** A derivation, built on the machine that runs Pulumi or on another one, and kept there for the last few builds. */
export const nixBuild: Resource<NixBuildInputs, NixBuildState> = {
  name: "NixBuild",

  inputs: z.strictObject({
    flake: z.string().optional(),
    file: z.string().optional(),
    attr: z.string().optional(),
    expr: z.string().optional(),
    args: z.record(z.string(), z.json()).optional(),
    system: z.string().optional(),
    nixOptions: z.record(z.string(), z.string()).optional(),
    extraArgs: z.array(z.string()).optional(),
    keepBuilds: z.number().int().min(1).default(3),
    buildOnPreview: z.boolean().optional(),
    buildOn: connectionSchema.optional(),
    fetch: z.boolean().optional(),
    builders: buildersSchema.optional(),
    drvPath: storePathSchema,
    outPath: meantPathSchema,
    outputs: z.record(z.string(), storePathSchema),
    packages: z.record(z.string(), z.string()).optional(),
    closureSize: z.number().optional(),
  }),

  problems,

  note(inputs) {
    const { drvPath, buildOn, builders, outputs } = inputs;
    rememberDerivation({ drvPath, arguments: buildArguments(inputs), buildOn, builders }, outputs);
  },

  contentNames: () => ["packages", "closureSize"],

  async contents(inputs, saved, context) {
    const ofSaved = isSamePath(saved.outPath, inputs.outPath) ? contentsIn(saved) : undefined;
    const known = contentsIn(inputs) ?? ofSaved ?? (await contentsElsewhere(inputs, context));
    if (known !== undefined) rememberContents(inputs.outPath, known);
    return known ?? {};
  },

  pinned,

  // What another machine holds for us is found under that machine's name, and taken away there once the new one has it.
  replacedBy: ["buildOn"],

  // How the derivation was come by is told by the derivation.
  silent: [
    "flake",
    "file",
    "attr",
    "expr",
    "args",
    "system",
    "nixOptions",
    "extraArgs",
    "buildOnPreview",
    "builders",
  ],

  identify: (inputs, urn) => resourceId(urn, inputs.buildOn),

  async preview(inputs, _previous, context) {
    if (inputs.buildOn === undefined) return;
    const keeper = await builderOf(inputs, context);
    const missing = await invalidAmong(keeper.host, Object.values(inputs.outputs), keeper);
    if (missing.length > 0) context.log("info", `would be built on ${keeper.host.name}`);
  },

  async ensure(id, inputs, previous, context) {
    const { machineId } = await factsOf(context.controller, undefined);
    const keeper = await builderOf(inputs, context);
    await build(id, inputs, keeper, context);
    if (inputs.fetch === true) await bringHere(id, inputs, keeper, context);
    else if (previous?.fetch === true) await leave(id, await keeperHere(context));
    const contents = await builtContents(inputs, keeper, context);
    return { ...inputs, ...contents, controller: machineId ?? "", builtOn: keeper.host.name };
  },

  async read(id, state, context) {
    const outPath = meant(state.outPath);
    const isElsewhere = state.buildOn !== undefined;
    const { machineId } = await factsOf(context.controller, undefined);
    const isController = (machineId ?? "") === state.controller;
    if (outPath === undefined || !(isController || isElsewhere)) return state;
    const keeper = await builderOf(state, context);
    const contents = contentsIn(state) ?? (await contentsThere(outPath, keeper, context)) ?? {};
    const kept = [keeper, ...(isElsewhere && state.fetch && isController ? [await keeperHere(context)] : [])];
    const seen = (await Promise.all(kept.map((one) => describedPaths(id, [outPath], one)))).flat();
    return { ...state, ...contents, outPath: seen.find((path) => path !== outPath) ?? outPath };
  },

  async remove(id, state, context) {
    if (state.buildOn !== undefined) await leave(id, await storeKeeper(state.buildOn, context));
    await leave(id, await keeperHere(context));
  },
};

function problems({ attr, file, buildOn, fetch, buildOnPreview }: NixBuildInputs): Problem[] {
  const isElsewhere = buildOn !== undefined;
  return [
    ...(attr !== undefined && file === undefined ? [attrWithoutFile] : []),
    ...(fetch === true && !isElsewhere ? [fetchWithoutBuildOn] : []),
    ...(buildOnPreview === true && isElsewhere ? [previewElsewhere] : []),
  ];
}

function contentsIn({ packages, closureSize }: Partial<NixBuildInputs>): Contents | undefined {
  return packages === undefined || closureSize === undefined ? undefined : { packages, closureSize };
}

/** Behind the build the closure is there to be looked at, also for what deploys it. */
async function builtContents(
  inputs: NixBuildInputs,
  keeper: StoreKeeper,
  context: Context,
): Promise<Partial<Contents>> {
  const contents = contentsIn(inputs) ?? (await contentsThere(inputs.outPath, keeper, context));
  if (contents !== undefined) rememberContents(inputs.outPath, contents);
  return contents ?? {};
}

/** What the path holds, as this machine knows it or the one that built it. */
async function contentsThere(
  path: StorePath,
  { host, as }: StoreKeeper,
  { controller }: Context,
): Promise<Contents | undefined> {
  return (
    (await knownContents(controller, path)) ?? (host === controller ? undefined : contentsOn(host, as, path))
  );
}

/** For a preview, which does not wait long for the machine that builds, and can do without. */
async function contentsElsewhere(inputs: NixBuildInputs, context: Context): Promise<Contents | undefined> {
  if (inputs.buildOn === undefined) return undefined;
  try {
    return await contentsThere(inputs.outPath, await builderOf(inputs, context), context);
  } catch (error) {
    if (error instanceof DeploymentError) return undefined;
    throw error;
  }
}

/** With `ignoreChanges: ["outPath"]`, what was evaluated is of another path than the one that stays. */
function pinned(inputs: Properties, saved: Properties): Properties {
  const { outPath, outputs } = inputs;
  const { evaluated } = programTold(inputs);
  const isEvaluated =
    evaluated === undefined
      ? isObject(outputs) && Object.values(outputs).includes(outPath)
      : evaluated === outPath;
  if (isEvaluated || !isSamePath(saved["outPath"], outPath)) return inputs;
  const { drvPath, outputs: builtOnce, packages, closureSize } = saved;
  return { ...inputs, drvPath, outputs: builtOnce, packages, closureSize };
}

const attrWithoutFile: Problem = {
  property: "attr",
  reason:
    "goes with `file`; for a flake it is the part behind the #, for an expression a part of the expression",
};

const fetchWithoutBuildOn: Problem = {
  property: "fetch",
  reason: "goes with `buildOn`; what is built on this machine is here",
};

const previewElsewhere: Problem = {
  property: "buildOnPreview",
  reason: "builds on this machine, so not with `buildOn`",
};
