import type { Host, Suite } from "./host";

type Shell = "dash" | "bash";

/** The shell in which a suite's hosts run our programs where a test tries both: Debian's sh, and NixOS'. */
export const shells = { bookworm: "dash", trixie: "bash" } as const satisfies Record<Suite, Shell>;

/** Makes it the host's sh. A host that others use too gets Debian's, dash, back behind the tests. */
export async function linkShell(host: Host, shell: Shell = shells[host.suite]): Promise<void> {
  await host.sh(`ln -sfn ${shell} /usr/bin/sh`);
}
