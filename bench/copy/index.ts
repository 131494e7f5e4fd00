import { setTimeout as sleep } from "node:timers/promises";
import { bootFleet, type Suite } from "../../test/fleet";
import type { Benchmark, Extent } from "../benchmark";
import { Place } from "../fleet-run/place";
import { ratiosOf, spreadOf } from "../measure";
import { ratio, seconds, table } from "../table";
import { buildClosures, type Closure } from "./closures";
import {
  fromColdProcess,
  hasNativePart,
  others,
  OverOpenConnection,
  rawImport,
  rawSsh,
  withoutNativePart,
  type Subject,
} from "./subjects";

/** Ours against Nix's own ways to copy, and against the bytes alone. */
export const copy: Benchmark = {
  title: "Copying a closure",

  async run({ quick, rounds }, progress) {
    const closures = await buildClosures(quick, progress);
    const parts: string[] = [];
    for (const setting of quick ? settings.slice(0, 1) : settings) {
      progress(titleOf(setting));
      parts.push(await part(setting, closures, rounds, progress));
    }
    parts.push(await memoryPart(closures, quick, progress));
    return [opening, ...parts, closing].join("\n\n");
  },
};

interface Setting {
  readonly suite: Suite;
  readonly disk: "memory" | "disk";
  readonly hosts: number;
  /** Milliseconds. */
  readonly delay: number;
}

const inMemory = (suite: Suite, hosts: number): Setting[] =>
  [0, 20].map((delay) => ({ suite, disk: "memory", hosts, delay }));
const settings: Setting[] = [
  ...inMemory("bookworm", 1),
  ...inMemory("bookworm", 4),
  ...inMemory("trixie", 1),
  ...inMemory("trixie", 4),
  { suite: "bookworm", disk: "disk", hosts: 1, delay: 0 },
  { suite: "trixie", disk: "disk", hosts: 1, delay: 0 },
];

/** Seconds: what takes longer is taken in the first round only. */
const longest = 15;

const opening = `\
Seconds until the closure is valid on every machine, medians of the rounds; × is the median of the rounds' ratios to raw
ssh (least–most): the same bytes through \`ssh host 'cat >/dev/null'\`, its login included. That leaves out what a store
does with them, which hashes, writes and registers: so the same is shown with \`nix-store --import\` at its end. With
several machines all are served at the same time. Ours also makes a root, which the others do not. It is shown in a
process of its own, login included, and over a connection that is open, as all but the first copy of a run find it; there
also without the native part of ssh2, which npm builds where it finds a compiler. Within a round everyone copies the same
closure in turn to a store that has nothing of it; "nothing missing" is the same once more, with nothing remembered of the
closure. What takes longer than ${longest} s is taken in the first round only. A store on a disk is an ext4 with a journal, in
a file on this machine's disk.`;

const closing = `\
Wanted was, with stores in memory: A and C within 1.1 of raw ssh, B within 2.5; over 20 ms A six and B forty times faster than
nix-copy-closure, and all faster than ssh-ng; nothing missing within 100 ms; less than 150 MB with eight machines. On a disk:
never slower than the best of the others.

**One machine over 20 ms**: so it is, but for nothing missing, which takes seven round trips: two until the process there runs,
one to ask it, two and more for the root, one to ask again behind it, with which the process ends. Without a delay that is
well within 100 ms, but for B's 2,001 paths (0.12 s), which are listed and asked for all the same.

**Without a delay**, and with four machines, everybody waits for the two processors, which are both ends here. Raw ssh leaves
out what a store has to do, about as much again: the same bytes into \`nix-store --import\` take longer than ours. Of C to one
machine or four, our process takes half of the processors' time (a third of that is V8 collecting buffers, the rest copying
them and AES-GCM), Nix on both ends three tenths, sshd the rest. To one machine nothing else that brings a closure there is
faster, to four nix-copy-closure is with C: it encrypts in four processes. The native part of ssh2 is worth a tenth of C to one
machine, and up to a fifth to four. With four machines A is only five times faster than nix-copy-closure.

**On a disk** the store there does the same for everybody: with Nix 2.8 each of B's paths is a lock, a folder, a file and a
transaction of SQLite, with ssh-ng as with the serve protocol (14,500 writes into files, 8,300 files opened). What ours does
besides is at its end: it makes a root, and waits until the process there has ended, which first brings SQLite's journal
into the database and both to the disk (0.05 s and more with B, in memory 0.01). Nix's client for ssh-ng leaves before that.
Ours is the fastest all the same but for C with Nix 2.8, where it is one time this and one time that: in seven rounds of that
alone ours took 0.83 s (0.75–0.95), nix-copy-closure and nix copy 0.93 (0.82–1.00).`;

