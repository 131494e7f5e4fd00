import type { Case, Fault } from "./fault";
import { faults, sorts } from "./faults";
import { deployments, kindNames, type KindName } from "./kinds/kind";

export function nameOf({ fault, kind, deployment }: Case): string {
  return `${kind}, ${deployment}: ${fault.name}`;
}

/** Every fault in every deployment of every kind. */
export const allCases: readonly Case[] = faults.flatMap((fault) =>
  kindNames.flatMap((kind) => deployments.map((deployment) => ({ fault, kind, deployment }))),
);

/** Of each sort every second fault, every kind and every deployment, but not each with each. */
export const someCases: readonly Case[] = sorts
  .flatMap((sort) => sort.filter((_, index) => index % 2 === 0))
  .map((fault, index) => caseFor(fault, index));

function caseFor(fault: Fault, index: number): Case {
  const kind = kindNames[index % kindNames.length] as KindName;
  const shift = Math.floor(index / kindNames.length);
  return { fault, kind, deployment: deployments[(index + shift) % deployments.length] as Case["deployment"] };
}
