import * as pulumi from "@pulumi/pulumi";
import type { BuildSource, Json } from "../provider/nix/build-source";
import { readDerivation } from "../provider/nix/derivation";
import type { Evaluation } from "../provider/nix/evaluate";
import type { Evaluated } from "../provider/nix/evaluation-cache";
import type { Message, Problem } from "../provider/resource";
import { isStorePath } from "../provider/values";
import { evaluate } from "./evaluation";
import { dynamicProperties, resourceType, secretProblems } from "./resource";

export interface NixBuildArgs {
  /**
   * A flake installable: `.#web`, `github:owner/repository#web`. Looked up as `nix build` does it: below
   * `packages.<system>`, `legacyPackages.<system>`, then as written. Evaluated purely, from a dirty work tree too.
   */
  flake?: pulumi.Input<string>;
  /** A Nix file, relative to the program. A function in it is called with those of `args` that it names. */
  file?: pulumi.Input<string>;
  /** With `file`: the attribute path of the derivation; without it the file itself has to be one. */
  attr?: pulumi.Input<string>;
  /** A Nix expression. Paths in it are relative to the program. */
  expr?: pulumi.Input<string>;
  /** A derivation that is in the store already. */
  drvPath?: pulumi.Input<string>;
  /**
   * Arguments for functions in `file`, `expr` or `flake`: any JSON values. One that no function takes is an error.
   * No secrets: a derivation is readable by everyone on every machine it reaches, so a secret here is refused.
   */
  args?: pulumi.Input<Record<string, pulumi.Input<Json>>>;
  /** The system to build for, `x86_64-linux`; that of this machine by default. Functions get it as `system`. */
  system?: pulumi.Input<string>;
  /** Settings of nix.conf for this build's evaluation and realisation. */
  nixOptions?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Trailing arguments for nix, to the evaluation and the build: `["--show-trace", "-j4"]`. */
  extraArgs?: pulumi.Input<pulumi.Input<string>[]>;
  /** How many of the last builds stay protected on this machine, so that a revert needs no build; 3 by default. */
  keepBuilds?: pulumi.Input<number>;
}

/**
 * A derivation, evaluated with the program and built on the machine that runs Pulumi.
 *
 * All builds of a program are evaluated together. `drvPath`, `outPath` and `outputs` are known in a preview, without
 * building. Exactly one of `flake`, `file`, `expr` and `drvPath` is given. Every change is an update in place, and
 * counts only if it changes the derivation.
 */
export class NixBuild extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("NixBuild");

  /** The derivation. */
  declare readonly drvPath: pulumi.Output<string>;
  /** The path of the first output. */
  declare readonly outPath: pulumi.Output<string>;
  /** The paths of all outputs, by name. */
  declare readonly outputs: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: NixBuildArgs, options?: pulumi.CustomResourceOptions) {
    const evaluated = evaluatedInputs(name, args);
    const get = <Key extends keyof EvaluatedInputs>(key: Key): pulumi.Output<EvaluatedInputs[Key]> =>
      evaluated.apply((inputs) => inputs[key]);
    const properties = {
      ...args,
      drvPath: get("drvPath"),
      outPath: get("outPath"),
      outputs: get("outputs"),
      __problems: get("problems"),
      __messages: get("messages"),
      ...dynamicProperties(name, NixBuild.__pulumiType, "nixBuild", options),
    };
    super(NixBuild.__pulumiType, name, properties, options);
  }
}

interface EvaluatedInputs {
  drvPath?: string;
  outPath?: string;
  outputs?: Record<string, string>;
  /** What stood in the way; the provider reports it with the resource, under the input's name. */
  problems?: Problem[];
  /** What the provider says with the resource. */
  messages?: Message[];
}

function evaluatedInputs(name: string, args: NixBuildArgs): pulumi.Output<EvaluatedInputs> {
  const { keepBuilds: _, ...source } = args;
  const reason = "holds a secret, which a derivation would lay open to everyone who can read a Nix store";
  const refused = Object.entries(source).map(([property, value]) =>
    secretProblems(value, { property, reason }),
  );
  return pulumi
    .all([pulumi.unsecret(pulumi.output(source)), pulumi.all(refused)])
    .apply(([known, problems]) => evaluateSource(name, known as SourceArgs, problems.flat()));
}

type SourceArgs = BuildSource & { drvPath?: string };

async function evaluateSource(
  name: string,
  source: SourceArgs,
  refused: Problem[],
): Promise<EvaluatedInputs> {
  if (refused.length > 0) return { problems: refused };
  const given = (["flake", "file", "expr", "drvPath"] as const).filter((name) => source[name] !== undefined);
  const [first, ...others] = given;
  if (first === undefined || others.length > 0) return { problems: [wrongSources(given)] };
  return fromEvaluation(
    source.drvPath === undefined ? await evaluate(name, source) : openDerivation(source.drvPath),
  );
}

function wrongSources(given: readonly string[]): Problem {
  const names = given.length === 0 ? "none was given" : `${given.join(" and ")} were given`;
  return { property: given[0] ?? "flake", reason: `exactly one of flake, file, expr and drvPath: ${names}` };
}

function openDerivation(drvPath: string): Evaluation {
  const property = "drvPath";
  const messages: Message[] = [];
  if (!isStorePath(drvPath))
    return { ok: false, property, reason: `'${drvPath}' is not a store path`, messages };
  try {
    return { ok: true, ...readDerivation(drvPath), messages };
  } catch (error) {
    return { ok: false, property, reason: (error as Error).message, messages };
  }
}

function fromEvaluation(evaluation: Evaluation): EvaluatedInputs {
  const messages = [...evaluation.messages];
  if (!evaluation.ok)
    return { problems: [{ property: evaluation.property, reason: evaluation.reason }], messages };
  const { drvPath, outputs } = evaluation;
  return { drvPath, outPath: mainOutput(evaluation), outputs, messages };
}

/** `out` where there is one; Nix puts the others in the order of the alphabet. */
function mainOutput({ outputs }: Evaluated): string {
  return outputs["out"] ?? (Object.values(outputs)[0] as string);
}
