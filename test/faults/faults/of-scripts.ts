import type { Attempt } from "../attempt";
import type { Fault } from "../fault";
import type { Observed } from "../kinds/kind";

const asBefore = { ends: "old", said: ["as before"] } satisfies Partial<Fault>;

/** What an entry point does wrong, when all that it should have done is done. */
export const faultsOfScripts: readonly Fault[] = [
  { name: "script fails", ...asBefore, arm: (attempt) => attempt.activates("echo the reason; exit 3") },
  {
    name: "script hangs",
    ...asBefore,
    // A busy machine takes seconds to come to where it hangs.
    inputs: { timeout: 10 },
    arm: (attempt) => attempt.activates("sleep 1000"),
  },
  {
    name: "script kills sshd",
    ...asBefore,
    // Sessions that are open too.
    arm: (attempt) => attempt.activates("systemctl stop ssh.socket ssh.service; pkill -KILL '^sshd'; true"),
  },
  {
    name: "script takes the network down",
    ...asBefore,
    arm: (attempt) => attempt.activates("ip link set host0 down"),
  },
  {
    name: "script breaks the route back",
    ...asBefore,
    arm: (attempt) => attempt.activates(`ip route add unreachable ${controllerOf(attempt)}/32`),
  },
  {
    name: "script fills the disks and fails",
    ...asBefore,
    arm: (attempt) => fillsDisks(attempt, "exit 1"),
  },
  // What has to be written behind it may have room or not.
  {
    name: "script fills the disks",
    ends: "old or new",
    said: ["as before", "nothing"],
    arm: (attempt) => fillsDisks(attempt, "true"),
  },
  {
    name: "rollback fails too",
    ends: "between",
    said: ["changed"],
    arm: rollbackFails,
    judge: saysWhatIsThere,
  },
];

function controllerOf({ host }: Attempt): string {
  return host.address.replace(/\d+$/, "1");
}

/** The records lie on one disk, profiles on the other. What fills them stays until the case is over. */
async function fillsDisks(attempt: Attempt, then: string): Promise<void> {
  const files = "/var/filler /nix/filler";
  attempt.afterwards(() => attempt.host.sh(`rm -f ${files}`));
  await attempt.activates(`for file in ${files}; do cat /dev/zero >$file; done 2>/dev/null\n${then}`);
}

async function rollbackFails(attempt: Attempt): Promise<void> {
  const { subject, tried } = attempt;
  await attempt.activates(`${subject.spoilWayBack(attempt, tried.deployment)}\nexit 3`);
}

/** Neither more nor less than what can be known. */
function saysWhatIsThere({ subject }: Attempt, error: Error | undefined, seen: Observed): string[] {
  const text = error?.message ?? "";
  const reason = subject.kind === "unit" ? "failed too: " : "ended with exit code 4";
  const problems = text.includes(reason) ? [] : ["it does not say why the way back failed"];
  const current = seen["current"];
  const state = current === undefined ? "what runs there now is not known" : `it is running ${current} now`;
  if (subject.kind !== "unit" && !text.includes(state)) problems.push(`it does not say "${state}"`);
  return problems;
}
