import { groupsOf } from "./groups";
import { hostReports } from "./hosts";
import type { HostReport, Message, OtherChange, Report, ResourceReport } from "./report";
import { factsOfBuilds, resourceReport, toldOf, type Told } from "./resources";
import { ourType } from "./resource-name";
import type { Run } from "./run";
import { withoutTravel } from "./travel";

/** What is known of a run beside what it printed. */
export interface Named {
  /** Both empty when only the run can tell. */
  readonly project: string;
  readonly stack: string;
  readonly commit?: string | undefined;
  /** Whether its exit code was not 0, whatever it printed. */
  readonly failed: boolean;
}

/** What is to be known of a run. */
export function reportOf(run: Run, named?: Named): Report {
  const all = toldOf(run);
  const facts = factsOfBuilds(all);
  const ours = (...types: string[]): Told[] => all.filter(({ type }) => types.includes(ourType(type) ?? ""));
  const others = all.filter(({ type }) => ourType(type) === undefined);
  const { kind, counts } = run;
  const hosts = hostReports(
    ours("BinaryCache", "ClosureCopy", "HostGarbageCollection", "ProfileActivation", "SystemdUnit"),
    facts,
  );
  return {
    kind,
    project: run.project || (named?.project ?? ""),
    stack: run.stack || (named?.stack ?? ""),
    commit: named?.commit,
    failed: run.failed || (named?.failed ?? false),
    counts,
    groups: groupsOf(hosts),
    builds: ours("NixBuild")
      .map((told) => resourceReport(withoutTravel(told), { facts, services: new Set() }))
      .filter((build) => isNews(build, hosts)),
    others: others.flatMap(otherChange),
    messages: [...generalMessages(run), ...others.flatMap(({ messages }) => messages)].sort(bySeverity),
  };
}

/** Of a run that printed nothing that can be read. */
export function nothingShown(kind: Run["kind"], named: Named): Report {
  const { project, stack } = named;
  return reportOf({ kind, project, stack, counts: {}, steps: [], diagnostics: [], failed: true }, named);
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
