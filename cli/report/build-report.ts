import { groupsOf } from "./groups";
import { hostReports } from "./hosts";
import type { Message, OtherChange, Report } from "./report";
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
  return {
    kind,
    project,
    stack,
    failed,
    counts,
    groups: groupsOf(hostReports(ours("ClosureCopy", "ProfileActivation", "SystemdUnit"), facts)),
    builds: ours("NixBuild")
      .map((told) => resourceReport(told, { facts, services: new Set() }))
      .filter(({ op, drift, messages }) => op !== "same" || drift !== undefined || messages.length > 0),
    others: others.flatMap(otherChange),
    messages: [...generalMessages(run), ...others.flatMap(({ messages }) => messages)].sort(bySeverity),
  };
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
