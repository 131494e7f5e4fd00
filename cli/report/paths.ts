import type { Report } from "./report";

/** A path that changes, in full. */
export interface ExactPath {
  /** `web1 (10.0.0.1): profile system`. */
  readonly of: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

export function exactPaths({ groups, builds }: Report): ExactPath[] {
  const hosts = groups.flatMap((group) => group.hosts);
  const onHosts = hosts.flatMap(({ label, resources }) =>
    resources.map(({ subject, change, drift }) => ({ of: `${label}: ${subject}`, change, drift })),
  );
  const built = builds.map(({ subject, change, drift }) => ({ of: `build ${subject}`, change, drift }));
  return [...onHosts, ...built].flatMap(({ of, change, drift }) => {
    const path = change?.path ?? (drift === "gone" ? undefined : drift?.path);
    return path === undefined ? [] : [{ of, ...path }];
  });
}
