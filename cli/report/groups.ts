import type { Difference, HostGroup, HostReport, Message, ResourceReport, Standing } from "./report";

/** Machines of which the same is to be said, together; those that need a look first, the larger groups before. */
export function groupsOf(hosts: readonly HostReport[]): HostGroup[] {
  const groups = new Map<string, HostReport[]>();
  for (const host of hosts) {
    const key = signature(host);
    groups.set(key, [...(groups.get(key) ?? []), host]);
  }
  return [...groups.values()].map(groupOf).sort(byNeed);
}

function groupOf(hosts: readonly HostReport[]): HostGroup {
  const sorted = [...hosts].sort((one, other) => collator.compare(one.label, other.label));
  return { hosts: sorted, standing: sorted[0]?.standing ?? "unchanged" };
}

// web2 before web10.
const collator = new Intl.Collator("en", { numeric: true });

const standings: readonly Standing[] = ["failed", "unreached", "drifted", "changes", "removed", "unchanged"];

function byNeed(one: HostGroup, other: HostGroup): number {
  const need = standings.indexOf(one.standing) - standings.indexOf(other.standing);
  const label = ({ hosts }: HostGroup): string => hosts[0]?.label ?? "";
  return need || other.hosts.length - one.hosts.length || collator.compare(label(one), label(other));
}

/** Equal of machines that a reviewer would judge alike: what a machine is called and which hash a path has do not count. */
function signature(host: HostReport): string {
  const text = JSON.stringify([host.standing, host.resources.map(resourceSignature)]);
  const own = host.names.filter((name) => name !== "").sort((one, other) => other.length - one.length);
  return own.reduce((general, name) => general.replaceAll(name, "HOST"), text.replace(hashes, "/nix/store/"));
}

function resourceSignature({ type, subject, op, ended, drift, change, messages }: ResourceReport): unknown {
  const said = ({ severity, text }: Message): string => `${severity} ${text}`;
  return [
    type,
    subject,
    op,
    ended,
    differenceSignature(drift),
    differenceSignature(change),
    messages.map(said),
  ];
}

function differenceSignature(difference: Difference | "gone" | undefined): unknown {
  if (difference === undefined || difference === "gone") return difference;
  const { path, packages, units, text, properties } = difference;
  return [path, packages, units, text, properties];
}

const hashes = /\/nix\/store\/[0-9a-z]{32}-/g;