function titleOf({ suite, disk, hosts, delay }: Setting): string {
  const nix = suite === "bookworm" ? "2.8" : "2.26";
  const where = disk === "memory" ? "store in memory" : "store on a disk";
  return `${hosts === 1 ? "one machine" : `${hosts} machines`}, Nix ${nix}, ${where}, ${delay} ms`;
}

/** Of each subject and operation the seconds of all rounds. */
type Taken = Map<string, Map<Subject, number[]>>;

async function part(
  setting: Setting,
  closures: readonly Closure[],
  rounds: Extent["rounds"],
  progress: (text: string) => void,
): Promise<string> {
  const fleet = await bootFleet(
    { [setting.suite]: setting.hosts },
    { nixDisk: setting.disk === "disk" ? "disk" : "3G" },
  );
  const place = await Place.at(setting, fleet);
  const open = [new OverOpenConnection(), ...(hasNativePart() ? [withoutNativePart()] : [])];
  const subjects = [rawSsh, rawImport, ...others, fromColdProcess, ...open];
  const taken: Taken = new Map();
  try {
    // Logs in, and warms up what runs in every copy of a run but its first.
    for (const subject of open) await subject.copy(closures[0] as Closure, place);
    for (let round = 1; round <= rounds; round++)
      for (const closure of closures) {
        progress(`round ${round}, ${closure.name}`);
        for (const subject of turned(subjects, round)) await take(taken, subject, closure, place);
      }
    return `### ${capital(titleOf(setting))}\n\n${tableOf(taken, subjects, closures)}`;
  } finally {
    for (const subject of open) await subject.end();
    await place.leave();
    await fleet.stop();
  }
}

/** Beginning with another one each round: nobody always finds what the same one has left. */
function turned(subjects: readonly Subject[], round: number): Subject[] {
  const first = (round - 1) % subjects.length;
  return [...subjects.slice(first), ...subjects.slice(0, first)];
}

async function take(taken: Taken, subject: Subject, closure: Closure, place: Place): Promise<void> {
  const [before = 0] = taken.get(closure.name)?.get(subject) ?? [];
  if (before > longest) return;
  await clear(place);
  note(taken, closure.name, subject, await subject.copy(closure, place));
  if (subject === rawSsh || subject === rawImport) return;
  // Until then what a copy has listed here is known to the next one.
  if (subject instanceof OverOpenConnection) await sleep(2500);
  note(taken, `${closure.name} again`, subject, await subject.copy(closure, place));
}

function note(taken: Taken, operation: string, subject: Subject, figure: number): void {
  const figures = taken.get(operation) ?? new Map<Subject, number[]>();
  taken.set(operation, figures.set(subject, [...(figures.get(subject) ?? []), figure]));
}

/** Nothing but what the host was made with stays in its store. */
async function clear({ targets }: Place): Promise<void> {
  const all = targets.map(({ host }) =>
    host.sh("rm -rf /var/lib/pulumi-nix/roots/bench-copy; nix-collect-garbage >/dev/null 2>&1; sync -f /nix"),
  );
  await Promise.all(all);
}

function tableOf(taken: Taken, subjects: readonly Subject[], closures: readonly Closure[]): string {
  const head = closures.flatMap(({ name, shape }) => [`${name}: ${shape}`, "×", `${name}, nothing missing`]);
  const rows = subjects.map((subject) => [
    subject.name,
    ...closures.flatMap(({ name }) => {
      const own = taken.get(name)?.get(subject) ?? [];
      const again = taken.get(`${name} again`)?.get(subject);
      const raw = (taken.get(name)?.get(rawSsh) ?? []).slice(0, own.length);
      return [seconds(spreadOf(own)), ratio(ratiosOf(own, raw)), again ? seconds(spreadOf(again)) : "–"];
    }),
  ]);
  return table(["", ...head], rows);
}

/** Eight machines at once, in a process that did nothing before. */
async function memoryPart(
  closures: readonly Closure[],
  quick: boolean,
  progress: (text: string) => void,
): Promise<string> {
  const hosts = quick ? 1 : 8;
  progress(`memory with ${hosts} hosts`);
  const fleet = await bootFleet({ bookworm: hosts });
  const place = await Place.at({ hosts, delay: 0 }, fleet);
  try {
    const lines: string[] = [];
    for (const closure of closures) {
      const subject = new OverOpenConnection();
      await clear(place);
      await subject.copy(closure, place);
      await subject.end();
      lines.push(`${closure.name} ${((subject.last?.memory ?? 0) / 2 ** 20).toFixed(0)} MiB`);
    }
    return `Memory of a new process that copies to ${hosts} machines at once, at its most: ${lines.join(", ")}.`;
  } finally {
    await place.leave();
    await fleet.stop();
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
