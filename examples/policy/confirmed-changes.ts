import type { ResourceValidationPolicy } from "@pulumi/policy";
import { isFor, profileActivation, stacks, systemdUnit } from "./resources";

export const confirmedChanges = {
  name: "confirmed-changes",
  description: "What changes a production machine is confirmed over a new login, or the machine goes back",
  configSchema: { properties: { stacks } },
  validateResource({ type, urn, props, getConfig }, reportViolation) {
    if (type !== profileActivation && type !== systemdUnit) return;
    if (!isFor(urn, getConfig())) return;
    if (props["confirm"] === false) reportViolation("confirm: false would leave nobody a way back in");
  },
} satisfies ResourceValidationPolicy;
