import type { Reply } from "./reply";

/** What systemd says about a unit, in its own names and words (org.freedesktop.systemd1(5)). */
export interface UnitProperties {
  /** `loaded`, `not-found`, `bad-setting`, `error`, `masked`. */
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  readonly result: string;
  readonly unitFileState: string;
  readonly fragmentPath: string;
  /** Whether its files are others than those that systemd has loaded. */
  readonly needsReload: boolean;
  /** Only a service has one. */
  readonly type: string;
  readonly remainAfterExit: boolean;
  readonly triggeredBy: string;
  /** How often systemd has started it again by itself since it was last started. */
  readonly restarts: number;
  /** Seconds since it became active. */
  readonly upFor: number;
  /** How the main process ended, as `exited` and a code or `killed` and a signal's number; undefined while it runs. */
  readonly exit: { readonly how: "exited" | "killed" | "dumped"; readonly status: number } | undefined;
}

export function unitProperties(reply: Pick<Reply, "one">): UnitProperties {
  const of = (key: string) => reply.one(key) ?? "";
  return {
    loadState: of("LoadState"),
    // A user without a running systemd has no active unit.
    activeState: reply.one("ActiveState") ?? "inactive",
    subState: reply.one("SubState") ?? "dead",
    result: of("Result"),
    unitFileState: of("UnitFileState"),
    fragmentPath: of("FragmentPath"),
    needsReload: of("NeedDaemonReload") === "yes",
    type: of("Type"),
    remainAfterExit: of("RemainAfterExit") === "yes",
    triggeredBy: of("TriggeredBy"),
    restarts: Number(reply.one("NRestarts") ?? 0),
    // Seconds, and microseconds.
    upFor: Number(of("Now")) - Number(of("ActiveEnterTimestampMonotonic")) / 1_000_000,
    exit: exitOf(Number(of("ExecMainCode")), Number(of("ExecMainStatus"))),
  };
}

export function isUp({ activeState }: UnitProperties): boolean {
  return ["active", "reloading", "refreshing"].includes(activeState);
}

/** A service that is inactive once its work is done, as it should. */
export function runsOnce(properties: UnitProperties): boolean {
  return properties.type === "oneshot" && !properties.remainAfterExit;
}

/** Up, but by a restart so short ago that it has not shown that it stays up. */
export function isUnsettled({ activeState, restarts, upFor }: UnitProperties, settle: number): boolean {
  return activeState === "active" && restarts > 0 && upFor < settle;
}

// The codes of waitid(2).
function exitOf(code: number, status: number): UnitProperties["exit"] {
  const how = ([undefined, "exited", "killed", "dumped"] as const)[code];
  return how && { how, status };
}
