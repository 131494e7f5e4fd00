import { z } from "zod";
import { factsOf } from "../host/facts";
import { resourceId } from "../identity";
import type { Json } from "../nix/build-source";
import { derivationOf, rememberDerivation } from "../nix/known-derivations";
import { buildArguments } from "../nix/options";
import { addRoots, removeRoots, rootedPaths } from "../nix/roots";
import { invalidAmong, realise } from "../nix/store";
import { flawed, meant } from "../observed";
import type { Context, Problem, Resource } from "../resource";
import { storePathSchema, type StorePath } from "../values";

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
  drvPath: StorePath;
  outPath: StorePath;
  outputs: Record<string, StorePath>;
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
    drvPath: storePathSchema,
    outPath: storePathSchema,
    outputs: z.record(z.string(), storePathSchema),
  }),

  problems: (inputs) => (inputs.attr !== undefined && inputs.file === undefined ? [attrWithoutFile] : []),

  note(inputs) {
    rememberDerivation({ drvPath: inputs.drvPath, arguments: buildArguments(inputs) }, inputs.outputs);
  },

  replacedBy: [],

  // How the derivation was come by is told by the derivation.
  silent: ["flake", "file", "attr", "expr", "args", "system", "nixOptions", "extraArgs"],

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
    return { ...inputs, controller: machineId ?? "" };
  },

  async read(id, state, context) {
    const { machineId, stateFolder } = await factsOf(context.controller, undefined);
    const outPath = meant(state.outPath);
    if ((machineId ?? "") !== state.controller || outPath === undefined) return state;
    const rooted = await rootedPaths(context.controller, undefined, `${stateFolder}/roots/${id}`);
    // What is rooted is valid.
    if (rooted.includes(outPath)) return { ...state, outPath };
    const [invalid] = await invalidAmong(context.controller, [outPath]);
    return { ...state, outPath: flawed(invalid === undefined ? "unprotected" : "missing", outPath) };
  },

  async remove(id, _state, context) {
    const { stateFolder } = await factsOf(context.controller, undefined);
    await removeRoots(context.controller, undefined, `${stateFolder}/roots/${id}`);
  },
};

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
