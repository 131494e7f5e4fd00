import { allCases, nameOf } from "./cases";
import type { Case } from "./fault";
import { faults } from "./faults";
import { deployments, kindNames } from "./kinds/kind";
import { tableOf, writePart, writtenCells, writtenLine } from "./page";
import type { Result } from "./try-case";

const opening = `Written by \`npm run test:faults\`, or a part of it by \`npm run test:faults -- 'nixos, update'\`, on four booted machines at once with a real sshd, systemd and Nix (bookworm and trixie by turns).
Each row is something that goes wrong; each column is what was deployed onto what.

- The first word is what the host was found to be: exactly the **old** state or exactly the **new** one: the link of the
  profile and all its generations, what runs, and what the machine boots into; of a unit its file, its being enabled, and
  what runs. When the same is deployed again the two are one: **same**. **between** is allowed only where the way back
  fails too.
- Behind the colon is what the coordinator was told. _as before_: an error, and all was put back. _refused_: an error, and
  nothing had been touched. _changed_: an error that names what is there now. _killed_: nobody was there to be told.
  Without a word it was a success.

After each, the next update made it so, its state was what is there, the update behind that went through, and nothing was
left on the host but records. ✘ marks what was not as it should be.

That it is the watchdog which brings a machine back is shown by a control (\`test/faults/control.test.ts\`): of two hosts
whose script takes the network down, the one whose watchdog is switched off stays locked out, with the new state half
done, and the other one comes back.

The clock that jumps is date(1), which is a day ahead from one moment on: hosts of these tests share their kernel's clock.
Time limits are measured since the machine's boot, which no setting of the clock changes.`;

const timeUnknown = "How long all of them take is written here when all are tried in one run.";

const columns = kindNames.flatMap((kind) => deployments.map((deployment) => `${kind}, ${deployment}`));

/** Prints how cases ended, and writes it down; what was not tried this time stays as it was. */
export async function writeReport(results: ReadonlyMap<Case, Result>, minutes: number): Promise<void> {
  const cells = new Map([...writtenCells("deployments", columns), ...[...results].map(named)]);
  const rows = faults.map(({ name }) => name);
  const text = [opening, timeTold(results.size, minutes), tableOf(rows, columns, cells)];
  await writePart("deployments", text.join("\n\n"));
}

/** A part of them says nothing of all. */
function timeTold(tried: number, minutes: number): string {
  if (tried === allCases.length) return `All ${tried} of them took ${Math.ceil(minutes)} minutes.`;
  return writtenLine("deployments", /^All \d+ of them took \d+ minutes\.$/m) ?? timeUnknown;
}

function named([tried, result]: [Case, Result]): [string, string] {
  return [nameOf(tried), cell(tried, result)];
}

function cell({ deployment }: Case, { end, said, problems }: Result): string {
  const state = deployment === "redeploy" && end === "old" ? "same" : end;
  const told = said === "nothing" ? "" : `: _${said}_`;
  return `${problems.length > 0 ? "✘ " : ""}${state}${told}`;
}
