import type { Attempt } from "../attempt";
import type { Fault } from "../fault";

const asBefore = { ends: "old", said: ["as before"] } satisfies Partial<Fault>;
const key = "/etc/ssh/ssh_host_ed25519_key";

/** What stands between an activation and its confirmation. */
export const faultsOfConfirmation: readonly Fault[] = [
  { name: "sshd down for the confirmation", ...asBefore, beforeConfirm: ({ host }) => host.stopSshd() },
  {
    name: "wrong host key at the confirmation",
    ...asBefore,
    beforeConfirm: changeHostKey,
  },
  {
    name: "second coordinator",
    ends: "new",
    said: ["nothing"],
    arm: (attempt) => attempt.holdActivation(),
    during: refuseSecond,
  },
  {
    // Containers have their kernel's clock. What a program of the host can ask for the time is date(1).
    name: "clock jumps",
    ends: "new",
    said: ["nothing"],
    arm: async (attempt) => {
      await attempt.standIn(
        "date",
        `#!/bin/sh\n[ ! -e /var/lib/faults/jumped ] || set -- -d '+1 day' "$@"\nexec /bin/date "$@"\n`,
      );
      await attempt.activates("touch $folder/jumped");
    },
  },
];

async function changeHostKey(attempt: Attempt): Promise<void> {
  const { host } = attempt;
  attempt.afterwards(() => host.sh(`mv ${key}.kept ${key}; systemctl restart ssh.service`));
  await host.sh(
    `mv ${key} ${key}.kept; ssh-keygen -q -t ed25519 -N '' -f ${key}; systemctl restart ssh.service`,
  );
}

async function refuseSecond(attempt: Attempt): Promise<void> {
  await attempt.held();
  // The very same resource would wait for its own earlier deployment.
  const second = attempt.coordinator(true, "urn:another");
  const error = await second.ended;
  attempt.release();
  if (!/locked by deployment [0-9a-f]{16} of \S+, begun by \S+ at \S+ \d+ s ago/.test(error?.message ?? "")) {
    attempt.problems.push(`the second coordinator was told: ${error?.message ?? "nothing"}`);
  }
}
