import type { PackageChange } from "./packages";
import type { DiffLine } from "./text-diff";

/** What a reviewer has to know of a preview or an update; how it looks is for `markdown*.ts` and `html*.ts`. */
export interface Report {
  readonly kind: "preview" | "update";
  readonly project: string;
  readonly stack: string;
  /** Of what it is; undefined when nobody has told. */
  readonly commit: string | undefined;
  readonly failed: boolean;
  readonly counts: Readonly<Record<string, number>>;
  /** Machines with the same change are one group; those that need a look come first. */
  readonly groups: readonly HostGroup[];
  readonly builds: readonly ResourceReport[];
  /** What is not ours, and changes. */
  readonly others: readonly OtherChange[];
  /** Of no resource that is shown, the worst first. */
  readonly messages: readonly Message[];
}

export interface HostGroup {
  readonly hosts: readonly HostReport[];
  readonly standing: Standing;
}

/** The worst that is to be said of a machine. */
export type Standing = "failed" | "unreached" | "drifted" | "changes" | "removed" | "unchanged";

/** A machine, or a binary cache that something is pushed to. */
export interface HostReport {
  /** `web1 (10.0.0.1)`, `cache s3://releases`. */
  readonly label: string;
  /** What the machine is called and where it is, each by itself; may be empty. */
  readonly names: readonly string[];
  readonly isCache: boolean;
  readonly standing: Standing;
  /** Why it could not be asked; undefined when it was. */
  readonly unreached: string | undefined;
  /** Those that change or have drifted. */
  readonly resources: readonly ResourceReport[];
  readonly unchanged: number;
  readonly travel: Travel | undefined;
}

/** What copies would bring to a machine or pushes to a cache, or have brought. */
export interface Travel {
  readonly paths: number;
  readonly bytes: number;
  /** Whether some of it may be counted more than once. */
  readonly isMost: boolean;
}

export interface ResourceReport {
  readonly type: string;
  readonly name: string;
  /** `profile system`, `unit web.service`. */
  readonly subject: string;
  readonly op: Operation;
  readonly ended: "done" | "failed" | "not finished";
  /** Of a deletion: what of it stays there all the same, or is led back to what was there before. */
  readonly stays: "all" | "profile" | "led back" | undefined;
  /** What was found on the machine and not left there by Pulumi. */
  readonly drift: Difference | "gone" | undefined;
  /** From what is there to what is wanted. */
  readonly change: Difference | undefined;
  readonly messages: readonly Message[];
}

export type Operation = "create" | "update" | "replace" | "delete" | "same";

export interface Difference {
  readonly path: Pair<string> | undefined;
  readonly packages: readonly PackageChange[] | NotKnown | undefined;
  readonly closureSize: Pair<number> | undefined;
  readonly units: readonly UnitChange[] | NotKnown | undefined;
  readonly text: readonly DiffLine[] | undefined;
  /** Other properties; without values when those are not for showing. */
  readonly properties: readonly PropertyChange[];
}

/** Why a difference is not known: what will be there, what was, or what is there now has not been told. */
export type NotKnown = "not built" | "not known before" | "not told";

export interface Pair<T> {
  readonly was: T | undefined;
  readonly is: T | undefined;
}

export interface PropertyChange extends Pair<string> {
  readonly name: string;
  readonly shown: boolean;
}

export interface UnitChange {
  readonly name: string;
  readonly kind: "added" | "changed" | "removed";
}

export interface OtherChange {
  readonly type: string;
  readonly name: string;
  readonly op: string;
  readonly ended: "done" | "failed" | "not finished";
}

export interface Message {
  readonly severity: "info" | "warning" | "error";
  readonly text: string;
  /** The resource's name; empty when it belongs to none. */
  readonly of: string;
}
