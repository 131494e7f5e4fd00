import { differenceOf, type ClosureFacts, type Surroundings } from "./difference";
import type { Difference, Message, Operation, ResourceReport } from "./report";
import { ourType, ofUrn } from "./resource-name";
import { notKnown, type Properties, type Run, type Step } from "./run";
import { subjectOf } from "./subject";

/** All that a run tells of one resource: the look at the machine, and what is to be done. */
export interface Told {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly look: Step | undefined;
  readonly plan: Step | undefined;
  readonly messages: readonly Message[];
}

/** In the order of their names. */
export function toldOf({ steps, diagnostics }: Run): Told[] {
  const looked = steps.some(({ op }) => op === "refresh");
  const urns = [...new Set([...steps, ...diagnostics].map(({ urn }) => urn))].filter((urn) => urn !== "");
  return urns.sort().map((urn) => {
    const own = steps.filter((step) => step.urn === urn && !isHalf(step));
    const isLook = ({ op }: Step): boolean =>
      op === "refresh" || (looked && (op === "update" || op === "delete"));
    const [first] = own;
    const look = first !== undefined && isLook(first) ? first : undefined;
    const plan = own.slice(look === undefined ? 0 : 1).at(-1);
    return { urn, ...ofUrn(urn), look, plan, messages: messagesOf(urn, diagnostics) };
  });
}

/** A replacement is told as a whole, and in an update once more as what it is made of. */
function isHalf({ op }: Step): boolean {
  return ["create-replacement", "delete-replaced", "discard-replaced", "read", "read-discard"].includes(op);
}

function messagesOf(urn: string, diagnostics: Run["diagnostics"]): Message[] {
  const { name } = ofUrn(urn);
  return diagnostics
    .filter((one) => one.urn === urn)
    .map(({ severity, message }) => ({ severity, text: message, of: name }));
}

/** The newest that is known of it: what it will be, else what it is or was. */
export function latest({ plan, look }: Told): Properties | undefined {
  return plan?.is ?? plan?.was ?? look?.is ?? look?.was;
}

/** What a look has found: undefined when nothing was looked at or it is gone. */
function found({ plan, look }: Told): Properties | undefined {
  // The engine's document shows with the look what was known before, and with the plan what was found.
  return plan === undefined ? look?.is : plan.was;
}

export function resourceReport(told: Told, surroundings: Surroundings): ResourceReport {
  const { type, name, plan } = told;
  return {
    type: ourType(type) ?? type,
    name,
    subject: subjectOf(ourType(type) ?? type, name, latest(told) ?? emptyProperties),
    op: operationOf(plan?.op),
    ended: plan?.ended ?? "done",
    stays: staysOf(told),
    drift: driftOf(told, surroundings),
    change: changeOf(plan, surroundings),
    messages: told.messages,
  };
}

function staysOf({ type, plan }: Told): ResourceReport["stays"] {
  if (plan?.op !== "delete") return undefined;
  // What was pushed into a cache stays there.
  if (plan.retained || ourType(type) === "BinaryCache") return "all";
  return ourType(type) === "ProfileActivation" ? leftProfile(plan.was?.values ?? {}) : undefined;
}

/** As provider/resources/profile-activation.ts leaves it behind. */
function leftProfile({
  onDestroy = "leave",
  originalPath,
  kind,
}: Properties["values"]): ResourceReport["stays"] {
  if (onDestroy === "rollback" && typeof originalPath === "string" && originalPath !== "") return "led back";
  return onDestroy === "leave" || kind === "nixos" ? "profile" : undefined;
}

function driftOf(told: Told, surroundings: Surroundings): Difference | "gone" | undefined {
  const { look } = told;
  if (look?.was === undefined) return undefined;
  const actual = found(told);
  if (actual === undefined) return "gone";
  return differenceOf(look.was, actual, { ...surroundings, changed: [] });
}

function changeOf(plan: Step | undefined, surroundings: Surroundings): Difference | undefined {
  if (plan === undefined || plan.op === "same" || plan.op === "delete") return undefined;
  return differenceOf(plan.was, plan.is, { ...surroundings, changed: plan.changed });
}

function operationOf(op: string | undefined): Operation {
  switch (op) {
    case "create":
    case "update":
    case "replace":
    case "delete":
      return op;
    case "import":
      return "create";
    default:
      return "same";
  }
}

/** What the builds tell of their closures, by the path that others name. */
export function factsOfBuilds(all: readonly Told[]): Map<string, ClosureFacts> {
  const facts = new Map<string, ClosureFacts>();
  for (const { plan, look } of all) {
    for (const properties of [look?.was, look?.is, plan?.was, plan?.is]) {
      const path = properties?.values["outPath"];
      if (path === undefined || path === notKnown || properties?.packages === undefined) continue;
      facts.set(path, { packages: properties.packages, closureSize: properties.closureSize });
    }
  }
  return facts;
}

const emptyProperties: Properties = {
  connection: undefined,
  values: {},
  packages: undefined,
  units: undefined,
  closureSize: undefined,
  text: undefined,
  digests: {},
};
