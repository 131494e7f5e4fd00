import * as pulumi from "@pulumi/pulumi";
import type { BuildSource, Json } from "../provider/nix/build-source";
import { readDerivation } from "../provider/nix/derivation";
import type { Evaluation } from "../provider/nix/evaluate";
import type { Evaluated } from "../provider/nix/evaluation-cache";
import { buildArguments } from "../provider/nix/options";
import type { Message, Problem } from "../provider/resource";
import { isStorePath, parseStorePath } from "../provider/values";
import { unknownValue } from "../provider/wire";
import { factsOfClosure } from "./closures";
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
  /**
   * Build while the program runs, in a preview as in an update, together with all other builds of the program that ask for
   * it: then a preview knows `packages` and `closureSize`, and a build that fails stops everything before any machine is
   * touched. By default only on CI, that is where the variable CI is `true` or `1`. Without it, a preview knows what is in
   * this machine's store or a substituter's, and says of the rest what would be built. No diff.
   */
  buildOnPreview?: pulumi.Input<boolean>;
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
  /**
   * The packages of the path's runtime closure with their versions: `{ openssl: "3.0.12" }`, several as `"1.9, 1.10"`.
   * Names as Nix reads them, outputs such as `-dev` folded into their package; what has no version is left out. In a
   * preview unknown while the path is neither here nor with a substituter. Follows the path: no diff by itself.
   */
  declare readonly packages: pulumi.Output<Record<string, string>>;
  /** Bytes of the path's runtime closure, as Nix counts them. Known when `packages` is. */
  declare readonly closureSize: pulumi.Output<number>;

  constructor(name: string, args: NixBuildArgs, options?: pulumi.CustomResourceOptions) {
    const evaluated = evaluatedInputs(name, args);
    const get = <Key extends keyof EvaluatedInputs>(key: Key): pulumi.Output<EvaluatedInputs[Key]> =>
      evaluated.apply((inputs) => inputs[key]);
    const properties = {
      ...args,
      drvPath: get("drvPath"),
      outPath: get("outPath"),
      outputs: get("outputs"),
      packages: get("packages"),
      closureSize: get("closureSize"),
      __problems: get("problems"),
      __messages: get("messages"),
      // What the other values are about, when `ignoreChanges` puts a saved path in the place of this one.
      __evaluated: get("outPath"),
      ...dynamicProperties(name, NixBuild.__pulumiType, "nixBuild", options),
    };
    super(NixBuild.__pulumiType, name, properties, options);
  }
}

interface EvaluatedInputs {
  drvPath?: string;
  outPath?: string;
  outputs?: Record<string, string>;
  packages?: Record<string, string>;
  closureSize?: number;
  /** What stood in the way; the provider reports it with the resource, under the input's name. */
  problems?: Problem[];
  /** What the provider says with the resource. */
  messages?: Message[];
}

function evaluatedInputs(name: string, args: NixBuildArgs): pulumi.Output<EvaluatedInputs> {
  const { keepBuilds: _, buildOnPreview = isOnCI(), ...source } = args;
  const reason = "holds a secret, which a derivation would lay open to everyone who can read a Nix store";
  const refused = Object.entries(source).map(([property, value]) =>
    secretProblems(value, { property, reason }),
  );
  return pulumi
    .all([pulumi.unsecret(pulumi.output(source)), pulumi.all(refused), pulumi.output(buildOnPreview)])
    .apply(async ([known, problems, build]) => {
      const inputs = await evaluateSource(name, known, problems.flat());
      return withContents(known, inputs, build);
    });
}

function isOnCI(): boolean {
  return ["true", "1"].includes(process.env["CI"] ?? "");
}

type SourceArgs = BuildSource & { drvPath?: string };

async function evaluateSource(
  name: string,
  source: SourceArgs,
  refused: Problem[],
): Promise<EvaluatedInputs> {
  if (refused.length > 0) return { problems: refused };
  const given = givenSources(source);
  const [first, ...others] = given;
  if (first === undefined || others.length > 0) return { problems: [wrongSources(given)] };
  return fromEvaluation(
    source.drvPath === undefined ? await evaluate(name, source) : openDerivation(source.drvPath),
  );
}

function givenSources(source: SourceArgs): string[] {
  return ["flake", "file", "expr", "drvPath"].filter(
    (name) => name in source && source[name as "flake"] !== undefined,
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

/** What nobody knows yet is unknown in a preview; an update has it behind the build. */
async function withContents(
  source: SourceArgs,
  inputs: EvaluatedInputs,
  build: boolean,
): Promise<EvaluatedInputs> {
  const { drvPath, outPath, outputs } = inputs;
  if (drvPath === undefined || outPath === undefined) return inputs;
  const { contents, failure, messages } = await factsOfClosure({
    drvPath: parseStorePath(drvPath),
    outPath: parseStorePath(outPath),
    outputs: Object.values(outputs ?? {}).map(parseStorePath),
    arguments: buildArguments(source),
    build,
  });
  const problems =
    failure === undefined ? [] : [{ property: givenSources(source)[0] ?? "expr", reason: notBuilt(failure) }];
  const all = { ...inputs, problems, messages: [...(inputs.messages ?? []), ...messages] };
  const unknown = unknownContents();
  return { ...all, ...(contents ?? unknown) };
}

function notBuilt(failure: string): string {
  return `could not be built: ${failure}`;
}

/** The engine knows this text for a value that is not known. */
function unknownContents(): EvaluatedInputs {
  if (!pulumi.runtime.isDryRun()) return {};
  return { packages: unknownValue, closureSize: unknownValue } as unknown as EvaluatedInputs;
}

/** `out` where there is one; Nix puts the others in the order of the alphabet. */
function mainOutput({ outputs }: Evaluated): string {
  return outputs["out"] ?? (Object.values(outputs)[0] as string);
}
