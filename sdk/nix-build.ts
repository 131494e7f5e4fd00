import * as pulumi from "@pulumi/pulumi";
import type { BuildSource, Json } from "../provider/nix/build-source";
import { buildersSchema } from "../provider/nix/builders";
import { readDerivation } from "../provider/nix/derivation";
import type { Evaluation } from "../provider/nix/evaluate";
import type { Evaluated } from "../provider/nix/evaluation-cache";
import { buildArguments } from "../provider/nix/options";
import type { Message, Problem } from "../provider/resource";
import { isStorePath, parseStorePath } from "../provider/values";
import { unknownValue } from "../provider/wire";
import { withBuilderSecrets, type Builders } from "./builders";
import { factsOfClosure } from "./closures";
import { withSecrets, type Connection } from "./connection";
import { evaluate } from "./evaluation";
import { dynamicProperties, given, leaveTracesUnformatted, resourceType, secretProblems } from "./resource";

export interface NixBuildArgs {
  /**
   * A flake installable: `.#web`, `github:owner/repository#web`. Looked up as `nix build` does it: below
   * `packages.<system>`, `legacyPackages.<system>`, then as written. Evaluated purely, from a dirty work tree too, with what
   * `nix build` has in `self` (`rev`, `shortRev`, `revCount`, `dirtyRev`): a new commit is another path where they are used.
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
  /** How many of the last builds stay protected where it is built, so that a revert needs no build; 3 by default. */
  keepBuilds?: pulumi.Input<number>;
  /**
   * Build while the program runs, in a preview as in an update, together with all other builds of the program that ask for
   * it: then a preview knows `packages` and `closureSize`, and a build that fails stops everything before any machine is
   * touched. By default only on CI, that is where the variable CI is `true` or `1`. Without it, a preview knows what is in
   * this machine's store or a substituter's, and says of the rest what would be built. Not with `buildOn`. No diff.
   */
  buildOnPreview?: pulumi.Input<boolean>;
  /**
   * The machine to build on, which may be of another kind than this one (`system`): evaluated here, what it is made of is
   * sent there and built there, and the last `keepBuilds` builds are protected there. Copies of it go from there without
   * being told; on that machine itself they are only protected. By default this machine. When the connection is lost, that
   * machine ends the build and keeps what is built whole. Another machine is another build (replace: what was protected on
   * the former one is given up once the new one has it); other ways and keys are no diff.
   */
  buildOn?: pulumi.Input<Connection>;
  /** With `buildOn`: bring the outputs to this machine too, and protect them here as well; false by default. */
  fetch?: pulumi.Input<boolean>;
  /**
   * Machines that Nix spreads the build over, in place of those of its own configuration: in the words of nix.conf
   * (`ssh-ng://builder x86_64-linux /root/key 4`, several parted by `;`, `@/etc/nix/machines`), or one by one. Nix lets
   * only root and its trusted users choose them. Taken by the machine that builds: this one, or that of `buildOn`. No diff.
   */
  builders?: Builders;
}

/**
 * A derivation, evaluated with the program and built on the machine that runs Pulumi, or on another one (`buildOn`), or
 * with the help of others (`builders`).
 *
 * All builds of a program are evaluated together. `drvPath`, `outPath` and `outputs` are known in a preview, without
 * building. Exactly one of `flake`, `file`, `expr` and `drvPath` is given. Every change but that of `buildOn` is an update
 * in place; one of the source counts only if it changes the derivation.
 */
export class NixBuild extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("NixBuild");

  /** The derivation. */
  declare readonly drvPath: pulumi.Output<string>;
  /** The path of the output `out`, or where there is none of the first one by name. */
  declare readonly outPath: pulumi.Output<string>;
  /** The paths of all outputs, by name. */
  declare readonly outputs: pulumi.Output<Record<string, string>>;
  /**
   * The packages of the path's runtime closure with their versions: `{ openssl: "3.0.12" }`, several as `"1.9, 1.10"`.
   * Names as Nix reads them, outputs such as `-dev` folded into their package; what has no version is left out. In a
   * preview unknown while the path is neither here nor with a substituter nor on the machine of `buildOn`. Follows the
   * path: no diff by itself.
   */
  declare readonly packages: pulumi.Output<Record<string, string>>;
  /** Bytes of the path's runtime closure, as Nix counts them. Known when `packages` is. */
  declare readonly closureSize: pulumi.Output<number>;
  /** Where it was built, as messages name a machine: `this machine`, `builder.example.org`, `alice@web1:2222`. */
  declare readonly builtOn: pulumi.Output<string>;

  constructor(name: string, args: NixBuildArgs, options?: pulumi.CustomResourceOptions) {
    const evaluated = evaluatedInputs(name, args);
    const get = <Key extends keyof EvaluatedInputs>(key: Key): pulumi.Output<EvaluatedInputs[Key]> =>
      evaluated.apply((inputs) => inputs[key]);
    const properties = {
      ...given(args),
      drvPath: get("drvPath"),
      outPath: get("outPath"),
      outputs: get("outputs"),
      packages: get("packages"),
      closureSize: get("closureSize"),
      ...given({
        buildOn: args.buildOn && withSecrets(args.buildOn),
        builders: args.builders && withBuilderSecrets(args.builders),
      }),
      builtOn: undefined,
      ...dynamicProperties(name, NixBuild.__pulumiType, "nixBuild", options, {
        problems: get("problems"),
        messages: get("messages"),
        evaluated: get("outPath"),
      }),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(NixBuild.__pulumiType, name, properties, options);
    } finally {
      formatAgain();
    }
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
  const { keepBuilds: _, fetch: _fetch, buildOn, builders, buildOnPreview = isOnCI(), ...source } = args;
  const reason = "holds a secret, which a derivation would lay open to everyone who can read a Nix store";
  const refused = Object.entries(source).map(([property, value]) =>
    secretProblems(value, { property, reason }),
  );
  return pulumi
    .all([
      pulumi.unsecret(pulumi.output(source)),
      pulumi.all(refused),
      pulumi.output(buildOnPreview),
      // A builder that is not known yet stands in the way of nothing but a build.
      buildOnPreview === false ? undefined : pulumi.unsecret(pulumi.output(builders)),
    ])
    .apply(async ([known, problems, build, given]) => {
      const inputs = await evaluateSource(name, known, problems.flat());
      if (buildOn !== undefined) return { ...inputs, ...unknownContents() };
      return withContents(known, inputs, build, given);
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
  given: unknown,
): Promise<EvaluatedInputs> {
  const builders = buildersSchema.optional().safeParse(given);
  const { drvPath, outPath, outputs } = inputs;
  if (drvPath === undefined || outPath === undefined) return inputs;
  const { contents, failure, messages } = await factsOfClosure({
    drvPath: parseStorePath(drvPath),
    outPath: parseStorePath(outPath),
    outputs: Object.values(outputs ?? {}).map(parseStorePath),
    arguments: buildArguments(source),
    builders: builders.data,
    // Builders that are wrong are the provider's to tell.
    build: build && builders.success,
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
