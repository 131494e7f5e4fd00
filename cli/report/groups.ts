import type { HostGroup, HostReport, Standing } from "./report";
import { signature } from "./signature";

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
