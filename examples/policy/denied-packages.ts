import type { PolicyConfigSchema, ResourceValidationPolicy } from "@pulumi/policy";
import { isFor, notKnown, profileActivation, stacks } from "./resources";
import { compareVersions } from "./versions";

/** A package that may not become active: any version of it, or those before one. */
interface Denied {
  package: string;
  before?: string;
  because?: string;
}

type Packages = Partial<Record<string, string>>;

const deny = {
  type: "array",
  items: {
    type: "object",
    properties: {
      package: { type: "string" },
      before: { type: "string" },
      because: { type: "string" },
    },
    required: ["package"],
  },
  default: [],
} satisfies PolicyConfigSchema["properties"][string];

export const deniedPackages = {
  name: "no-denied-packages",
  description: "No closure that becomes active holds a package on the deny list",
  configSchema: { properties: { stacks, deny } },
  validateResource({ type, urn, props, getConfig }, reportViolation) {
    const config = getConfig<{ stacks: string[]; deny: Denied[] }>();
    if (type !== profileActivation || !isFor(urn, config) || config.deny.length === 0) return;
    // Not known in a preview is no violation: the engine says that this could not be judged, and asks again before the
    // activation, when all is built.
    const packages = props["packages"] as Packages | undefined;
    if (packages === undefined) return reportViolation(notKnown);
    for (const denied of config.deny) {
      const found = versionsOf(packages, denied).join(", ");
      if (found !== "") reportViolation(`${denied.package} ${found} is denied${reasonOf(denied)}`);
    }
  },
} satisfies ResourceValidationPolicy;

/** Several versions of a package may be in one closure: `1.1.1w, 3.0.14`. */
function versionsOf(packages: Packages, { package: name, before }: Denied): string[] {
  const versions = packages[name]?.split(", ") ?? [];
  return before === undefined ? versions : versions.filter((version) => compareVersions(version, before) < 0);
}

function reasonOf({ before, because }: Denied): string {
  const limit = before === undefined ? "" : ` before ${before}`;
  return because === undefined ? limit : `${limit}: ${because}`;
}
