import type { Case, Fault } from "./fault";
import { faults } from "./faults";
import { deployments, kindNames, type KindName } from "./kinds/kind";

export function nameOf({ fault, kind, deployment }: Case): string {
  return `${kind}, ${deployment}: ${fault.name}`;
}

/** Every fault in every deployment of every kind. */
export const allCases: readonly Case[] = faults.flatMap((fault) =>
  kindNames.flatMap((kind) => deployments.map((deployment) => ({ fault, kind, deployment }))),
);

/** Of each sort those whose promise is the dearest. */
const always = [
  ...["script fails", "script kills sshd", "script fills the disks and fails", "rollback fails too"],
  ...["network cut during the activation", "network cut after the activation"],
  ...["activating", "waiting for the confirmation"].map((point) => `coordinator killed while it is ${point}`),
  ...["activating", "committing"].map((point) => `power lost while it is ${point}`),
  ...["sshd down for the confirmation", "second coordinator", "clock jumps"],
  ...["health check fails", "health check hangs"],
];

/** These, every kind and every deployment, but not each with each. */
export const someCases: readonly Case[] = always.map((name, index) => {
  const fault = faults.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`there is no fault "${name}"`);
  return caseFor(fault, index);
});

function caseFor(fault: Fault, index: number): Case {
  const kind = kindNames[index % kindNames.length] as KindName;
  const shift = Math.floor(index / kindNames.length);
  return { fault, kind, deployment: deployments[(index + shift) % deployments.length] as Case["deployment"] };
}
