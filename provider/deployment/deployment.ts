import type { Connection } from "../connection";
import type { Program } from "../host/program";

/** A change of something on a host that ends in one of two states: the new one, confirmed, or the one before. */
export interface Deployment {
  /** Completes "… failed": `activating /nix/store/…`. */
  readonly doing: string;
  /** For people: what is changed. */
  readonly subject: string;
  readonly connection: Connection;
  /** Whose it is, and who does it. */
  readonly user: string;
  /** A folder of ours on the host in which the records of this subject are kept. */
  readonly records: string;
  /** Our folder there. */
  readonly stateFolder: string;
  readonly watchdog: Program;
  /** What the watchdog's subject takes. */
  readonly args: readonly string[];
  /** What must not be seen in a list of processes. */
  readonly payload?: string | undefined;
  /** For the record: from and to. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Seconds that it may take, there and back, without health checks and confirmation. */
  readonly seconds: number;
  /** Seconds in which the machine has to be back from a restart; undefined when it is not restarted. */
  readonly restartSeconds?: number | undefined;
  /** Whether it goes on only when nothing else of this run does. */
  readonly alone: boolean;
  readonly protection: Protection;
}

/** What becomes of others that are at it. */
export interface Locking {
  /** Seconds to wait for another coordinator's deployment. */
  readonly lockWait: number;
  /** Whether another coordinator's deployment that is past all its limits is ended. */
  readonly endStuck: boolean;
}

/** How a deployment is kept from doing harm. */
export interface Protection extends Locking {
  /** Undefined when nobody confirms: what was done is good when it and the health checks have succeeded. */
  readonly confirm: Confirmation | undefined;
  /** What check.sh takes. */
  readonly checks: readonly string[];
  /** What the checks send and nobody may see: for `checks/secrets`. */
  readonly checkSecrets: string;
  /** Seconds that the checks may take in all, those from here among them. */
  readonly checkSeconds: number;
  /** Seconds of these for the checks from here. */
  readonly hereSeconds: number;
  /** Checks from here, before the confirmation; gives why they failed. Tells what it does. */
  checkFromHere(status: (doing: string) => void): Promise<string | undefined>;
}

/** How we make sure that the machine can still be reached. */
export interface Confirmation {
  /** Seconds that the machine waits for it before it goes back. */
  readonly timeout: number;
  /** Logins that are tried in that time. */
  readonly attempts: number;
}

/** One that has been given what its confirmation needs. */
export type GoingDeployment = Deployment & { readonly id: string; readonly token: string };
