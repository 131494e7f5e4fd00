import { groupsOf } from "./groups";
import { hostReports } from "./hosts";
import type { HostReport, Message, OtherChange, Report, ResourceReport } from "./report";
import { factsOfBuilds, resourceReport, toldOf, type Told } from "./resources";
import { ourType } from "./resource-name";
import type { Run } from "./run";

/** What is to be known of a run. */
export function reportOf(run: Run): Report {
  const all = toldOf(run);
  const facts = factsOfBuilds(all);
  const ours = (...types: string[]): Told[] => all.filter(({ type }) => types.includes(ourType(type) ?? ""));
  const others = all.filter(({ type }) => ourType(type) === undefined);
  const { kind, project, stack, failed, counts } = run;
  const hosts = hostReports(ours("ClosureCopy", "ProfileActivation", "SystemdUnit"), facts);
  return {
    kind,
    project,
    stack,
    failed,
    counts,
    groups: groupsOf(hosts),
    builds: ours("NixBuild")
      .map((told) => resourceReport(told, { facts, services: new Set() }))
      .filter((build) => isNews(build, hosts)),
    others: others.flatMap(otherChange),
    messages: [...generalMessages(run), ...others.flatMap(({ messages }) => messages)].sort(bySeverity),
  };
}

/** A build that went as it should, for machines that are told of, is told with them. */
function isNews(
  { op, drift, messages, ended, change }: ResourceReport,
  hosts: readonly HostReport[],
): boolean {
  if (messages.length > 0 || drift !== undefined || ended !== "done") return true;
  const path = change?.path?.is;
  const isTold = hosts.some(({ resources }) => resources.some((one) => one.change?.path?.is === path));
  return op !== "same" && (path === undefined || !isTold);
}

function generalMessages({ diagnostics }: Run): Message[] {
  return diagnostics
    .filter(({ urn }) => urn === "")
    .map(({ severity, message }) => ({ severity, text: message, of: "" }));
}

const severities = ["error", "warning", "info"];

function bySeverity(one: Message, other: Message): number {
  return severities.indexOf(one.severity) - severities.indexOf(other.severity);
}

function otherChange({ type, name, plan }: Told): OtherChange[] {
  // The stack itself and its providers are no part of the world.
  if (type.startsWith("pulumi:") || plan === undefined || plan.op === "same") return [];
  return [{ type, name, op: plan.op, ended: plan.ended }];
}
