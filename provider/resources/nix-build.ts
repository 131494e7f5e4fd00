import { z } from "zod";
import { factsOf } from "../host/facts";
import { resourceId } from "../identity";
import type { Json } from "../nix/build-source";
import { knownContents, rememberContents, type Contents } from "../nix/contents";
import { derivationOf, rememberDerivation } from "../nix/known-derivations";
import { buildArguments } from "../nix/options";
import { addRoots, removeRoots, rootedPaths } from "../nix/roots";
import { invalidAmong, realise } from "../nix/store";
import type { Packages } from "../nix/package-name";
import { flawed, isSamePath, meant, meantPathSchema } from "../observed";
import type { Context, Problem, Resource } from "../resource";
import { storePathSchema, type StorePath } from "../values";
import { isObject, type Properties } from "../wire";

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
  drvPath: StorePath;
  outPath: StorePath;
  outputs: Record<string, StorePath>;
  /** Of the runtime closure of `outPath`, as far as it is known. */
  packages?: Packages | undefined;
  closureSize?: number | undefined;
}

export interface NixBuildState extends NixBuildInputs {
  /** The machine that built it, by its machine id: another one's store says nothing about this build. */
  controller: string;
}

/** A derivation, built on the machine that runs Pulumi and kept there for the last few builds. */
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
    drvPath: storePathSchema,
    outPath: meantPathSchema,
    outputs: z.record(z.string(), storePathSchema),
    packages: z.record(z.string(), z.string()).optional(),
    closureSize: z.number().optional(),
  }),

  problems: (inputs) => (inputs.attr !== undefined && inputs.file === undefined ? [attrWithoutFile] : []),

  note(inputs) {
    rememberDerivation({ drvPath: inputs.drvPath, arguments: buildArguments(inputs) }, inputs.outputs);
  },

  contentNames: () => ["packages", "closureSize"],

  contents: (inputs, saved) => {
    const contents =
      contentsIn(inputs) ?? (isSamePath(saved.outPath, inputs.outPath) ? contentsIn(saved) : {});
    const known = contents && contentsIn(contents);
    if (known !== undefined) rememberContents(inputs.outPath, known);
    return Promise.resolve(known ?? {});
  },

  pinned,

  replacedBy: [],

  // How the derivation was come by is told by the derivation.
  silent: ["flake", "file", "attr", "expr", "args", "system", "nixOptions", "extraArgs", "buildOnPreview"],

  identify: (_inputs, urn) => resourceId(urn, undefined),

  async ensure(id, inputs, _previous, context) {
    const { machineId, stateFolder } = await factsOf(context.controller, undefined);
    const wanted = Object.values(inputs.outputs);
    await build(inputs, wanted, `${stateFolder}/roots/${id}`, context);
    await addRoots(
      context.controller,
      undefined,
      `${stateFolder}/roots/${id}`,
      wanted,
      inputs.keepBuilds * wanted.length,
    );
    return { ...inputs, ...(await builtContents(inputs, context)), controller: machineId ?? "" };
  },

  async read(id, state, context) {
    const { machineId, stateFolder } = await factsOf(context.controller, undefined);
    const outPath = meant(state.outPath);
    if ((machineId ?? "") !== state.controller || outPath === undefined) return state;
    const contents = contentsIn(state) ?? (await knownContents(context.controller, outPath)) ?? {};
    const rooted = await rootedPaths(context.controller, undefined, `${stateFolder}/roots/${id}`);
    // What is rooted is valid.
    if (rooted.includes(outPath)) return { ...state, ...contents, outPath };
    const [invalid] = await invalidAmong(context.controller, [outPath]);
    const flaw = invalid === undefined ? "unprotected" : "missing";
    return { ...state, ...contents, outPath: flawed(flaw, outPath) };
  },

  async remove(id, _state, context) {
    const { stateFolder } = await factsOf(context.controller, undefined);
    await removeRoots(context.controller, undefined, `${stateFolder}/roots/${id}`);
  },
};

function contentsIn({ packages, closureSize }: Partial<NixBuildInputs>): Contents | undefined {
  return packages === undefined || closureSize === undefined ? undefined : { packages, closureSize };
}

/** Behind the build the closure is there to be looked at, also for what deploys it. */
async function builtContents(inputs: NixBuildInputs, context: Context): Promise<Partial<Contents>> {
  const contents = contentsIn(inputs) ?? (await knownContents(context.controller, inputs.outPath));
  if (contents !== undefined) rememberContents(inputs.outPath, contents);
  return contents ?? {};
}

/** With `ignoreChanges: ["outPath"]`, what was evaluated is of another path than the one that stays. */
function pinned(inputs: Properties, saved: Properties): Properties {
  const { outPath, outputs, __evaluated: evaluated } = inputs;
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

async function build(
  inputs: NixBuildInputs,
  wanted: readonly StorePath[],
  rootFolder: string,
  context: Context,
): Promise<void> {
  const invalid = await invalidAmong(context.controller, wanted);
  if (invalid.length === 0) return;
  await realise(context.controller, derivationOf(inputs.outPath)?.drvPath ?? inputs.drvPath, {
    arguments: buildArguments(inputs),
    // Holds what was just built until the roots proper stand; hidden, so that it does not count as one of them.
    root: `${rootFolder}/.built`,
    onLine: (line) => context.status(line),
  });
}
